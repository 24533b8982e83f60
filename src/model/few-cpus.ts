/**
 * The best CPU of a machine of up to {@link FEW} CPUs: a set of CPUs for each count, two words of a bit for each CPU.
 * A count that changes moves one bit; the best CPU of any mask is a bit of the highest set that has one of the mask.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import { NO_CPU } from './best-cpu-scan.ts';
import { ASK_THE_SCAN, type Choice, FEWEST_MANAGED } from './cpu-ranking.ts';
import { lowestBit } from './matrix-layout.ts';

/** Two words of CPUs. */
export const FEW = 64;

/** Counts from here on are not told apart: they have gone below zero, or the maps are wider than any of x86. */
const UNCOUNTED = 255;
/** Where the sets of the CPUs from 32 on begin. */
const HIGH = UNCOUNTED + 1;

export class FewCpus {
  /** The CPUs of each level; of level 0 those that cannot be chosen. */
  readonly #sets = new Int32Array(2 * HIGH);
  /** Fewer are better, and of the same count the highest CPU; else more, and the lowest. */
  readonly #fewest: boolean;
  /** No higher level has a CPU. */
  #top = 0;
  // The mask that was asked for last, and its words.
  #mask: CpuSet | undefined;
  #version = 0;
  #lowWord = 0;
  #highWord = 0;

  constructor(choice: Choice) {
    this.#fewest = choice === FEWEST_MANAGED;
  }

  get byteLength(): number {
    return this.#sets.byteLength;
  }

  /** The level of a CPU with `count`: the higher, the better. */
  levelOf(count: number): number {
    if (this.#fewest) return count < UNCOUNTED - 1 ? UNCOUNTED - count : 1;
    return count < UNCOUNTED ? count : UNCOUNTED;
  }

  /** `cpu`, which is online, was at level `from` and is at `to`. */
  moved(cpu: number, from: number, to: number): void {
    const sets = this.#sets;
    const half = (cpu >>> 5) * HIGH;
    const bit = 1 << (cpu & 31);
    sets[half + from] = (sets[half + from] ?? 0) & ~bit;
    sets[half + to] = (sets[half + to] ?? 0) | bit;
    if (to > this.#top) this.#top = to;
  }

  /** `cpu`, which is online and of which more are better, had `count` and has one more. */
  gained(cpu: number, count: number): void {
    if (count >= UNCOUNTED) {
      this.moved(cpu, UNCOUNTED, this.levelOf((count + 1) >>> 0));
      return;
    }
    const sets = this.#sets;
    const at = (cpu >>> 5) * HIGH + count;
    const bit = 1 << (cpu & 31);
    sets[at] = (sets[at] as number) & ~bit;
    sets[at + 1] = (sets[at + 1] as number) | bit;
    if (count >= this.#top) this.#top = count + 1;
  }

  /** It had `count`, at least 1, and has one less. */
  lost(cpu: number, count: number): void {
    if (count > UNCOUNTED) return;
    const sets = this.#sets;
    const at = (cpu >>> 5) * HIGH + count;
    const bit = 1 << (cpu & 31);
    sets[at] = (sets[at] as number) & ~bit;
    sets[at - 1] = (sets[at - 1] as number) | bit;
    // Without a branch: it was one of several as often as the last.
    const top = this.#top;
    const left = (sets[top] as number) | (sets[HIGH + top] as number);
    this.#top = top - (((left | -left) >>> 31) ^ 1);
  }

  /** `cpu` is online now. */
  came(cpu: number, level: number): void {
    this.moved(cpu, level, level);
  }

  /** `cpu` is not online any more. */
  went(cpu: number, level: number): void {
    const at = (cpu >>> 5) * HIGH + level;
    this.#sets[at] = (this.#sets[at] ?? 0) & ~(1 << (cpu & 31));
  }

  /**
   * The lowest CPU of `mask` of those that have the most available, where it is plain to see; else
   * {@link ASK_THE_SCAN}, or whoever knows better.
   */
  atOnce(mask: CpuSet): number {
    const level = this.#top;
    if (this.#mask !== mask || this.#version !== mask.version) this.#remember(mask);
    const low = (this.#sets[level] as number) & this.#lowWord;
    const high = (this.#sets[HIGH + level] as number) & this.#highWord;
    if ((low | high) === 0 || (level - 1) >>> 0 >= UNCOUNTED - 1) return ASK_THE_SCAN;
    // Without a branch on which half it is: that is as good as chance.
    const inHigh = ((low | -low) >>> 31) - 1;
    const word = low | (high & inHigh);
    return ((inHigh & 32) + 31 - Math.clz32(word & -word)) | 0;
  }

  #remember(mask: CpuSet): void {
    this.#mask = mask;
    this.#version = mask.version;
    this.#lowWord = mask.wordAt(0);
    this.#highWord = mask.wordAt(1);
  }

  /** The best CPU of `mask`, -1 where there is none, or {@link ASK_THE_SCAN}. */
  best(mask: CpuSet): number {
    const sets = this.#sets;
    while (this.#top > 0 && ((sets[this.#top] ?? 0) | (sets[HIGH + this.#top] ?? 0)) === 0) this.#top--;
    for (let level = this.#top; level > 0; level--) {
      const low = (sets[level] ?? 0) & mask.wordAt(0);
      const high = (sets[HIGH + level] ?? 0) & mask.wordAt(1);
      if ((low | high) === 0) continue;
      if (level === (this.#fewest ? 1 : UNCOUNTED)) return ASK_THE_SCAN;
      if (this.#fewest) return high !== 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(low);
      return low !== 0 ? lowestBit(low) : 32 + lowestBit(high);
    }
    return NO_CPU;
  }
}
