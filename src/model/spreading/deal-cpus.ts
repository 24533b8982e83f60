import type { CpuSet } from '../../base/cpu-set.ts';
import { type CpuNumbers, groupOfCpu, type SpreadingIndex } from './spreading-index.ts';

/**
 * DEAL of specification 7.3: gives the CPUs of `pool` to `groups` masks from `at` on, coming round at the end; larger
 * groups come first. A CPU brings its SMT siblings along while there is room (FILL, 7.2): `irq_spread_init_one()`
 * in kernel/irq/affinity.c, later `grp_spread_init_one()` in lib/group_cpus.c, the same in all trees.
 *
 * Returns the position after the last mask; that may be the end.
 */
export function dealCpus(
  { siblings, marks }: SpreadingIndex,
  pool: CpuNumbers,
  groups: number,
  masks: readonly CpuSet[],
  at: number,
): number {
  for (const cpu of pool) marks[cpu] = 1;
  const size = Math.floor(pool.length / groups);
  const larger = pool.length - groups * size;
  let next = 0;
  for (let group = 0; group < groups; group++) {
    if (at === masks.length) at = 0;
    const mask = masks[at++];
    let wanted = group < larger ? size + 1 : size;
    // Everything before `next` is placed, so the first that waits is the lowest of the pool.
    while (wanted > 0 && next < pool.length) {
      const cpu = pool[next++] ?? 0;
      if (marks[cpu] === 0) continue;
      marks[cpu] = 0;
      mask?.add(cpu);
      wanted--;
      for (const sibling of groupOfCpu(siblings, cpu)) {
        if (wanted === 0) break;
        if (marks[sibling] !== 1) continue;
        marks[sibling] = 0;
        mask?.add(sibling);
        wanted--;
      }
    }
  }
  return at;
}
