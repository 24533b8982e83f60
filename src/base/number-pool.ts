/** Which of the numbers 0, 1, 2 … are taken: handed out as runs, the lowest free one first. Grows with the highest. */
export class NumberPool {
  /** One byte each, so that both searches below are the engine's own. */
  #taken = new Uint8Array(0);

  has(number: number): boolean {
    return this.#taken[number] === 1;
  }

  take(first: number, count = 1): void {
    const end = first + count;
    if (end > this.#taken.length) {
      const grown = new Uint8Array(Math.max(end, this.#taken.length * 2));
      grown.set(this.#taken);
      this.#taken = grown;
    }
    this.#taken.fill(1, first, end);
  }

  release(first: number, count = 1): void {
    this.#taken.fill(0, first, first + count);
  }

  /** Where the lowest free run of `count` begins, at or above `from` and at a multiple of `alignment`. */
  firstFree(count: number, from = 0, alignment = 1): number {
    const align = (n: number): number => Math.ceil(n / alignment) * alignment;
    for (let at = align(from); ; ) {
      const free = this.#taken.indexOf(0, at);
      if (free < 0) return align(Math.max(at, this.#taken.length));
      at = align(free);
      const next = this.#taken.indexOf(1, at);
      if (next < 0 || next - at >= count) return at;
      at = align(next + 1);
    }
  }

  /** How many are taken. */
  get size(): number {
    return this.#taken.reduce((sum, taken) => sum + taken, 0);
  }

  clone(): NumberPool {
    const copy = new NumberPool();
    copy.#taken = this.#taken.slice();
    return copy;
  }
}
