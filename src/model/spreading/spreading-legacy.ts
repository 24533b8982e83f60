import { CpuSet } from '../../base/cpu-set.ts';
import { dealCpus } from './deal-cpus.ts';
import { KernelFault } from './spreading-fault.ts';
import type { NodePools, SpreadingIndex } from './spreading-index.ts';

/**
 * One stage of the spreading before 5.4: every node gets the same number of messages as far as its CPUs reach, in
 * ascending order (specification 7.4.1 step 4 and 7.4.2; for stages with more messages than nodes). Begins with the
 * mask at `start`; returns how many messages were given out.
 */
export function spreadEvenly(
  index: SpreadingIndex,
  pools: NodePools,
  masks: readonly CpuSet[],
  start: number,
): number {
  let at = start;
  let done = 0;
  let nodesLeft = pools.filter((pool) => pool.length > 0).length;
  for (const pool of pools) {
    if (pool.length === 0) continue;
    const groups = Math.min(Math.floor((masks.length - at) / nodesLeft), pool.length);
    // D-2: late in the second stage there may be fewer messages left than nodes.
    if (groups === 0) {
      throw new KernelFault('divide error', 'irq_build_affinity_masks', 'no message is left for a node');
    }
    at = dealCpus(index, pool, groups, masks, at);
    done += groups;
    if (done >= masks.length) break;
    if (at === masks.length) at = 0;
    nodesLeft--;
  }
  return done;
}

/**
 * No more messages than nodes, before 5.0: a message gets one node and forgets what it had; nodes beyond the last
 * message are dropped. `brings` are the CPUs that each node gives.
 */
export function spreadFirstNodes(
  pools: NodePools,
  brings: NodePools,
  masks: CpuSet[],
  start: number,
  cpuCount: number,
): number {
  let at = start;
  let done = 0;
  for (const [node, pool] of pools.entries()) {
    if (pool.length === 0) continue;
    const mask = new CpuSet(cpuCount);
    for (const cpu of brings[node] ?? []) mask.add(cpu);
    masks[at] = mask;
    if (++done === masks.length) break;
    if (++at === masks.length) at = 0;
  }
  return done;
}
