/**
 * Numbered places, each at a level or at none: which is the lowest place of the highest level? For each of the highest
 * levels there is a set of its places, a bit each, with a bit above every 32 that tells whether one of them is set: a
 * place that changes its level, and the question, cost a few words whatever the number of places.
 *
 * Only {@link WINDOW} levels have a set, or memory would grow with the number of levels. Places below them are found
 * again, by a look at all, when the sets are empty: not before the highest level has sunk by {@link BELOW}.
 */

import { lowestBit } from './matrix-layout.ts';

/** Level of a place that does not take part. */
export const NO_LEVEL = 0;
/** Levels are 1 to this. */
export const MAX_LEVEL = 2 ** 16 - 1;

const WINDOW = 32;
/** Of the window, how much lies below the highest level when the places are looked through. The rest is to rise into. */
const BELOW = 24;

export class LevelSets {
  /** Level of each place. */
  readonly #levels: Uint16Array;
  /** The sets, that of level L at (L & 31) · stride: first the bits of its words, then its words. */
  readonly #words: Int32Array;
  readonly #stride: number;
  /** How many words tell of the words. */
  readonly #sums: number;
  /** The lowest level that has a set. */
  #floor = 1;
  /** Bit L & 31: level L has places. */
  #occupied = 0;

  constructor(places: number) {
    const words = Math.ceil(places / 32);
    this.#sums = Math.ceil(words / 32);
    this.#stride = this.#sums + words;
    this.#levels = new Uint16Array(places);
    this.#words = new Int32Array(WINDOW * this.#stride);
  }

  get byteLength(): number {
    return this.#levels.byteLength + this.#words.byteLength;
  }

  put(place: number, level: number): void {
    const levels = this.#levels;
    const old = levels[place] ?? 0;
    if (old === level) return;
    levels[place] = level;
    const floor = this.#floor;
    if (old >= floor) this.#remove(place, old & 31);
    if (level < floor) return;
    if (level >= floor + 32) this.#rise(level);
    this.#add(place, level & 31);
  }

  /** The highest level that a place has, or 0. */
  top(): number {
    if (this.#occupied === 0 && !this.#sink()) return 0;
    const turn = this.#floor & 31;
    const fromFloor = (this.#occupied >>> turn) | (this.#occupied << (32 - turn));
    return this.#floor + 31 - Math.clz32(fromFloor);
  }

  /** The lowest place of `level`, which is the {@link top}. */
  lowestOf(level: number): number {
    const words = this.#words;
    const from = (level & 31) * this.#stride;
    let sum = 0;
    while (words[from + sum] === 0) sum++;
    const word = sum * 32 + lowestBit(words[from + sum] ?? 0);
    return word * 32 + lowestBit(words[from + this.#sums + word] ?? 0);
  }

  #add(place: number, slot: number): void {
    const words = this.#words;
    const from = slot * this.#stride;
    const at = from + this.#sums + (place >>> 5);
    const word = words[at] ?? 0;
    words[at] = word | (1 << (place & 31));
    if (word !== 0) return;
    const sum = from + (place >>> 10);
    words[sum] = (words[sum] ?? 0) | (1 << ((place >>> 5) & 31));
    this.#occupied |= 1 << slot;
  }

  #remove(place: number, slot: number): void {
    const words = this.#words;
    const from = slot * this.#stride;
    const at = from + this.#sums + (place >>> 5);
    const word = (words[at] ?? 0) & ~(1 << (place & 31));
    words[at] = word;
    if (word !== 0) return;
    const sum = from + (place >>> 10);
    const left = (words[sum] ?? 0) & ~(1 << ((place >>> 5) & 31));
    words[sum] = left;
    if (left === 0 && this.#isEmpty(from)) this.#occupied &= ~(1 << slot);
  }

  #isEmpty(from: number): boolean {
    for (let sum = 0; sum < this.#sums; sum++) if (this.#words[from + sum] !== 0) return false;
    return true;
  }

  /** The window rises with `level`: the lowest sets are given up. */
  #rise(level: number): void {
    const floor = level - 32 + 1;
    const end = Math.min(floor, this.#floor + 32);
    for (let given = this.#floor; given < end; given++) {
      const slot = given & 31;
      if (((this.#occupied >>> slot) & 1) === 0) continue;
      this.#words.fill(0, slot * this.#stride, (slot + 1) * this.#stride);
      this.#occupied &= ~(1 << slot);
    }
    this.#floor = floor;
  }

  /** No place is in the window: it sinks to the highest. False where no place has a level. */
  #sink(): boolean {
    const levels = this.#levels;
    let highest = 0;
    for (let place = 0; place < levels.length; place++) {
      const level = levels[place] ?? 0;
      if (level > highest) highest = level;
    }
    if (highest === 0) return false;
    this.#floor = Math.max(1, highest - BELOW + 1);
    for (let place = 0; place < levels.length; place++) {
      const level = levels[place] ?? 0;
      if (level >= this.#floor) this.#add(place, level & 31);
    }
    return true;
  }
}
