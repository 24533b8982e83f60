/** What Linux ships since 4.15, and the rule of its first release candidate, as policies (specification 9.6, 3.3). */
import { REFUSES_NONE, type VectorPolicy } from './vector-policy.ts';

const PROMISE: VectorPolicy['promise'] = {
  vectorAt: 'request',
  enable: {
    errno: 'ENOSPC',
    when: 'a CPU of a managed mask has no vector to set aside, or an MSI that cannot be masked finds none',
  },
  request: { errno: 'ENOSPC', when: 'no online CPU has a vector; never of a managed interrupt' },
  cpuDown: {
    errno: 'ENOSPC',
    when: 'the other CPUs have fewer free vectors than this one has in use that are not managed',
  },
  restoresManaged: true,
};

export const MATRIX: VectorPolicy = {
  name: 'matrix',
  title: 'Linux since 4.15: reserved at enable, never refused; guaranteed for managed interrupts',
  promise: PROMISE,
  under: (machine) => machine,
  refuses: REFUSES_NONE,
};

/** 2f75d9e1c905 ("genirq: Implement bitmap matrix allocator"), before a0c9259dc4e1 ("irq/matrix: Spread interrupts on allocation"). */
export const FIRST_FIT: VectorPolicy = {
  ...MATRIX,
  name: 'first-fit',
  title: 'the matrix of 4.15-rc1: a vector on the first CPU of the mask that has one',
  under: (machine) => ({ ...machine, profile: { ...machine.profile, cpuChoice: 'first' } }),
};
