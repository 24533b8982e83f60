/**
 * The best of many CPUs by one of the kernel's choices (specification 3.3), kept while single CPUs change.
 *
 * Each CPU has a place and a level. For each of the highest levels there is a set of places, a bit each, with a bit
 * above every 32 that tells whether one of them is set: a CPU that changes, and the question, cost a few words whatever
 * the number of CPUs.
 *
 * Only {@link WINDOW} levels have a set, or memory would grow with the number of levels. CPUs below them are found
 * again, by a look at all, when the sets are empty: not before the highest level has sunk by {@link BELOW}.
 */
import { NO_CPU } from './best-cpu-scan.ts';
import { lowestBit } from './matrix-layout.ts';

/** The per-CPU figures that a choice looks at; live, and not to be kept: they may move. */
export interface RankedFigures {
  readonly available: Uint32Array;
  readonly managedAllocated: Uint32Array;
  /** 0 or 1. */
  readonly online: Uint32Array;
}

/** H-BEST, H-BEST-MANAGED, and what 4.15 and 4.16 do; best-cpu-scan.ts says what each is. */
export const MOST_AVAILABLE = 0;
export const FEWEST_MANAGED = 1;
export const LOWEST = 2;
export type Choice = typeof MOST_AVAILABLE | typeof FEWEST_MANAGED | typeof LOWEST;

/** The answer is among counters that are not told apart: they have gone below zero, and wrapped. */
export const ASK_THE_SCAN = -2;

/** Level of a CPU that cannot be chosen; the others are 1 to {@link MAX_LEVEL}, which 16 bits hold. */
const NO_LEVEL = 0;
/** Counts are far below it where all is well. Those beyond are all the same here, best or worst of all. */
const MAX_LEVEL = 2 ** 16 - 1;
const BEST_UNCOUNTED = MAX_LEVEL;
const WORST_UNCOUNTED = 1;

/** As many sets as a word has bits: that of level L is number L & 31. */
const WINDOW = 32;
/** Of the window, how much lies below the highest level when the CPUs are looked through. The rest is to rise into. */
const BELOW = 24;

/** CPUs `first` to `last` have a place; of these, the ones of `members` take part. */
export interface RankedCpus {
  readonly first: number;
  readonly last: number;
  /** 32 CPUs a word; undefined: all. */
  readonly members: Int32Array | undefined;
}

export class CpuRanking {
  readonly #choice: Choice;
  readonly #first: number;
  readonly #last: number;
  readonly #members: Int32Array | undefined;
  readonly #places: number;
  readonly #figures: RankedFigures;
  /** The level of each place, as it was last seen. */
  readonly #levels: Uint16Array;
  /**
   * First the bits that tell of words, then the words: of 32 words, and of 32 places, one word for each of the sets. So
   * that the set is in the lowest five bits of the index: that of level L is number L & 31.
   */
  readonly #sets: Int32Array;
  /** Where the words begin. */
  readonly #words: number;
  /** While another ranking is kept up: the change that is to be taken up next. A new one has seen none. */
  upTo = Number.NEGATIVE_INFINITY;
  /** The lowest level that has a set. */
  #floor = 1;
  /** No higher level has a place. */
  #top = 0;

