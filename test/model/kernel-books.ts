/**
 * Watches a kernel and keeps count of what it loses, by the rules of the specification and from its events: the known
 * losses that the invariants need. A loss that no rule foretells becomes a complaint.
 */
import type { KernelEvent } from '../../src/model/events.ts';
import type { IrqDesc } from '../../src/model/irq-desc.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { type KnownLosses, vectorKey } from '../../src/model/known-losses.ts';

export class KernelBooks implements KnownLosses {
  readonly complaints: string[] = [];
  totalAllocated = 0;
  readonly vectors: Set<number>;
  readonly adrift: Set<number>;
  readonly adriftMoves: Set<number>;
  readonly storedMasks: Set<number>;
  readonly forgotten: Set<number>;
  readonly #kernel: Kernel;
  readonly #drift: number[];
  readonly #lostManaged: number[];
  /** Interrupts with an old vector that nobody has freed yet. */
  readonly #moves: Map<number, number>;
  /** Vectors in use, as the events tell. */
  readonly #inUse: number[];
  /** Interrupts for which the CPU that is going down found no vector. */
  #stuck = new Set<number>();

  constructor(kernel: Kernel, from?: KernelBooks) {
    this.#kernel = kernel;
    const { cpuCount } = kernel.matrix.shape;
    const zeros = new Array<number>(cpuCount).fill(0);
    this.totalAllocated = from?.totalAllocated ?? 0;
    this.vectors = new Set(from?.vectors);
    this.adrift = new Set(from?.adrift);
    this.adriftMoves = new Set(from?.adriftMoves);
    this.storedMasks = new Set(from?.storedMasks);
    this.forgotten = new Set(from?.forgotten);
    this.#drift = from === undefined ? zeros : [...from.#drift];
    this.#lostManaged = from === undefined ? [...zeros] : [...from.#lostManaged];
    this.#moves = new Map(from === undefined ? [] : from.#moves);
    const { allocated } = kernel.matrix.maps;
    this.#inUse = from === undefined ? zeros.map((_, cpu) => allocated[cpu] ?? 0) : [...from.#inUse];
  }

  readonly drift = (cpu: number): number => this.#drift[cpu] ?? 0;
  readonly managed = (cpu: number): number => this.#lostManaged[cpu] ?? 0;

  /** The books of a copy of the kernel. */
  clone(kernel: Kernel): KernelBooks {
    return new KernelBooks(kernel, this);
  }

