import { type HeapSort, kernelSort } from './kernel-sort.ts';

/** What a node or a cluster gets of the messages. */
export interface GroupShare {
  readonly id: number;
  readonly groups: number;
}

interface Entry {
  readonly id: number;
  readonly count: number;
}

/** Stands for a node without CPUs: UINT_MAX, which the comparison takes for -1. */
const NO_CPUS = 0xffff_ffff;

/** The difference of two unsigned figures, taken as a signed one: `ncpus_cmp_func()` (specification 7.5). */
function compareCounts(a: Entry, b: Entry): number {
  return (a.count - b.count) | 0;
}

/**
 * SHARE of specification 7.5: how many of `wanted` messages each id gets, in proportion to its CPUs and at least one,
 * in the order in which they are served: fewest CPUs first, equal ones as the kernel's sort leaves them
 * (`alloc_nodes_groups()`, lib/group_cpus.c, until 6.2 `alloc_nodes_vectors()` in kernel/irq/affinity.c; b1a5a73e64e9
 * ("genirq/affinity: Spread vectors on node according to nr_cpu ratio"), in v5.4).
 */
export function shareGroups(
  wanted: number,
  counts: readonly number[],
  sort: HeapSort,
): readonly GroupShare[] {
  const entries = counts.map((count, id): Entry => ({ id, count: count === 0 ? NO_CPUS : count }));
  let cpus = counts.reduce((sum, count) => sum + count, 0);
  let left = Math.min(cpus, wanted);
  kernelSort(entries, compareCounts, sort);
  const shares: GroupShare[] = [];
  for (const { id, count } of entries) {
    if (count === NO_CPUS) continue;
    const groups = Math.max(1, Math.floor((left * count) / cpus));
    shares.push({ id, groups });
    cpus -= count;
    left -= groups;
  }
  return shares;
}
