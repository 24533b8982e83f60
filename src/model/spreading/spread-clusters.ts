import type { CpuSet } from '../../base/cpu-set.ts';
import { dealCpus } from './deal-cpus.ts';
import { shareGroups } from './share-groups.ts';
import type { CpuNumbers, SpreadingIndex } from './spreading-index.ts';
import type { SpreadingRules } from './spreading-rules.ts';

/**
 * Gives the CPUs of one node to `groups` masks, cluster by cluster. Answers the position after the last mask, or
 * undefined where clusters do not count: a CPU of the node has no cluster mask, or there are more clusters than
 * messages (specification 7.7; `alloc_cluster_groups()`, lib/group_cpus.c; "lib/group_cpus: make group CPU cluster
 * aware", in v7.0).
 */
export function dealByCluster(
  rules: SpreadingRules,
  index: SpreadingIndex,
  pool: CpuNumbers,
  groups: number,
  masks: readonly CpuSet[],
  at: number,
): number | undefined {
  const clusters = clustersOf(index, pool, groups);
  if (clusters === undefined) return undefined;
  const counts = clusters.map((cpus) => cpus.length);
  for (const share of shareGroups(groups, counts, rules.heapSort)) {
    at = dealCpus(index, Int32Array.from(clusters[share.id] ?? []), share.groups, masks, at);
  }
  return at;
}

/** The pool by clusters, in the order of their lowest CPUs; undefined when they do not count. */
function clustersOf(
  { clusters: { groupOf } }: SpreadingIndex,
  pool: CpuNumbers,
  most: number,
): readonly (readonly number[])[] | undefined {
  const found = new Map<number, number[]>();
  for (const cpu of pool) {
    const cluster = groupOf[cpu] ?? -1;
    if (cluster < 0) return undefined;
    const cpus = found.get(cluster);
    if (cpus !== undefined) cpus.push(cpu);
    else if (found.size === most) return undefined;
    else found.set(cluster, [cpu]);
  }
  return [...found.values()];
}
