/**
 * The kernel's `sort()`, lib/sort.c: a bottom-up heap sort that is not stable. Where keys are equal, which is the rule
 * for NUMA nodes, its exact order of swaps decides which message belongs to which node (specification 7.5.1), so it
 * cannot be replaced by another sort.
 */

/**
 * `single-pop` takes one entry off the heap at a time; `double-pop` takes two and walks down to the right child on a
 * tie: 0e02ca29a563 ("lib/sort: optimize heapsort with double-pop variation").
 */
export type HeapSort = 'single-pop' | 'double-pop';

/** Negative, zero or positive, as the kernel's `cmp_func_t`. */
export type Compare<T> = (a: T, b: T) => number;

/** Sorts in place, ascending. */
export function kernelSort<T>(entries: T[], compare: Compare<T>, variant: HeapSort): void {
  if (entries.length === 0) return;
  const heap = new Heap(entries, compare, variant === 'double-pop');
  heap.build();
  if (variant === 'double-pop') heap.popInPairs();
  else heap.popOneByOne();
}

class Heap<T> {
  readonly #entries: T[];
  readonly #compare: Compare<T>;
  /** On a tie the walk down goes to the right child. */
  readonly #tieGoesRight: boolean;
  /** Entries that are still in the heap; those behind it are in their final place. */
  #size: number;

  constructor(entries: T[], compare: Compare<T>, tieGoesRight: boolean) {
    this.#entries = entries;
    this.#compare = compare;
    this.#tieGoesRight = tieGoesRight;
    this.#size = entries.length;
  }

  build(): void {
    for (let at = this.#size >>> 1; at > 0; ) this.#sift(--at);
  }

  popOneByOne(): void {
    while (--this.#size > 0) {
      this.#swap(0, this.#size);
      this.#sift(0);
    }
  }

  /** The two greatest at a time: the root, and then the greater of its children, before the root is mended. */
  popInPairs(): void {
    while (this.#size > 3) {
      this.#swap(0, --this.#size);
      const second = this.#order(1, 2) <= 0 ? 2 : 1;
      this.#swap(second, --this.#size);
      this.#sift(second);
      this.#sift(0);
    }
    this.#swap(0, --this.#size);
    if (this.#size === 2 && this.#order(0, 1) > 0) this.#swap(0, 1);
  }

  /** Down to a leaf along the greater children, back up to where the entry belongs, then shift the path up by one. */
  #sift(start: number): void {
    const size = this.#size;
    let at = start;
    let left = 2 * at + 1;
    for (; left + 1 < size; left = 2 * at + 1) {
      const order = this.#order(left, left + 1);
      at = order > 0 || (order === 0 && !this.#tieGoesRight) ? left : left + 1;
    }
    if (left + 1 === size) at = left;
    while (at !== start && this.#order(start, at) >= 0) at = (at - 1) >>> 1;
    const target = at;
    while (at !== start) {
      at = (at - 1) >>> 1;
      this.#swap(at, target);
    }
  }

  #order(a: number, b: number): number {
    return this.#compare(this.#entries[a] as T, this.#entries[b] as T);
  }

  #swap(a: number, b: number): void {
    const entries = this.#entries;
    const kept = entries[a] as T;
    entries[a] = entries[b] as T;
    entries[b] = kept;
  }
}
