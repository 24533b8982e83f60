/**
 * How vectors were given out until 4.14, `__assign_irq_vector()` (specification 9.1, whose steps the comments name): on the
 * first CPU that has one, 16 apart from the last that was given out, wherever that was. The matrix is only the record
 * of what is taken; it decides nothing here.
 */
import { CpuSet } from '../../base/cpu-set.ts';
import { EBUSY, ENOSPC } from '../../model/failures.ts';
import type { Matrix } from '../../model/matrix.ts';
import type { VectorTable } from '../../model/vector-table.ts';
import type { ApicMode } from './apic-mode.ts';
import type { CpuChoice } from './cpu-choice.ts';
import type { LegacyVectorData } from './legacy-vector-data.ts';

/** Vectors of one priority level of the local APIC: the step from one vector to the next. */
const LEVEL = 16;

const NO_CPUS = new CpuSet();

export class LegacyAllocator {
  readonly matrix: Matrix;
  readonly table: VectorTable;
  readonly #mode: ApicMode;
  readonly #choose: CpuChoice;
  readonly #online: CpuSet;
  /** The vector that was given out last, and its place in its level: for all CPUs together. */
  #lastVector: number;
  #lastOffset = 1;
  /** Vectors that no interrupt of ours has, the cascade's, of CPUs that are offline. */
  readonly #fixed = new Map<number, readonly number[]>();

  /** @param online live */
  constructor(matrix: Matrix, table: VectorTable, mode: ApicMode, choose: CpuChoice, online: CpuSet) {
    this.matrix = matrix;
    this.table = table;
    this.#mode = mode;
    this.#choose = choose;
    this.#online = online;
    this.#lastVector = matrix.shape.allocStart + 1;
  }

