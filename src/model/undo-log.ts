import { invariant } from '../base/assert.ts';

/** A point to go back to. Only the log that made it can read it. */
export interface Mark {
  readonly position: number;
}

/**
 * Old values of words that were overwritten, newest last: going back costs what was written since, not the size of
 * the state. Records only while a mark is open, so a matrix that nobody asks "what if" pays one comparison a write.
 */
export class UndoLog {
  #open: Mark[] = [];
  #index = new Uint32Array(64);
  #old = new Uint32Array(64);
  #length = 0;

  get recording(): boolean {
    return this.#open.length > 0;
  }

  get byteLength(): number {
    return this.#index.byteLength + this.#old.byteLength;
  }

  /** Words recorded since the outermost open mark. */
  get length(): number {
    return this.#length;
  }

  mark(): Mark {
    const mark: Mark = { position: this.#length };
    this.#open.push(mark);
    return mark;
  }

  record(index: number, old: number): void {
    if (this.#length === this.#index.length) this.#grow();
    this.#index[this.#length] = index;
    this.#old[this.#length] = old;
    this.#length++;
  }

  /**
   * Puts back everything written since `mark`, which ends with every mark made after it.
   * @param restored hears the index of each word from `first` on and what it was until now, newest first
   */
  rollback(mark: Mark, words: Uint32Array, restored?: (index: number, was: number) => void, first = 0): void {
    this.#close(mark);
    while (this.#length > mark.position) {
      this.#length--;
      const index = this.#index[this.#length] ?? 0;
      const was = words[index] ?? 0;
      words[index] = this.#old[this.#length] ?? 0;
      if (index >= first) restored?.(index, was);
    }
  }

  /** Keeps what was written since `mark`, which ends; an older open mark can still take it back. */
  keep(mark: Mark): void {
    this.#close(mark);
    if (this.#open.length === 0) this.#length = 0;
  }

  #close(mark: Mark): void {
    const at = this.#open.lastIndexOf(mark);
    invariant(at >= 0, 'this mark is not open: it was rolled back or kept, or belongs to another matrix');
    this.#open.length = at;
  }

  #grow(): void {
    const size = this.#index.length * 2;
    const index = new Uint32Array(size);
    const old = new Uint32Array(size);
    index.set(this.#index);
    old.set(this.#old);
    this.#index = index;
    this.#old = old;
  }
}
