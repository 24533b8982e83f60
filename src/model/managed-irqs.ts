/**
 * Managed interrupts by the CPUs of their masks: no other one does anything when a CPU returns. The kernel looks at all
 * interrupts for every CPU, which is slow where there are a hundred thousand of them and thousands of CPUs come back.
 * For as long as nobody gives one of them another mask.
 */
import type { IrqDesc } from './irq-desc.ts';

/** One with more CPUs is looked at for every CPU. */
const FEW_CPUS = 64;

export class ManagedIrqs {
  readonly #byCpu = new Map<number, IrqDesc[]>();
  readonly #wide: IrqDesc[] = [];

  /** @param descs ascending */
  constructor(descs: readonly IrqDesc[]) {
    for (const desc of descs) {
      if (!desc.managed) continue;
      if (desc.affinity.size > FEW_CPUS) this.#wide.push(desc);
      else for (const cpu of desc.affinity) this.#add(cpu, desc);
    }
  }

  /** Those whose mask has `cpu`, and perhaps others, ascending. */
  of(cpu: number): readonly IrqDesc[] {
    const narrow = this.#byCpu.get(cpu) ?? [];
    if (this.#wide.length === 0) return narrow;
    return [...narrow, ...this.#wide].sort((a, b) => a.irq - b.irq);
  }

  #add(cpu: number, desc: IrqDesc): void {
    const there = this.#byCpu.get(cpu);
    if (there === undefined) this.#byCpu.set(cpu, [desc]);
    else there.push(desc);
  }
}
