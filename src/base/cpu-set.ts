import { formatNumberList } from './number-list.ts';

const WORD = 32;

/**
 * A set of CPU numbers over a Uint32Array, the kernel's `struct cpumask`. Iteration is ascending.
 * Grows when a CPU beyond its size is added; sets of different sizes compare and combine as if padded
 * with zeros.
 */
export class CpuSet implements Iterable<number> {
  #words: Uint32Array;

  /** @param capacity how many CPUs fit without growing */
  constructor(capacity = WORD) {
    this.#words = new Uint32Array(Math.max(1, Math.ceil(capacity / WORD)));
  }

  static of(...cpus: readonly number[]): CpuSet {
    return CpuSet.from(cpus);
  }

  static from(cpus: Iterable<number>): CpuSet {
    const set = new CpuSet();
    for (const cpu of cpus) set.add(cpu);
    return set;
  }

  /** CPUs `first`..`last`, both included. */
  static span(first: number, last: number): CpuSet {
    const set = new CpuSet(last + 1);
    for (let cpu = first; cpu <= last; cpu++) set.add(cpu);
    return set;
  }

  has(cpu: number): boolean {
    const word = this.#words[cpu >>> 5];
    return word !== undefined && ((word >>> (cpu & 31)) & 1) === 1;
  }

  add(cpu: number): this {
    const at = cpu >>> 5;
    if (at >= this.#words.length) {
      const grown = new Uint32Array(Math.max(at + 1, this.#words.length * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[at] = ((this.#words[at] ?? 0) | (1 << (cpu & 31))) >>> 0;
    return this;
  }

  delete(cpu: number): this {
    const at = cpu >>> 5;
    const word = this.#words[at];
    if (word !== undefined) this.#words[at] = (word & ~(1 << (cpu & 31))) >>> 0;
    return this;
  }

  get size(): number {
    let n = 0;
    for (let word of this.#words) for (; word !== 0; word &= word - 1) n++;
    return n;
  }

  get isEmpty(): boolean {
    for (const word of this.#words) if (word !== 0) return false;
    return true;
  }

  /** The lowest CPU, as `cpumask_first()`; undefined when empty. */
  get first(): number | undefined {
    for (const cpu of this) return cpu;
    return undefined;
  }

  /** The highest CPU; undefined when empty. */
  get last(): number | undefined {
    for (let at = this.#words.length - 1; at >= 0; at--) {
      const word = this.#words[at] ?? 0;
      if (word !== 0) return at * WORD + 31 - Math.clz32(word);
    }
    return undefined;
  }

  clone(): CpuSet {
    const copy = new CpuSet(this.#words.length * WORD);
    copy.#words.set(this.#words);
    return copy;
  }

  and(other: CpuSet): CpuSet {
    const length = Math.min(this.#words.length, other.#words.length);
    const result = new CpuSet(length * WORD);
    for (let at = 0; at < length; at++) result.#words[at] = (this.#words[at] ?? 0) & (other.#words[at] ?? 0);
    return result;
  }

  /** As {@link and}, but itself where it lies within `other`: for what is not changed afterwards. */
  within(other: CpuSet): CpuSet {
    return this.isSubsetOf(other) ? this : this.and(other);
  }

  or(other: CpuSet): CpuSet {
    return this.#combine(other, (a, b) => a | b);
  }

  andNot(other: CpuSet): CpuSet {
    return this.#combine(other, (a, b) => a & ~b);
  }

  intersects(other: CpuSet): boolean {
    const length = Math.min(this.#words.length, other.#words.length);
    for (let at = 0; at < length; at++) {
      if (((this.#words[at] ?? 0) & (other.#words[at] ?? 0)) !== 0) return true;
    }
    return false;
  }

  isSubsetOf(other: CpuSet): boolean {
    for (let at = 0; at < this.#words.length; at++) {
      if (((this.#words[at] ?? 0) & ~(other.#words[at] ?? 0)) !== 0) return false;
    }
    return true;
  }

  equals(other: CpuSet): boolean {
    return this.isSubsetOf(other) && other.isSubsetOf(this);
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let at = 0; at < this.#words.length; at++) {
      let word = this.#words[at] ?? 0;
      while (word !== 0) {
        const lowest = word & -word;
        yield at * WORD + 31 - Math.clz32(lowest);
        word = (word ^ lowest) >>> 0;
      }
    }
  }

  /** The kernel's list form, `0-3,8`; the empty string when empty. */
  toString(): string {
    return formatNumberList(this);
  }

  toJSON(): string {
    return this.toString();
  }

  #combine(other: CpuSet, op: (a: number, b: number) => number): CpuSet {
    const length = Math.max(this.#words.length, other.#words.length);
    const result = new CpuSet(length * WORD);
    for (let at = 0; at < length; at++) {
      result.#words[at] = op(this.#words[at] ?? 0, other.#words[at] ?? 0) >>> 0;
    }
    return result;
  }
}
