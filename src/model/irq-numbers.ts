/**
 * Interrupt numbers (`__irq_alloc_descs()`, kernel/irq/irqdesc.c; specification 5.1): what does not ask for a certain
 * one gets the lowest free run above the IO-APICs' inputs. `nr_irqs` grows with them.
 */
import { NumberPool } from '../base/number-pool.ts';
import { EINVAL, ENOMEM } from './failures.ts';

export interface IrqNumberRange {
  /** The first number above the inputs of all IO-APICs, `gsi_top`; one IO-APIC has 24. */
  readonly gsiTop?: number | undefined;
  /** nr_cpu_ids. */
  readonly cpus: number;
  /** NR_IRQS: the end of all numbers. */
  readonly limit?: number | undefined;
}

const DEFAULT_GSI_TOP = 24;
/** "NR_IRQS: 524544" in the boot messages of Debian's kernels. */
const DEFAULT_LIMIT = 524_544;
const LEGACY = 16;

export class IrqNumbers {
  /** The lowest number that is handed out unasked. */
  readonly first: number;
  readonly limit: number;
  /** `nr_irqs`: beyond the highest number so far, and never less than what the kernel begins with. */
  nrIrqs: number;
  readonly #taken = new NumberPool();

  constructor({ gsiTop = DEFAULT_GSI_TOP, cpus, limit = DEFAULT_LIMIT }: IrqNumberRange) {
    this.first = gsiTop;
    this.limit = limit;
    this.nrIrqs = Math.min(initialNrIrqs(gsiTop, cpus), limit);
  }

  /** The first of `count` consecutive free numbers; -EINVAL for none at all, -ENOMEM beyond the end. */
  findFree(count: number): number {
    if (count < 1) return -EINVAL;
    const first = this.#taken.firstFree(count, this.first);
    const end = first + count;
    if (end > this.limit) return -ENOMEM;
    this.nrIrqs = Math.max(this.nrIrqs, end);
    return first;
  }

  take(irq: number): void {
    this.#taken.take(irq);
  }

  release(irq: number): void {
    this.#taken.release(irq);
  }
}

/** `arch_probe_nr_irqs()`, arch/x86/kernel/apic/vector.c; "nr_irqs: 456" on 4 CPUs with one IO-APIC. */
export function initialNrIrqs(gsiTop: number, cpus: number): number {
  const forMessages = gsiTop <= LEGACY ? 8 * cpus : 16 * gsiTop;
  return Math.min(gsiTop + LEGACY + 8 * cpus + forMessages, 256 * cpus);
}
