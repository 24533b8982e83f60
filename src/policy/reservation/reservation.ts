/** Reservation in its sizes, and overcommitment, as policies (specification 9.4, 9.5). */
import type { DriverPromise, VectorPolicy } from '../vector-policy.ts';
import { REFUSES_NONE } from '../vector-policy.ts';
import { type Admission, ReservingDomain } from './reserving-domain.ts';
import { byOnline, byPossible, byShare, bySurvivors } from './sizing.ts';

const CPU_DOWN: DriverPromise['cpuDown'] = {
  errno: 'ENOSPC',
  when: 'the other CPUs have fewer free vectors than this one has in use',
};

const REQUEST_AFTER_CPU_DOWN: DriverPromise['request'] = {
  errno: 'ENOSPC',
  when: 'no online CPU has a vector: CPUs went since the device was enabled',
};

const FULL: DriverPromise['enable'] = {
  errno: 'ENOSPC',
  when: 'reserved and taken vectors fill the space; tried again with as many messages as fit',
};

function reservingPolicy(
  name: string,
  title: string,
  admission: Admission,
  promise: Partial<DriverPromise>,
): VectorPolicy {
  return {
    name,
    title,
    promise: {
      vectorAt: 'request',
      enable: FULL,
      request: undefined,
      cpuDown: CPU_DOWN,
      restoresManaged: false,
      ...promise,
    },
    under: (machine) => ({
      ...machine,
      // The space is given out message by message; what was admitted before it was full is offered to the driver.
      profile: { ...machine.profile, retriesWithFewerMessages: true },
      vectors: (matrix, host, table) =>
        new ReservingDomain(matrix, host, admission, machine.possible.size, table),
    }),
    refuses: REFUSES_NONE,
  };
}

export const RESERVATION_POSSIBLE = reservingPolicy(
  'reservation-possible',
  'reserved at enable against the vectors of all possible CPUs',
  { sizing: byPossible, strict: false },
  { request: { errno: 'ENOSPC', when: 'no online CPU has a vector: fewer are online than possible' } },
);

export const RESERVATION_ONLINE = reservingPolicy(
  'reservation-online',
  'reserved at enable against the vectors of the online CPUs',
  { sizing: byOnline, strict: false },
  { request: REQUEST_AFTER_CPU_DOWN },
);

export const RESERVATION_STRICT = reservingPolicy(
  'reservation-strict',
  'as reservation-online, and a CPU may go only where all that is reserved still fits',
  { sizing: byOnline, strict: true },
  {
    cpuDown: { errno: 'ENOSPC', when: 'what is reserved or taken does not fit on the other CPUs' },
  },
);

export const SHARE = 0.9;
export const GUARD = 16;

export const RESERVATION_SHARE = reservingPolicy(
  'reservation-share',
  `reserved at enable against ${SHARE * 100} % of the vectors of the online CPUs, less ${GUARD}`,
  { sizing: byShare(SHARE, GUARD), strict: false },
  { request: REQUEST_AFTER_CPU_DOWN },
);

export const RESERVATION_LAST_CPU = reservingPolicy(
  'reservation-last-cpu',
  'reserved at enable against the vectors of one CPU: all others can always go',
  { sizing: bySurvivors(1), strict: false },
  { cpuDown: undefined },
);

export const OVERCOMMIT = reservingPolicy(
  'overcommit',
  'enabling always works, a request takes a vector or fails',
  { sizing: undefined, strict: false },
  { enable: undefined, request: { errno: 'ENOSPC', when: 'no online CPU has a vector' } },
);