  /** Equal for equal books. */
  key(): string {
    const sorted = (set: Iterable<number>): string => [...set].sort((a, b) => a - b).join();
    const sets = [this.vectors, this.adrift, this.adriftMoves, this.storedMasks, this.forgotten].map(sorted);
    return [this.totalAllocated, this.#drift, this.#lostManaged, ...sets].join(';');
  }

  hear(event: KernelEvent): void {
    const { profile, online, matrix } = this.#kernel;
    switch (event.name) {
      case 'irq_matrix_alloc':
      case 'irq_matrix_alloc_managed':
        this.#count(this.#inUse, event.cpu, 1);
        break;
      case 'irq_matrix_free':
        this.#count(this.#inUse, event.cpu, -1);
        if (event.online === 0) this.totalAllocated++;
        break;
      case 'irq_matrix_reserve_managed':
      case 'irq_matrix_remove_managed':
        if (event.online === 0 && matrix.maps.initialized[event.cpu] === 1) {
          this.#count(this.#drift, event.cpu, event.name === 'irq_matrix_reserve_managed' ? 1 : -1);
        }
        break;
      case 'irq_matrix_online':
        if (profile.onlineResetsMap) this.#wiped(event.cpu);
        break;
      case 'irq_matrix_offline':
        this.#gone(event.cpu);
        break;
      case 'vector_update': {
        const { irq, prevVector, prevCpu } = event;
        // A second move before the first is finished: that one's vector is forgotten.
        const unfinished = this.#moves.get(irq);
        if (unfinished !== undefined) this.vectors.add(unfinished);
        this.#endMove(irq);
        const wasAdrift = this.adrift.delete(irq);
        if (prevVector === 0) break;
        if (online.has(prevCpu)) {
          this.#moves.set(irq, vectorKey(prevCpu, prevVector));
          if (wasAdrift) this.adriftMoves.add(irq);
        } else if (!profile.freesVectorOfOfflineCpu) this.vectors.add(vectorKey(prevCpu, prevVector));
        break;
      }
      case 'vector_clear':
        this.#freed(event.cpu, event.vector);
        if (event.prevVector !== 0) this.#freed(event.prevCpu, event.prevVector);
        this.#endMove(event.irq);
        this.adrift.delete(event.irq);
        break;
      case 'vector_free_moved':
        if (event.vector !== 0) this.#freed(event.cpu, event.vector);
        this.#endMove(event.irq);
        break;
      case 'vector_config':
        this.storedMasks.delete(event.irq);
        break;
      case 'vector_teardown':
        this.storedMasks.delete(event.irq);
        if (event.isManaged) this.#teardown(this.#kernel.desc(event.irq));
        break;
      case 'printk': {
        const stuck = /^IRQ(\d+): set affinity failed/.exec(event.text);
        if (stuck !== null) this.#stuck.add(Number(stuck[1]));
        break;
      }
    }
  }

  /** After each operation: what happened without an event. */
  settle(): void {
    const { profile, online } = this.#kernel;
    this.#stuck.clear();
    for (const [irq, key] of this.#moves) {
      if (this.#kernel.desc(irq)?.data?.prevVector !== 0) continue;
      // CVE-2024-31076: the clean-up finds the CPU gone, and drops the vector.
      if (!profile.completesMovesFirst && !online.has(key >>> 8)) this.vectors.add(key);
      else this.complaints.push(`the old vector of interrupt ${irq} was forgotten`);
      this.#endMove(irq);
    }
    for (const desc of this.#kernel.descs()) {
      const { effective, activated, affinitySet, data } = desc;
      if (data === undefined || activated || !affinitySet || data.vector === 0) continue;
      if (!effective.isEmpty && (effective.first !== data.hwCpu || effective.last !== data.hwCpu)) {
        this.storedMasks.add(desc.irq);
      }
    }
  }

  #endMove(irq: number): void {
    this.#moves.delete(irq);
    this.adriftMoves.delete(irq);
  }

  /** A kernel that frees nothing on an offline map keeps it there. */
  #freed(cpu: number, vector: number): void {
    const isOffline = this.#kernel.matrix.maps.online[cpu] === 0;
    if (isOffline && this.#kernel.profile.freeIgnoresOffline) this.vectors.add(vectorKey(cpu, vector));
  }

  /** A CPU comes up with an empty map. */
  #wiped(cpu: number): void {
    this.totalAllocated += this.#inUse[cpu] ?? 0;
    this.#inUse[cpu] = 0;
    this.#drift[cpu] = 0;
    for (const key of this.vectors) if (key >>> 8 === cpu) this.vectors.delete(key);
    for (const { data } of this.#kernel.descs()) {
      if (data === undefined) continue;
      const holds =
        (data.vector !== 0 && data.cpu === cpu) || (data.prevVector !== 0 && data.prevCpu === cpu);
      if (holds) this.forgotten.add(cpu);
    }
  }

  /** A CPU has gone, its interrupts have been moved: who stayed, and why. */
  #gone(cpu: number): void {
    for (const desc of this.#kernel.descs()) {
      const { data, irq } = desc;
      if (data === undefined) continue;
      if (data.vector !== 0 && data.cpu === cpu) {
        const mayStay = !desc.started || this.#stuck.has(irq) || this.storedMasks.has(irq);
        // Once adrift it stays so: nothing arrives any more that would tell its CPU.
        if (mayStay || this.adrift.has(irq)) this.adrift.add(irq);
        else this.complaints.push(`interrupt ${irq} was left on CPU ${cpu}`);
      }
      if (data.prevVector !== 0 && data.prevCpu === cpu) this.adriftMoves.add(irq);
    }
  }

  /** Before a managed interrupt gives its bits back: CPUs where all bits are in use keep one too many. */
  #teardown(desc: IrqDesc | undefined): void {
    if (desc === undefined) return;
    const { matrix } = this.#kernel;
    for (const cpu of desc.affinity) {
      const unused = matrix.managedBits(cpu).filter((bit) => !matrix.isAllocated(cpu, bit));
      if (unused.length === 0) this.#count(this.#lostManaged, cpu, 1);
    }
  }

  #count(counts: number[], cpu: number, amount: number): void {
    counts[cpu] = (counts[cpu] ?? 0) + amount;
  }
}
