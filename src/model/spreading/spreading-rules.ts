import type { HeapSort } from './kernel-sort.ts';

/**
 * What differs between kernels in the spreading of managed interrupts (specification chapter 7). A `KernelProfile`
 * has all of it, as rows with their commits; only 4.14, which has no matrix and so no profile, stands here.
 */
export interface SpreadingRules {
  /** Over which CPUs messages are spread. */
  readonly spreadBase:
    | 'present'
    | 'possible'
    /** Over the present CPUs first, then over those that are only possible. */
    | 'present-then-rest';
  /** Messages are shared out by the number of CPUs of each node, in the order of the kernel's sort. */
  readonly spreadByNodeSize: boolean;
  /** With no more messages than nodes every node joins one; before, the nodes that were left over got none. */
  readonly spreadJoinsNodes: boolean;
  /** There a node brings all its possible CPUs, not only those being spread. */
  readonly spreadWholeNodes: boolean;
  /** Which CPUs share an L2 cache counts. */
  readonly spreadByCluster: boolean;
  readonly heapSort: HeapSort;
  /** Messages beyond the number of CPUs keep an empty mask; else they get the default affinity. */
  readonly spreadLeavesEmpty: boolean;
  /** A set of size 0 makes the kernel follow a bad pointer; else it gives up on spreading. */
  readonly emptySetFaults: boolean;
  /** `none`: messages cannot be divided; `fixed`: the driver gives the sizes; `computed`: its `calc_sets()` does. */
  readonly affinitySets: 'none' | 'fixed' | 'computed';
  /** Leading and trailing messages that are not spread count as managed all the same. */
  readonly managesAllMessages: boolean;
}

/** 4.15.0, where the rows of kernel-profile.ts begin. */
export const FIRST_SPREADING: SpreadingRules = {
  spreadBase: 'present',
  spreadByNodeSize: false,
  spreadJoinsNodes: false,
  spreadWholeNodes: false,
  spreadByCluster: false,
  heapSort: 'single-pop',
  spreadLeavesEmpty: false,
  emptySetFaults: true,
  affinitySets: 'none',
  managesAllMessages: true,
};

/** Read in 4.14.74, which has 84676c1f21e8 ("genirq/affinity: assign vectors to all possible CPUs") as a back-port. */
export const SPREADING_4_14: SpreadingRules = { ...FIRST_SPREADING, spreadBase: 'possible' };
