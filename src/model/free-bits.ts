/**
 * H-AREA, `matrix_alloc_area()`: the lowest bit of the window that nothing on a CPU holds. The kernel looks through the
 * words of three maps; here a flag for each word tells whether it may have a free bit, so that one word is looked at.
 */
import { lowestBit, type MatrixLayout } from './matrix-layout.ts';

/** A flag for so many bits: one word, where the map has no more words than a byte has bits, as those of x86. */
function bitsPerFlag(mapWords: number): number {
  return 32 * 2 ** Math.ceil(Math.log2(mapWords / 8));
}

/** There was none where one might have been; there may be one elsewhere. */
export const AGAIN = -2;

export class FreeBits {
  readonly #layout: MatrixLayout;
  /** A byte for each CPU; a flag that is not set: there is no free bit. Follows from the words. */
  readonly #roomy: Uint8Array;
  /** Bit to flag. */
  readonly #shift: number;
  /** The flags of all words. */
  readonly #all: number;

  constructor(layout: MatrixLayout) {
    this.#layout = layout;
    this.#shift = Math.max(5, Math.log2(bitsPerFlag(layout.mapWords)));
    this.#all = 2 ** Math.ceil((32 * layout.mapWords) / 2 ** this.#shift) - 1;
    this.#roomy = new Uint8Array(layout.cpuCount).fill(this.#all);
  }

  get byteLength(): number {
    return this.#roomy.byteLength;
  }

  /** The lowest, which has to be taken then; -1 if there is none, {@link AGAIN} to ask again. */
  take(words: Uint32Array, cpu: number): number {
    const { closedMap, allocMap, managedMap, mapWords } = this.#layout;
    const may = this.#roomy[cpu] as number;
    if (may === 0) return -1;
    if (this.#shift !== 5) return this.#takeFromWide(words, cpu);
    const k = 31 - Math.clz32(may & -may);
    const at = (cpu * mapWords + k) | 0;
    const free = ~(
      (words[managedMap + at] as number) |
      (words[allocMap + at] as number) |
      (words[closedMap + k] as number)
    );
    const left = free & (free - 1);
    // Without a branch, which would be as good as chance: no flag where it was the last one.
    this.#roomy[cpu] = may & ~((((left | -left) >>> 31) ^ 1) << k);
    return free === 0 ? AGAIN : (k << 5) + 31 - Math.clz32(free & -free);
  }

  /** Where a flag stands for several words: it stays until none of them has a free bit. */
  #takeFromWide(words: Uint32Array, cpu: number): number {
    const { closedMap, allocMap, managedMap, mapWords } = this.#layout;
    const may = this.#roomy[cpu] ?? 0;
    const wordsPerFlag = 1 << (this.#shift - 5);
    const first = lowestBit(may) * wordsPerFlag;
    for (let k = first; k < first + wordsPerFlag && k < mapWords; k++) {
      const at = cpu * mapWords + k;
      const free = ~(
        (words[managedMap + at] ?? 0) |
        (words[allocMap + at] ?? 0) |
        (words[closedMap + k] ?? 0)
      );
      if (free !== 0) return k * 32 + lowestBit(free);
    }
    this.#roomy[cpu] = may & (may - 1);
    return AGAIN;
  }

  /** `bit` of the CPU may be free now. */
  gave(cpu: number, bit: number): void {
    this.#roomy[cpu] = (this.#roomy[cpu] as number) | (1 << (bit >>> this.#shift));
  }

  /** The word at `index` of the matrix may have lost bits. */
  gaveWord(index: number): void {
    const { closedMap, allocMap, managedMap, mapWords } = this.#layout;
    if (index >= closedMap && index < closedMap + mapWords) this.#roomy.fill(this.#all);
    if (index < allocMap) return;
    this.#roomy[Math.floor((index - (index < managedMap ? allocMap : managedMap)) / mapWords)] = this.#all;
  }
}
