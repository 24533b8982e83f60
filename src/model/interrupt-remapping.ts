/**
 * Interrupt remapping of VT-d (drivers/iommu/intel/irq_remapping.c; specification 6.3): every interrupt behind a unit
 * takes an entry of its table, several messages of one MSI an aligned block. AMD's tables are not modelled (D-6).
 */
import { NumberPool } from '../base/number-pool.ts';
import type { KernelListener } from './events.ts';
import { cannotAllocateEntry, ENOMEM, FAILED_TO_ALLOCATE_IRTE } from './failures.ts';

/** INTR_REMAP_TABLE_ENTRIES: entries of one unit. */
export const REMAPPING_ENTRIES = 65_536;

/** Log2 of the largest block: what the units of the captures report (ecap f00f5a). No device asks for as many. */
const MAX_HANDLE_MASK = 15;

/** Entries that were handed out together: a power of two, at a multiple of itself. */
export interface IrteBlock {
  readonly unit: number;
  readonly index: number;
  readonly size: number;
}

export class InterruptRemapping {
  /** By unit, made when its first entry is asked for. */
  readonly #units: Map<number, NumberPool>;

  constructor(units = new Map<number, NumberPool>()) {
    this.#units = units;
  }

  /** The lowest free block that holds `count` entries; -ENOMEM where none is, and what the kernel prints then. */
  allocate(unit: number, count: number, listener: KernelListener | undefined): IrteBlock | number {
    const entries = this.#unit(unit);
    const mask = Math.ceil(Math.log2(count));
    const size = 2 ** mask;
    const index = entries.firstFree(size, 0, size);
    const isFull = index + size > REMAPPING_ENTRIES;
    if (!isFull && mask <= MAX_HANDLE_MASK) {
      entries.take(index, size);
      return { unit, index, size };
    }
    if (isFull) listener?.({ name: 'printk', level: 'warn', text: cannotAllocateEntry(unit) });
    listener?.({ name: 'printk', level: 'warn', text: FAILED_TO_ALLOCATE_IRTE });
    return -ENOMEM;
  }

  free({ unit, index, size }: IrteBlock): void {
    this.#unit(unit).release(index, size);
  }

  /** Entries of a unit that are in use. */
  used(unit: number): number {
    return this.#units.get(unit)?.size ?? 0;
  }

  clone(): InterruptRemapping {
    return new InterruptRemapping(
      new Map([...this.#units].map(([unit, entries]) => [unit, entries.clone()])),
    );
  }

  #unit(unit: number): NumberPool {
    const known = this.#units.get(unit);
    if (known !== undefined) return known;
    const entries = new NumberPool();
    this.#units.set(unit, entries);
    return entries;
  }
}
