/**
 * CPUs whose figures changed, the newest ones. One ranking is kept up at every change; the others take up what was noted
 * since they last did when they are asked again.
 */

/** Places in the ring for each CPU: who lies further behind looks at every CPU, which takes about as long. */
const CHANGES_PER_CPU = 1 / 4;
const FEWEST_CHANGES = 64;
/** Positions stay small integers. */
const LAST_POSITION = 2 ** 20;

export class ChangeLog {
  /** A ring; its length is a power of two. */
  readonly #cpus: Int32Array;
  #position = 0;

  constructor(cpus: number) {
    const changes = Math.max(FEWEST_CHANGES, cpus * CHANGES_PER_CPU);
    this.#cpus = new Int32Array(2 ** Math.ceil(Math.log2(changes)));
  }

  get byteLength(): number {
    return this.#cpus.byteLength;
  }

  /** How many changes are known. */
  get length(): number {
    return this.#cpus.length;
  }

  /** Forgets all changes. */
  forget(): void {
    this.#position += this.#cpus.length + 1;
  }

  /** Where the next change will be. */
  get position(): number {
    return this.#position;
  }

  /** It has to be {@link restart}ed before more is noted. */
  get isFull(): boolean {
    return this.#position >= LAST_POSITION;
  }

  /** From position 0 again: readers have to begin anew. */
  restart(): void {
    this.#position = 0;
  }

  note(cpu: number): void {
    this.#cpus[this.#position & (this.#cpus.length - 1)] = cpu;
    this.#position++;
  }

  /** Whether every change from `position` on is still known. */
  reachesBackTo(position: number): boolean {
    return this.#position - position <= this.#cpus.length;
  }

  at(position: number): number {
    return this.#cpus[position & (this.#cpus.length - 1)] ?? -1;
  }
}
