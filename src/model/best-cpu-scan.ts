import type { CpuSet } from '../base/cpu-set.ts';

/**
 * The choice of the target CPU: plain scans over per-CPU counters, a mask and the online flags. They take arrays, not a
 * `Matrix`: the tie-breaks are tested by themselves.
 */

/** One value per CPU; a typed array, or an ordinary one. */
export type PerCpu = ArrayLike<number>;

/** No CPU of the mask can be chosen. */
export const NO_CPU = -1;

/** CPUs a scan has to look at: a mask may name more than the machine has (the kernel's nr_cpu_ids limit). */
function scanEnd(mask: CpuSet, online: PerCpu): number {
  return Math.min(online.length, (mask.last ?? -1) + 1);
}

/**
 * H-BEST: the online CPU of `mask` with the most `available`; a tie goes to the lowest CPU, and one with nothing
 * available is never chosen. `matrix_find_best_cpu()`, kernel/irq/matrix.c; a0c9259dc4e1 ("irq/matrix: Spread
 * interrupts on allocation"), in v4.15.
 */
export function findBestCpu(mask: CpuSet, online: PerCpu, available: PerCpu): number {
  const end = scanEnd(mask, online);
  let best = NO_CPU;
  let most = 0;
  for (let cpu = 0; cpu < end; cpu++) {
    const count = available[cpu] ?? 0;
    if (count > most && online[cpu] !== 0 && mask.has(cpu)) {
      best = cpu;
      most = count;
    }
  }
  return best;
}

/**
 * The lowest online CPU of `mask` that has any `available`: `irq_matrix_alloc()` before a0c9259dc4e1 ("irq/matrix: Spread
 * interrupts on allocation"), in v4.15.
 */
export function findFirstCpu(mask: CpuSet, online: PerCpu, available: PerCpu): number {
  const end = scanEnd(mask, online);
  for (let cpu = 0; cpu < end; cpu++) {
    if ((available[cpu] ?? 0) > 0 && online[cpu] !== 0 && mask.has(cpu)) return cpu;
  }
  return NO_CPU;
}

/**
 * H-BEST-MANAGED: the online CPU of `mask` with the fewest `managedAllocated`; a tie goes to the *highest* CPU.
 * `matrix_find_best_cpu_managed()`, kernel/irq/matrix.c; e8da8794a7fd ("genirq/matrix: Improve target CPU selection
 * for managed interrupts") (m).
 */
export function findBestCpuManaged(mask: CpuSet, online: PerCpu, managedAllocated: PerCpu): number {
  const end = scanEnd(mask, online);
  let best = NO_CPU;
  let fewest = Number.POSITIVE_INFINITY;
  for (let cpu = 0; cpu < end; cpu++) {
    const count = managedAllocated[cpu] ?? 0;
    if (count <= fewest && online[cpu] !== 0 && mask.has(cpu)) {
      best = cpu;
      fewest = count;
    }
  }
  return best;
}

/** The lowest online CPU of `mask`: what `assign_managed_vector()` picked itself in 4.15 and 4.16 (vector.c). */
export function findLowestOnline(mask: CpuSet, online: PerCpu): number {
  const end = scanEnd(mask, online);
  for (let cpu = 0; cpu < end; cpu++) if (online[cpu] !== 0 && mask.has(cpu)) return cpu;
  return NO_CPU;
}
