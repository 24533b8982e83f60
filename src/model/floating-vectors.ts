/**
 * Regular vectors that are on one of several CPUs, or perhaps nowhere. The kernel that stands for a machine
 * (kernel-of-state.ts) is built without them, or has placed them where they may not be.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import { addRanges, exactly, type Range, range } from '../base/range.ts';
import { isCertainlyOld } from './interrupts-of-state.ts';
import type { MachineState } from './machine-state.ts';

interface Floating {
  readonly irq: number;
  readonly cpus: CpuSet;
  readonly held: Range;
  /** What a moved interrupt left behind: it stays with its CPU. Else an interrupt, which moves. */
  readonly old: boolean;
  /** The CPU that it is lost with, if it is on none of `cpus`. */
  readonly lostWith?: number | undefined;
}

export class FloatingVectors {
  readonly #within = new Set<Floating>();
  readonly #olds = new Map<number, Floating>();
  /** Per CPU: how many of `#within` may be there. */
  readonly #perhaps = new Map<number, number>();
  /** Interrupts that may be on any online CPU: not told apart. */
  #anywhere: Range = exactly(0);

  static of({ cpus, irqs, unplaced }: MachineState): FloatingVectors {
    const floating = new FloatingVectors();
    // VECTOR counts every vector on its own CPU.
    if (cpus.some((cpu) => cpu.online && cpu.allocMap !== undefined)) return floating;
    const open = new Set(irqs.filter((irq) => irq.managed === undefined).map(({ irq }) => irq));
    for (const vector of unplaced) {
      if (vector.managed || isCertainlyOld(vector)) continue;
      const { irq, held, why } = vector;
      // One that is managed holds no regular vector.
      if (why === 'no-effective-affinity') floating.addAnywhere(open.has(irq) ? range(0, held.max) : held);
      else floating.#add({ irq, cpus: vector.cpus, held, old: true });
    }
    return floating;
  }

  clone(): FloatingVectors {
    const copy = new FloatingVectors();
    for (const vector of this.#within) copy.#add(vector);
    copy.#anywhere = this.#anywhere;
    return copy;
  }

  get count(): number {
    return this.#within.size + this.#anywhere.max;
  }

  /** The interrupt is on one of `cpus`, or lost with the CPU that went. */
  addWithin(irq: number, cpus: CpuSet, lostWith: number): void {
    this.#add({ irq, cpus, held: range(0, 1), old: false, lostWith });
  }

  addAnywhere(held: Range): void {
    this.#anywhere = addRanges(this.#anywhere, held);
  }

  /** How many may be on `cpu`, on the other online CPUs, and in all. */
  weigh(online: CpuSet, cpu: number): { here: Range; elsewhere: Range; all: Range } {
    const here = { min: 0, max: 0 };
    const elsewhere = { min: 0, max: 0 };
    const all = { min: 0, max: 0 };
    const weigh = (on: CpuSet, held: Range): void => {
      if (on.isEmpty) return;
      const only = on.size === 1;
      const isHere = on.has(cpu);
      all.min += held.min;
      all.max += held.max;
      if (isHere) here.max += held.max;
      if (isHere && only) here.min += held.min;
      if (!isHere || !only) elsewhere.max += held.max;
      if (!isHere) elsewhere.min += held.min;
    };
    weigh(online, this.#anywhere);
    for (const { cpus, held } of this.#within) weigh(cpus.within(online), held);
    return { here, elsewhere, all };
  }

  /** At most so many are on `cpu`. */
  perhapsOn(cpu: number): number {
    return this.#anywhere.max + (this.#perhaps.get(cpu) ?? 0);
  }

  /** The interrupt moved: a pending clean-up was completed first, its old vector is free (specification 8.3 step 2). */
  forgetOld(irq: number): void {
    const old = this.#olds.get(irq);
    if (old !== undefined) this.#remove(old);
  }

  /**
   * `cpu` went. An interrupt that may have been there may now be anywhere, for its mask is not known here. An old
   * vector is free, or, in kernels that complete moves later, with the CPU until that returns.
   */
  sink(cpu: number, mayStick: boolean, freesOld: boolean): void {
    if (mayStick) this.#anywhere = range(0, this.#anywhere.max);
    for (const vector of [...this.#within]) {
      if (!vector.cpus.has(cpu)) continue;
      this.#remove(vector);
      if (!vector.old) {
        this.addAnywhere(vector.held);
        continue;
      }
      const cpus = freesOld ? vector.cpus.clone().delete(cpu) : vector.cpus;
      if (!cpus.isEmpty) this.#add({ ...vector, cpus, held: range(0, vector.held.max) });
    }
  }

  /** CPUs returned, and what was lost with them. */
  surface(online: CpuSet): void {
    for (const vector of [...this.#within]) {
      const { lostWith } = vector;
      if (lostWith === undefined || !online.has(lostWith)) continue;
      this.#remove(vector);
      this.#add({ ...vector, cpus: vector.cpus.clone().add(lostWith), lostWith: undefined });
    }
  }

  #add(vector: Floating): void {
    this.#within.add(vector);
    if (vector.old) this.#olds.set(vector.irq, vector);
    this.#count(vector, vector.held.max);
  }

  #remove(vector: Floating): void {
    this.#within.delete(vector);
    if (vector.old) this.#olds.delete(vector.irq);
    this.#count(vector, -vector.held.max);
  }

  #count({ cpus }: Floating, amount: number): void {
    for (const cpu of cpus) this.#perhaps.set(cpu, (this.#perhaps.get(cpu) ?? 0) + amount);
  }
}
