import type { CpuSet } from '../base/cpu-set.ts';
import type { Kernel } from '../model/kernel.ts';
import type { PlacedSnapshot } from './facts.ts';

interface Sight {
  readonly pending: CpuSet | undefined;
  readonly counts: ReadonlyMap<number, number> | undefined;
}

export interface ArrivedSince {
  readonly arrived: readonly number[];
  readonly arrivedNone: ReadonlySet<number>;
}

/**
 * Interrupts that arrived and left no event: an arrival applies a pending affinity, and where the interrupt already is
 * on a CPU of that mask nothing moves. /proc/interrupts shows that it came: a move that waited in one snapshot is done
 * in the next one if the interrupt's count has grown.
 */
export class Arrivals {
  #before = new Map<number, Sight>();

  /** Since the snapshot before: of those with a pending move the interrupts that have arrived, of all those that have not. */
  since(kernel: Kernel, { observation }: PlacedSnapshot): ArrivedSince {
    const now = new Map<number, Sight>();
    const arrived: number[] = [];
    const arrivedNone = new Set<number>();
    for (const { irq, counts } of observation.irqs) {
      const desc = kernel.desc(irq);
      if (desc?.data === undefined) continue;
      const pending = desc.movePending ? desc.pendingMask : undefined;
      const before = this.#before.get(irq);
      if (isUnchanged(before?.counts, counts)) arrivedNone.add(irq);
      const waited = pending !== undefined && before?.pending?.equals(pending) === true;
      const stays = pending?.has(desc.data.cpu) === true;
      if (waited && stays && hasGrown(before?.counts, counts)) {
        arrived.push(irq);
        now.set(irq, { pending: undefined, counts });
      } else now.set(irq, { pending, counts });
    }
    this.#before = now;
    return { arrived, arrivedNone };
  }
}

/** For certain: a CPU whose counts one of them does not show may have had some. */
function isUnchanged(
  before: ReadonlyMap<number, number> | undefined,
  now: ReadonlyMap<number, number> | undefined,
): boolean {
  if (before === undefined || now === undefined || before.size !== now.size) return false;
  for (const [cpu, count] of now) if (count !== before.get(cpu)) return false;
  return true;
}

/** Counts of a CPU that is offline are not shown. */
function hasGrown(
  before: ReadonlyMap<number, number> | undefined,
  now: ReadonlyMap<number, number> | undefined,
): boolean {
  if (before === undefined || now === undefined) return false;
  for (const [cpu, count] of now) if (count > (before.get(cpu) ?? count)) return true;
  return false;
}
