/** Which CPU is tried next where vectors are given out CPU by CPU (specification 9.1 step 2 and 8; 9.3). */
import type { CpuSet } from '../../base/cpu-set.ts';
import type { PerCpu } from '../../model/best-cpu-scan.ts';

/** Undefined where none of `mask` is online and not searched yet. `allocated`: vectors taken, by CPU. */
export type CpuChoice = (
  mask: CpuSet,
  online: CpuSet,
  searched: CpuSet,
  allocated: PerCpu,
) => number | undefined;

/** The lowest one: 4.14. */
export const lowestCpu: CpuChoice = (mask, online, searched) => {
  for (const cpu of mask) if (online.has(cpu) && !searched.has(cpu)) return cpu;
  return undefined;
};

/**
 * The one with the fewest vectors taken, ISA interrupts included; a tie goes to the lowest. A reconstruction: of the patch
 * "x86/apic: Spread the vectors by choosing the idlest CPU" only the title and the aim are known (D-3, D-4).
 */
export const idlestCpu: CpuChoice = (mask, online, searched, allocated) => {
  let best: number | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const cpu of mask) {
    const count = allocated[cpu] ?? 0;
    if (count >= fewest || !online.has(cpu) || searched.has(cpu)) continue;
    best = cpu;
    fewest = count;
  }
  return best;
};
