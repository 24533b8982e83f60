import { CpuSet } from '../base/cpu-set.ts';
import type { Movable } from './movable.ts';
import type { Wanted } from './outcome.ts';

/**
 * Sent to one CPU: where it goes does not depend on what the kernel would choose among several, nor on the order in
 * which interrupts arrive. Who insists on its hint gets all of that.
 */
export function pinned(moving: Movable, to: number, reason: string): Wanted {
  return { moving, mask: moving.exactly ?? CpuSet.of(to), to, reason };
}

/** Sent to any of `cpus`; the kernel chooses. */
export function sentWithin(moving: Movable, cpus: CpuSet, to: number, reason: string): Wanted {
  return { moving, mask: moving.exactly ?? cpus, to, reason };
}