  /** Goes on where another one is. */
  adopt(other: LegacyAllocator): void {
    this.#lastVector = other.#lastVector;
    this.#lastOffset = other.#lastOffset;
    for (const [cpu, vectors] of other.#fixed) this.#fixed.set(cpu, vectors);
  }

  /** 0; -EBUSY while an old vector is held; -ENOSPC where no CPU of `mask` has a vector. */
  assign(irq: number, data: LegacyVectorData, mask: CpuSet): number {
    // 1.
    if (data.moveInProgress || data.oldDomain.intersects(this.#online)) return -EBUSY;
    data.oldDomain = NO_CPUS;
    data.prevVector = 0;
    const searched = new CpuSet();
    for (;;) {
      // 2 and 8.
      const cpu = this.#choose(mask, this.#online, searched, this.matrix.maps.allocated);
      if (cpu === undefined) return -ENOSPC;
      // 3.
      const domain = this.#mode.domainOf(cpu, mask);
      const slots = domain.and(this.#online);
      const wanted = slots.and(mask);
      if (!wanted.isEmpty && this.#place(irq, data, domain, slots)) {
        // 10.
        data.destination = this.#mode.destination(wanted);
        return 0;
      }
      // The CPU is one of them: flat mode has no other CPUs.
      for (const each of domain) searched.add(each);
    }
  }

  /** The vector of an ISA interrupt, which nobody chose. */
  assignFixed(irq: number, data: LegacyVectorData, vector: number, cpu: number): void {
    data.domain = this.#mode.domainOf(cpu, CpuSet.of(cpu));
    data.vector = vector;
    data.destination = CpuSet.of(cpu);
    for (const each of data.domain.and(this.#online)) this.#claim(each, vector, irq);
  }

  /** 4 to 7, and 9: false where none of the CPUs' vectors is free on all of them. */
  #place(irq: number, data: LegacyVectorData, domain: CpuSet, slots: CpuSet): boolean {
    if (domain.isSubsetOf(data.domain)) {
      if (domain.equals(data.domain)) return true;
      data.oldDomain = data.domain.andNot(domain);
      data.prevVector = data.vector;
    } else {
      const vector = this.#findFree([...slots]);
      if (vector === undefined) return false;
      if (data.vector !== 0) {
        data.oldDomain = data.domain;
        data.prevVector = data.vector;
      }
      for (const cpu of slots) this.#claim(cpu, vector, irq);
      data.vector = vector;
    }
    data.domain = domain;
    this.#hold(data, data.oldDomain.and(this.#online));
    data.moveInProgress = !data.oldDomain.isEmpty;
    return true;
  }

  /** 5: in steps of a level, then from the next place in the first level; round to where it began. */
  #findFree(cpus: readonly number[]): number | undefined {
    const { matrix } = this;
    const [first] = cpus;
    // A lone CPU that is full needs no search, which would have changed nothing.
    if (cpus.length === 1 && first !== undefined && matrix.maps.available[first] === 0) return undefined;
    let vector = this.#lastVector;
    let offset = this.#lastOffset;
    for (;;) {
      vector += LEVEL;
      if (vector >= matrix.shape.allocEnd) {
        offset = (offset + 1) % LEVEL;
        vector = matrix.shape.allocStart + offset;
      }
      if (vector === this.#lastVector) return undefined;
      if (matrix.isSystem(vector) || cpus.some((cpu) => matrix.isAllocated(cpu, vector))) continue;
      // 6.
      this.#lastVector = vector;
      this.#lastOffset = offset;
      return vector;
    }
  }

  /** The old vector is released on `cpu`, where the interrupt does not arrive any more. */
  cleanUp(data: LegacyVectorData, cpu: number): void {
    if (!data.oldDomain.has(cpu)) return;
    this.#release(cpu, data.prevVector);
    this.#hold(data, data.oldDomain.andNot(CpuSet.of(cpu)));
  }

  /** The old vector is released wherever it is held. */
  cleanUpAll(data: LegacyVectorData): void {
    for (const cpu of data.oldDomain) this.cleanUp(data, cpu);
    data.moveInProgress = false;
  }

  free(data: LegacyVectorData): void {
    for (const cpu of data.domain) if (this.#online.has(cpu)) this.#release(cpu, data.vector);
    this.cleanUpAll(data);
    data.vector = 0;
    data.domain = NO_CPUS;
    data.destination = NO_CPUS;
  }

  /** A CPU comes up: what was taken on it without an interrupt of ours is taken again. */
  restoreFixed(cpu: number): void {
    for (const vector of this.#fixed.get(cpu) ?? []) this.matrix.assign(cpu, vector);
    this.#fixed.delete(cpu);
  }

  /**
   * A CPU comes up: the interrupt's vector is taken there as before. In cluster mode another one may have come by it
   * meanwhile, for only online CPUs are searched; then it is lost there. (The specification does not say who keeps it.)
   */
  restore(irq: number, data: LegacyVectorData, cpu: number): void {
    if (!data.domain.has(cpu)) return;
    if (this.table.at(cpu, data.vector) === 'unused') {
      this.#claim(cpu, data.vector, irq);
      return;
    }
    data.domain = data.domain.andNot(CpuSet.of(cpu));
    if (data.domain.isEmpty) data.vector = 0;
  }

  /** A CPU goes, and nothing arrives there any more. */
  forget(cpu: number): void {
    const taken = this.matrix.allocatedBits(cpu);
    const fixed = taken.filter((vector) => this.table.at(cpu, vector) === 'unused');
    if (fixed.length > 0) this.#fixed.set(cpu, fixed);
    for (const vector of taken) this.matrix.free(cpu, vector, false);
    this.table.reset(cpu);
  }

  #hold(data: LegacyVectorData, oldDomain: CpuSet): void {
    data.oldDomain = oldDomain;
    data.prevCpu = oldDomain.first ?? data.prevCpu;
    if (oldDomain.isEmpty) data.prevVector = 0;
  }

  #claim(cpu: number, vector: number, irq: number): void {
    if (!this.matrix.isAllocated(cpu, vector)) this.matrix.assign(cpu, vector);
    this.table.store(cpu, vector, irq);
  }

  #release(cpu: number, vector: number): void {
    this.matrix.free(cpu, vector, false);
    this.table.clear(cpu, vector, 'unused');
  }
}
