/** The kernel until 4.14, and the patch that the mail answers, as policies (specification 9.1, 9.3). */
import type { CpuSet } from '../../base/cpu-set.ts';
import { REFUSES_NONE, type VectorPolicy } from '../vector-policy.ts';
import { type ApicMode, clusterMode, FLAT, MOST_FLAT_CPUS, PHYSICAL } from './apic-mode.ts';
import { type CpuChoice, idlestCpu, lowestCpu } from './cpu-choice.ts';
import { KERNEL_4_14 } from './kernel-4-14.ts';
import { LegacyDomain } from './legacy-domain.ts';

const PROMISE: VectorPolicy['promise'] = {
  vectorAt: 'enable',
  enable: { errno: 'ENOSPC', when: 'a message finds no vector on any CPU; then the device gets none at all' },
  request: undefined,
  cpuDown: {
    errno: 'ERANGE',
    when: 'the other CPUs have fewer free vectors than this one has in use whose affinity names a CPU that is not online',
  },
  restoresManaged: true,
};

function legacyPolicy(
  name: string,
  title: string,
  choose: CpuChoice,
  modeOf: (possible: CpuSet) => ApicMode,
  refuses: VectorPolicy['refuses'],
): VectorPolicy {
  return {
    name,
    title,
    promise: PROMISE,
    under: (machine) => ({
      ...machine,
      profile: KERNEL_4_14,
      vectors: (matrix, host, table) =>
        new LegacyDomain(matrix, host, modeOf(machine.possible), choose, table),
    }),
    refuses,
  };
}

/** Physical mode is the plain one: one vector on one CPU. The mail's machine had 32 CPUs, too many for flat mode. */
export const LEGACY = legacyPolicy(
  'legacy',
  '4.14: a vector for every message at enable, on the first CPU that has one (physical destinations)',
  lowestCpu,
  () => PHYSICAL,
  REFUSES_NONE,
);

export const LEGACY_FLAT = legacyPolicy(
  'legacy-flat',
  '4.14 with at most 8 CPUs: every vector is taken on all of them',
  lowestCpu,
  () => FLAT,
  ({ possible }) => {
    const cpus = (possible.last ?? 0) + 1;
    return cpus <= MOST_FLAT_CPUS ? undefined : `flat mode addresses ${MOST_FLAT_CPUS} CPUs, not ${cpus}`;
  },
);

export const LEGACY_CLUSTER = legacyPolicy(
  'legacy-cluster',
  '4.14 with x2APIC clusters: on the CPUs of its node in one cluster of 16 an interrupt takes the same vector',
  lowestCpu,
  (possible) => clusterMode(possible),
  REFUSES_NONE,
);

export const IDLEST_CPU = legacyPolicy(
  'idlest-cpu',
  'the patch of the thread: 4.14, but on the CPU with the fewest vectors taken',
  idlestCpu,
  () => PHYSICAL,
  REFUSES_NONE,
);
