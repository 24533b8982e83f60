/**
 * `group_cpus_evenly()`, lib/group_cpus.c: all possible CPUs in a number of groups, by node, sibling and (7.0) cluster.
 * Until 6.2 it was `irq_build_affinity_masks()` in kernel/irq/affinity.c; f7b3ea8cf72f ("genirq/affinity: Move
 * group_cpus_evenly() into lib/"). GROUP and STAGE of specification 7.4.
 */
import { CpuSet } from '../../base/cpu-set.ts';
import { dealCpus } from './deal-cpus.ts';
import { shareGroups } from './share-groups.ts';
import { dealByCluster } from './spread-clusters.ts';
import type { NodePools, SpreadingIndex } from './spreading-index.ts';
import { spreadEvenly, spreadFirstNodes } from './spreading-legacy.ts';
import type { SpreadingRules } from './spreading-rules.ts';

export interface CpuGroupsMade {
  /** One mask per group; a group that found no CPU has an empty one. */
  readonly masks: readonly CpuSet[];
  /** How many of them were given CPUs. */
  readonly initialised: number;
}

/** `size` is at least 1. */
export function groupCpusEvenly(rules: SpreadingRules, index: SpreadingIndex, size: number): CpuGroupsMade {
  const masks = Array.from({ length: size }, () => new CpuSet(index.cpuCount));
  if (rules.spreadBase !== 'present-then-rest') {
    return { masks, initialised: stage(rules, index, index[rules.spreadBase], masks, 0) };
  }
  const present = stage(rules, index, index.present, masks, 0);
  // Groups without a CPU are served first; when all have one, from the beginning.
  const start = present >= size ? 0 : present;
  const rest = stage(rules, index, index.absent, masks, start);
  return { masks, initialised: Math.min(present + rest, size) };
}

/** Spreads the CPUs of `pools`, beginning with the mask at `start`; returns how many groups were dealt. */
function stage(
  rules: SpreadingRules,
  index: SpreadingIndex,
  pools: NodePools,
  masks: CpuSet[],
  start: number,
): number {
  const nodes = pools.filter((pool) => pool.length > 0).length;
  if (nodes === 0) return 0;
  if (masks.length <= nodes) {
    const brings = rules.spreadWholeNodes ? index.possible : pools;
    return rules.spreadJoinsNodes
      ? joinNodes(pools, brings, masks, start)
      : spreadFirstNodes(pools, brings, masks, start, index.cpuCount);
  }
  if (!rules.spreadByNodeSize) return spreadEvenly(index, pools, masks, start);
  return spreadByNodeSize(rules, index, pools, masks, start);
}

/** No more groups than nodes: the nodes go round over the groups. `brings` are the CPUs that each node gives. */
function joinNodes(pools: NodePools, brings: NodePools, masks: readonly CpuSet[], start: number): number {
  let at = start;
  for (const [node, pool] of pools.entries()) {
    if (pool.length === 0) continue;
    for (const cpu of brings[node] ?? []) masks[at]?.add(cpu);
    if (++at === masks.length) at = 0;
  }
  return masks.length;
}

function spreadByNodeSize(
  rules: SpreadingRules,
  index: SpreadingIndex,
  pools: NodePools,
  masks: readonly CpuSet[],
  start: number,
): number {
  let at = start;
  let done = 0;
  const counts = pools.map((pool) => pool.length);
  for (const { id, groups } of shareGroups(masks.length, counts, rules.heapSort)) {
    const pool = pools[id];
    if (pool === undefined) continue;
    const after = rules.spreadByCluster ? dealByCluster(rules, index, pool, groups, masks, at) : undefined;
    at = after ?? dealCpus(index, pool, groups, masks, at);
    done += groups;
  }
  return done;
}
