/**
 * Which interrupts a dying CPU can concern: the kernel looks at every one of them for every CPU, which is slow where
 * there are a thousand CPUs. For a kernel that nobody else changes.
 */
import type { IrqDesc } from './irq-desc.ts';
import { mayConcern } from './irq-hotplug.ts';
import type { Kernel } from './kernel.ts';

/** No CPU: what may concern this one may concern any. */
const ANY_CPU = -1;

export class Whereabouts {
  readonly #kernel: Kernel;
  /** By the CPU that they are delivered to. */
  readonly #on = new Map<number, IrqDesc[]>();
  /** In the middle of a move, lost with a CPU, or not on one alone: to be looked at every time. */
  #everywhere: IrqDesc[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    for (const desc of kernel.descs()) this.#place(desc);
  }

  /** Ascending. */
  concernedBy(cpu: number): IrqDesc[] {
    const here = this.#on.get(cpu) ?? [];
    const all = this.#everywhere.length === 0 ? here : [...here, ...this.#everywhere];
    return all.sort((a, b) => a.irq - b.irq);
  }

  /** `cpu` went; `concerned` are those that were looked at. */
  follow(cpu: number, concerned: readonly IrqDesc[]): void {
    this.#on.delete(cpu);
    this.#everywhere = [];
    for (const desc of concerned) this.#place(desc);
  }

  #place(desc: IrqDesc): void {
    const { data, effective } = desc;
    const only = data !== undefined && effective.isOnly(data.hwCpu);
    if (!only || mayConcern(this.#kernel, desc, ANY_CPU)) {
      this.#everywhere.push(desc);
    } else if (desc.started) {
      const there = this.#on.get(data.hwCpu);
      if (there === undefined) this.#on.set(data.hwCpu, [desc]);
      else there.push(desc);
    }
  }
}