  constructor(choice: Choice, { first, last, members }: RankedCpus, figures: RankedFigures) {
    this.#choice = choice;
    this.#first = first;
    this.#last = last;
    this.#members = members;
    this.#places = last - first + 1;
    this.#figures = figures;
    this.#levels = new Uint16Array(this.#places);
    const words = Math.ceil(this.#places / 32);
    this.#words = WINDOW * Math.ceil(words / 32);
    this.#sets = new Int32Array(this.#words + WINDOW * words);
  }

  get places(): number {
    return this.#places;
  }

  get byteLength(): number {
    return this.#sets.byteLength + this.#levels.byteLength;
  }

  /** The figures of `cpu`, or whether it takes part, may have changed. */
  settle(cpu: number): void {
    const place = this.#placeOf(cpu);
    if (place >>> 0 >= this.#places) return;
    const from = this.#levels[place] ?? NO_LEVEL;
    const level = this.#levelOf(cpu);
    if (level === from) return;
    if (level - this.#floor >= WINDOW) this.#rise(level);
    this.#levels[place] = level;
    if (this.#hasSet(from)) this.#remove(place, from);
    if (this.#hasSet(level)) this.#add(place, level);
  }

  /**
   * As {@link settle}, of a ranking that is kept up and where more are better: `cpu`, which is online, had `from` and
   * has `to`, which is another one.
   */
  moved(cpu: number, from: number, to: number): void {
    const place = (cpu - this.#first) | 0;
    if (place >>> 0 >= this.#places) return;
    const members = this.#members;
    if (members !== undefined && (((members[cpu >>> 5] as number) >>> (cpu & 31)) & 1) === 0) return;
    const floor = this.#floor;
    if ((from - floor) >>> 0 >= WINDOW || (to - floor) >>> 0 >= WINDOW) {
      this.settle(cpu);
      return;
    }
    this.#levels[place] = to;
    const sets = this.#sets;
    const row = this.#words + (place & -32);
    const sum = (place >>> 10) << 5;
    const bit = 1 << (place & 31);
    const flag = (place >>> 5) & 31;
    const come = to & 31;
    const gone = from & 31;
    sets[row | come] = (sets[row | come] as number) | bit;
    sets[sum | come] = (sets[sum | come] as number) | (1 << flag);
    // Without branches on what is left: those are as good as chance.
    const bits = (sets[row | gone] as number) & ~bit;
    sets[row | gone] = bits;
    const left = (sets[sum | gone] as number) & ~((((bits | -bits) >>> 31) ^ 1) << flag);
    sets[sum | gone] = left;
    const top = this.#top;
    if (to > top) this.#top = to;
    else if (from === top && this.#words === WINDOW) this.#top = top - (((left | -left) >>> 31) ^ 1);
  }

  /** As {@link settle}, of every CPU. */
  settleAll(): void {
    for (let cpu = this.#first; cpu <= this.#last; cpu++) this.settle(cpu);
  }

  /** The best CPU, -1 where there is none, or {@link ASK_THE_SCAN}. */
  best(): number {
    if (this.#choice === MOST_AVAILABLE) {
      const level = this.#top;
      const slot = level & 31;
      const left = this.#sets[slot] as number;
      if (left !== 0 && (level - this.#floor) >>> 0 < WINDOW && level !== BEST_UNCOUNTED) {
        const row = (31 - Math.clz32(left & -left)) << 5;
        const bits = this.#sets[(this.#words + row) | slot] as number;
        return (this.#first + row + 31 - Math.clz32(bits & -bits)) | 0;
      }
    }
    return this.#search();
  }

  /** {@link best}, where the top has to be found first. */
  #search(): number {
    for (;;) {
      for (; this.#top >= this.#floor; this.#top--) {
        const place = this.#firstAt(this.#top);
        if (place < 0) continue;
        return this.#isUncounted(this.#top) ? ASK_THE_SCAN : this.#cpuAt(place);
      }
      if (!this.#sink()) return NO_CPU;
    }
  }

  /** The lowest place of a level that has a set; -1 if there is none. */
  #firstAt(level: number): number {
    const slot = level & 31;
    for (let sum = slot; sum < this.#words; sum += WINDOW) {
      const left = this.#sets[sum] ?? 0;
      if (left === 0) continue;
      const row = ((sum & -32) + lowestBit(left)) << 5;
      return row + lowestBit(this.#sets[(this.#words + row) | slot] ?? 0);
    }
    return -1;
  }

  #hasSet(level: number): boolean {
    return (level - this.#floor) >>> 0 < WINDOW;
  }

  #add(place: number, level: number): void {
    const sets = this.#sets;
    const at = (this.#words + (place & -32)) | (level & 31);
    sets[at] = (sets[at] ?? 0) | (1 << (place & 31));
    const sum = ((place >>> 10) << 5) | (level & 31);
    sets[sum] = (sets[sum] ?? 0) | (1 << ((place >>> 5) & 31));
    if (level > this.#top) this.#top = level;
  }

  #remove(place: number, level: number): void {
    const sets = this.#sets;
    const at = (this.#words + (place & -32)) | (level & 31);
    const bits = (sets[at] ?? 0) & ~(1 << (place & 31));
    sets[at] = bits;
    if (bits !== 0) return;
    const sum = ((place >>> 10) << 5) | (level & 31);
    sets[sum] = (sets[sum] ?? 0) & ~(1 << ((place >>> 5) & 31));
  }

  /** A tie goes to the lowest place: the lowest CPU, or the highest (H-BEST-MANAGED). */
  #placeOf(cpu: number): number {
    return this.#choice === FEWEST_MANAGED ? this.#last - cpu : cpu - this.#first;
  }

  #cpuAt(place: number): number {
    return this.#choice === FEWEST_MANAGED ? this.#last - place : this.#first + place;
  }

  #levelOf(cpu: number): number {
    if ((this.#figures.online[cpu] ?? 0) === 0 || !this.#isMember(cpu)) return NO_LEVEL;
    if (this.#choice === LOWEST) return 1;
    if (this.#choice === MOST_AVAILABLE) {
      const count = this.#figures.available[cpu] ?? 0;
      return count < BEST_UNCOUNTED ? count : BEST_UNCOUNTED;
    }
    const count = this.#figures.managedAllocated[cpu] ?? 0;
    return count < MAX_LEVEL - WORST_UNCOUNTED ? MAX_LEVEL - count : WORST_UNCOUNTED;
  }

  #isMember(cpu: number): boolean {
    return this.#members === undefined || (((this.#members[cpu >>> 5] ?? 0) >>> (cpu & 31)) & 1) === 1;
  }

  #isUncounted(level: number): boolean {
    if (this.#choice === MOST_AVAILABLE) return level === BEST_UNCOUNTED;
    return this.#choice === FEWEST_MANAGED && level === WORST_UNCOUNTED;
  }

  /** The window rises with `level`: the lowest sets are given up. */
  #rise(level: number): void {
    const floor = level - WINDOW + 1;
    const end = Math.min(floor, this.#floor + WINDOW);
    for (let given = this.#floor; given < end; given++) {
      for (let at = given & 31; at < this.#sets.length; at += WINDOW) this.#sets[at] = 0;
    }
    this.#floor = floor;
  }

  /** No CPU is in the window: it sinks to the highest. False where no CPU has a level. */
  #sink(): boolean {
    let highest = NO_LEVEL;
    for (const level of this.#levels) if (level > highest) highest = level;
    if (highest === NO_LEVEL) return false;
    this.#floor = Math.min(Math.max(1, highest - BELOW + 1), MAX_LEVEL - WINDOW + 1);
    this.#top = highest;
    for (let place = 0; place < this.#places; place++) {
      const level = this.#levels[place] ?? NO_LEVEL;
      if (this.#hasSet(level)) this.#add(place, level);
    }
    return true;
  }
}
