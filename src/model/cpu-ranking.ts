/**
 * The best of many CPUs by one of the kernel's choices (specification 3.3), kept while single CPUs change.
 *
 * Each CPU has a place and a level. For each of the highest levels there is a set of places, a bit each, with a bit
 * above every 32 that tells whether one of them may be set: a CPU that changes, and the question, cost a few words
 * whatever the number of CPUs. A CPU is put into the set of its level and, as a rule, not taken out of the one that it
 * was in: what a set says is compared with the figures when it is the answer, and forgotten where it is no longer so.
 *
 * Only {@link WINDOW} levels have a set, or memory would grow with the number of levels. CPUs below them are found
 * again, by a look at all, when the sets are empty: not before the highest level has sunk by {@link BELOW}.
 */
import { NO_CPU } from './best-cpu-scan.ts';
import { isZero, lowestBit } from './matrix-layout.ts';

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

/** Level of a CPU that cannot be chosen; the others are 1 to {@link MAX_LEVEL}. */
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
  /**
   * First the bits that tell of words, then the words: of 32 words, and of 32 places, one word for each of the sets. So
   * that the set is in the lowest five bits of the index.
   */
  readonly #sets: Int32Array;
  /** Where the words begin. */
  readonly #words: number;
  /** While another ranking is kept up: the change that is to be taken up next. A new one has seen none. */
  upTo = Number.NEGATIVE_INFINITY;
  /** The lowest level that has a set. */
  #floor = 1;
  /** Bit L & 31: level L may have places. */
  #occupied = 0;

  constructor(choice: Choice, { first, last, members }: RankedCpus, figures: RankedFigures) {
    this.#choice = choice;
    this.#first = first;
    this.#last = last;
    this.#members = members;
    this.#places = last - first + 1;
    this.#figures = figures;
    const words = Math.ceil(this.#places / 32);
    this.#words = WINDOW * Math.ceil(words / 32);
    this.#sets = new Int32Array(this.#words + WINDOW * words);
  }

  get places(): number {
    return this.#places;
  }

  get byteLength(): number {
    return this.#sets.byteLength;
  }

  /** The figures of `cpu` may have changed. */
  settle(cpu: number): void {
    const place = this.#placeOf(cpu);
    if (place >>> 0 >= this.#places) return;
    if (this.#members !== undefined && !this.#has(cpu)) return;
    const level = this.#countedLevelOf(cpu);
    const above = (level - this.#floor) | 0;
    if (above < 0) return;
    if (above >= WINDOW) this.#rise(level);
    // It has sunk by one more often than not.
    this.#remove(place, (level + 1) & 31);
    this.#add(place, level & 31);
  }

  /** As {@link settle}, where more are better: `cpu` had `from` and has `to`, one more or one less. */
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
    const sets = this.#sets;
    const words = this.#words;
    const row = words + (place & -32);
    const sum = (place >>> 10) << 5;
    const slot = to & 31;
    const gone = from & 31;
    const bit = 1 << (place & 31);
    const flag = (place >>> 5) & 31;
    sets[row | slot] = (sets[row | slot] as number) | bit;
    sets[sum | slot] = (sets[sum | slot] as number) | (1 << flag);
    // Without a branch on what is left: that is as good as chance.
    const bits = (sets[row | gone] as number) & ~bit;
    sets[row | gone] = bits;
    const left = (sets[sum | gone] as number) & ~((((bits | -bits) >>> 31) ^ 1) << flag);
    sets[sum | gone] = left;
    const occupied = this.#occupied | (1 << slot);
    this.#occupied = words === WINDOW ? occupied & ~((((left | -left) >>> 31) ^ 1) << gone) : occupied;
  }

  /** As {@link settle}, of every CPU. */
  settleAll(): void {
    for (let cpu = this.#first; cpu <= this.#last; cpu++) this.settle(cpu);
  }

  /** The best CPU, -1 where there is none, or {@link ASK_THE_SCAN}. */
  best(): number {
    const cpu = this.#choice === MOST_AVAILABLE ? this.#atOnce() : ASK_THE_SCAN;
    return cpu === ASK_THE_SCAN ? this.#search() : cpu;
  }

  /** What the sets say, where it is true; else {@link ASK_THE_SCAN}. */
  #atOnce(): number {
    const sets = this.#sets;
    const turn = this.#floor & 31;
    const level =
      (this.#floor + 31 - Math.clz32((this.#occupied >>> turn) | (this.#occupied << (32 - turn)))) | 0;
    const slot = level & 31;
    const left = sets[slot] as number;
    if (left === 0) return ASK_THE_SCAN;
    const row = (31 - Math.clz32(left & -left)) << 5;
    const bits = sets[(this.#words + row) | slot] as number;
    if (bits === 0) return ASK_THE_SCAN;
    const cpu = (this.#first + row + 31 - Math.clz32(bits & -bits)) | 0;
    const { available, online } = this.#figures;
    if (available[cpu] !== level || online[cpu] === 0 || level >= BEST_UNCOUNTED) return ASK_THE_SCAN;
    const members = this.#members;
    if (members === undefined || (((members[cpu >>> 5] as number) >>> (cpu & 31)) & 1) === 1) return cpu;
    return ASK_THE_SCAN;
  }

  /** The highest level that may have places; below the window where there is none. */
  #top(): number {
    const turn = this.#floor & 31;
    const fromFloor = (this.#occupied >>> turn) | (this.#occupied << (32 - turn));
    return (this.#floor + 31 - Math.clz32(fromFloor)) | 0;
  }

  /** {@link best} by all that the sets say, until it is true. */
  #search(): number {
    for (;;) {
      if (this.#occupied === 0 && !this.#sink()) return NO_CPU;
      const level = this.#top();
      const cpu = this.#firstOf(level);
      if (cpu !== NO_CPU) return this.#isUncounted(level) ? ASK_THE_SCAN : cpu;
      this.#occupied &= ~(1 << (level & 31));
    }
  }

  #firstOf(level: number): number {
    const sets = this.#sets;
    const words = this.#words;
    const slot = level & 31;
    for (let sum = slot; sum < words; sum += WINDOW) {
      for (let left = sets[sum] ?? 0; left !== 0; left &= left - 1) {
        const place = ((sum & -32) + lowestBit(left)) << 5;
        const at = (words + place) | slot;
        for (let bits = sets[at] ?? 0; bits !== 0; bits &= bits - 1) {
          const cpu = this.#cpuAt(place + lowestBit(bits));
          if (this.#levelOf(cpu) === level) return cpu;
          sets[at] = bits & (bits - 1);
        }
        sets[sum] = left & (left - 1);
      }
    }
    return NO_CPU;
  }

  #add(place: number, slot: number): void {
    const sets = this.#sets;
    const at = (this.#words + (place & -32)) | slot;
    sets[at] = (sets[at] ?? 0) | (1 << (place & 31));
    const sum = ((place >>> 10) << 5) | slot;
    sets[sum] = (sets[sum] ?? 0) | (1 << ((place >>> 5) & 31));
    this.#occupied |= 1 << slot;
  }

  /** Without a branch on what is left: that is as good as chance. */
  #remove(place: number, slot: number): void {
    const sets = this.#sets;
    const at = (this.#words + (place & -32)) | slot;
    const bits = (sets[at] ?? 0) & ~(1 << (place & 31));
    sets[at] = bits;
    const sum = ((place >>> 10) << 5) | slot;
    const left = (sets[sum] ?? 0) & ~(isZero(bits) << ((place >>> 5) & 31));
    sets[sum] = left;
    if (this.#words === WINDOW) this.#occupied &= ~(isZero(left) << slot);
  }

  /** A tie goes to the lowest place: the lowest CPU, or the highest (H-BEST-MANAGED). */
  #placeOf(cpu: number): number {
    return this.#choice === FEWEST_MANAGED ? this.#last - cpu : cpu - this.#first;
  }

  #cpuAt(place: number): number {
    return this.#choice === FEWEST_MANAGED ? this.#last - place : this.#first + place;
  }

  #levelOf(cpu: number): number {
    return this.#takesPart(cpu) ? this.#countedLevelOf(cpu) : NO_LEVEL;
  }

  #takesPart(cpu: number): boolean {
    if ((this.#figures.online[cpu] ?? 0) === 0) return false;
    return this.#members === undefined || this.#has(cpu);
  }

  #countedLevelOf(cpu: number): number {
    if (this.#choice === MOST_AVAILABLE) {
      const count = this.#figures.available[cpu] ?? 0;
      return count < BEST_UNCOUNTED ? count : BEST_UNCOUNTED;
    }
    if (this.#choice === LOWEST) return 1;
    const count = this.#figures.managedAllocated[cpu] ?? 0;
    return count < MAX_LEVEL - WORST_UNCOUNTED ? MAX_LEVEL - count : WORST_UNCOUNTED;
  }

  #has(cpu: number): boolean {
    return (((this.#members?.[cpu >>> 5] ?? 0) >>> (cpu & 31)) & 1) === 1;
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
      const slot = given & 31;
      if (((this.#occupied >>> slot) & 1) === 0) continue;
      for (let at = slot; at < this.#sets.length; at += WINDOW) this.#sets[at] = 0;
      this.#occupied &= ~(1 << slot);
    }
    this.#floor = floor;
  }

  /** No CPU is in the window: it sinks to the highest. False where no CPU has a level. */
  #sink(): boolean {
    let highest = 0;
    for (let cpu = this.#first; cpu <= this.#last; cpu++) {
      const level = this.#levelOf(cpu);
      if (level > highest) highest = level;
    }
    if (highest === 0) return false;
    this.#floor = Math.min(Math.max(1, highest - BELOW + 1), MAX_LEVEL - WINDOW + 1);
    // Not settleAll(): that would rise again with a CPU that is offline.
    for (let cpu = this.#first; cpu <= this.#last; cpu++) {
      const level = this.#levelOf(cpu);
      if (level >= this.#floor) this.#add(this.#placeOf(cpu), level & 31);
    }
    return true;
  }
}
