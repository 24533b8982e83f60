const WORD = 32;

/**
 * A set of CPU numbers over a Uint32Array, the kernel's `struct cpumask`. Iteration is ascending.
 * Grows when a CPU beyond its size is added; sets of different sizes compare and combine as if padded
 * with zeros.
 */
export class CpuSet implements Iterable<number> {
  #words: Uint32Array;
  #version = 0;
  /** All words before this one are 0: a set of one high CPU is asked about as fast as one of a low CPU. */
  #low = 0;
  /** The last answer of {@link within}. */
  #within: { other: CpuSet; otherVersion: number; version: number; result: CpuSet } | undefined;

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
    if (at < this.#low) this.#low = at;
    this.#version++;
    return this;
  }

  delete(cpu: number): this {
    const at = cpu >>> 5;
    const word = this.#words[at];
    if (word === undefined) return this;
    this.#words[at] = (word & ~(1 << (cpu & 31))) >>> 0;
    this.#version++;
    return this;
  }

  /** Changes with every `add` and `delete`: the same set with the same version has the same CPUs. */
  get version(): number {
    return this.#version;
  }

  /** How many words of 32 CPUs it has; beyond them it is empty. */
  get wordCount(): number {
    return this.#words.length;
  }

  /** CPUs 32·`at` to 32·`at`+31, the lowest in bit 0; signed, as `|` and `&` give it. 0 beyond the last word. */
  wordAt(at: number): number {
    return at < this.#words.length ? (this.#words[at] ?? 0) | 0 : 0;
  }

  get size(): number {
    let n = 0;
    for (let word of this.#words) for (; word !== 0; word &= word - 1) n++;
    return n;
  }

  /** From the end: a set is as long as its highest CPU asked for. */
  get isEmpty(): boolean {
    for (let at = this.#words.length - 1; at >= 0; at--) if (this.#words[at] !== 0) return false;
    return true;
  }

  /** `cpu`, and no other. */
  isOnly(cpu: number): boolean {
    return this.last === cpu && this.first === cpu;
  }

  /** The lowest CPU, as `cpumask_first()`; undefined when empty. */
  get first(): number | undefined {
    const at = this.#firstWord();
    const word = this.#words[at] ?? 0;
    return word === 0 ? undefined : at * WORD + 31 - Math.clz32(word & -word);
  }

  /** The first word that is not 0; beyond the last where there is none. */
  #firstWord(): number {
    const words = this.#words;
    let at = this.#low;
    while (at < words.length && words[at] === 0) at++;
    this.#low = at;
    return at;
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

  /**
   * As {@link and}, but itself where it lies within `other`, and the same answer again while both are unchanged: for
   * what is not changed afterwards. Many interrupts have one mask, and are asked about the same online CPUs.
   */
  within(other: CpuSet): CpuSet {
    const last = this.#within;
    if (last?.other === other && last.otherVersion === other.#version && last.version === this.#version) {
      return last.result;
    }
    if (this.isSubsetOf(other)) return this;
    const result = this.and(other);
    this.#within = { other, otherVersion: other.#version, version: this.#version, result };
    return result;
  }

  or(other: CpuSet): CpuSet {
    return this.#combine(other, (a, b) => a | b);
  }

  andNot(other: CpuSet): CpuSet {
    return this.#combine(other, (a, b) => a & ~b);
  }

  intersects(other: CpuSet): boolean {
    const length = Math.min(this.#words.length, other.#words.length);
    for (let at = this.#firstWord(); at < length; at++) {
      if (((this.#words[at] ?? 0) & (other.#words[at] ?? 0)) !== 0) return true;
    }
    return false;
  }

  isSubsetOf(other: CpuSet): boolean {
    for (let at = this.#firstWord(); at < this.#words.length; at++) {
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

  /** The kernel's list form, `0-3,8`; the empty string when empty. By runs, not by CPUs: a mask may have thousands. */
  toString(): string {
    const parts: string[] = [];
    const end = this.#words.length * WORD;
    for (let first = this.#next(0, 0); first < end; ) {
      const after = this.#next(first, -1);
      parts.push(after === first + 1 ? `${first}` : `${first}-${after - 1}`);
      first = this.#next(after, 0);
    }
    return parts.join(',');
  }

  /** The lowest CPU from `cpu` on that is in the set; with `flip` -1 that is not. One beyond the last where none is. */
  #next(cpu: number, flip: 0 | -1): number {
    for (let at = cpu >>> 5, low = cpu & 31; at < this.#words.length; at++, low = 0) {
      const word = ((this.#words[at] ?? 0) ^ flip) & (-1 << low);
      if (word !== 0) return at * WORD + 31 - Math.clz32(word & -word);
    }
    return this.#words.length * WORD;
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
