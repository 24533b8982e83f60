/**
 * CPU number → count, over a row of counts that are in CPU-list order: a view, since a wide machine has a
 * million of them and a Map for each interrupt would copy them all.
 */
export class CpuCounts implements ReadonlyMap<number, number> {
  readonly #cpus: readonly number[];
  readonly #columns: ReadonlyMap<number, number>;
  readonly #counts: Uint32Array;

  /**
   * @param cpus CPU numbers in column order
   * @param columns CPU number → column, shared by all rows
   * @param counts one per column; CPUs beyond its end have no count
   */
  constructor(cpus: readonly number[], columns: ReadonlyMap<number, number>, counts: Uint32Array) {
    this.#cpus = cpus;
    this.#columns = columns;
    this.#counts = counts;
  }

  get size(): number {
    return Math.min(this.#counts.length, this.#cpus.length);
  }

  get(cpu: number): number | undefined {
    const column = this.#columns.get(cpu);
    return column === undefined ? undefined : this.#counts[column];
  }

  has(cpu: number): boolean {
    return this.get(cpu) !== undefined;
  }

  forEach(visit: (count: number, cpu: number, map: ReadonlyMap<number, number>) => void): void {
    for (const [cpu, count] of this) visit(count, cpu, this);
  }

  *entries(): MapIterator<[number, number]> {
    for (let column = 0; column < this.size; column++) {
      yield [this.#cpus[column] ?? 0, this.#counts[column] ?? 0];
    }
    return undefined;
  }

  *keys(): MapIterator<number> {
    for (const [cpu] of this.entries()) yield cpu;
    return undefined;
  }

  *values(): MapIterator<number> {
    for (const [, count] of this.entries()) yield count;
    return undefined;
  }

  [Symbol.iterator](): MapIterator<[number, number]> {
    return this.entries();
  }
}

/** CPU number → its position in `cpus`. */
export function columnsOf(cpus: readonly number[]): ReadonlyMap<number, number> {
  return new Map(cpus.map((cpu, column) => [cpu, column]));
}
