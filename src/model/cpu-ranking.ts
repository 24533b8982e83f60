/** The best of many CPUs by one of the kernel's choices (specification 3.3), kept while single CPUs change. */
import { NO_CPU } from './best-cpu-scan.ts';
import type { ChangeLog } from './change-log.ts';
import { LevelSets, MAX_LEVEL, NO_LEVEL } from './level-sets.ts';

/** The per-CPU figures that a choice looks at; live. */
export interface CpuFigures {
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

/** Counts are far below the last level where all is well. Those beyond are all the same here, best or worst of all. */
const BEST_UNCOUNTED = MAX_LEVEL;
const WORST_UNCOUNTED = 1;

export class CpuRanking {
  readonly #choice: Choice;
  /** CPUs `first` to `last` have a place; of these, the ones of `members` take part. */
  readonly #first: number;
  readonly #last: number;
  /** 32 CPUs a word; undefined: all. */
  readonly #members: Int32Array | undefined;
  readonly #sets: LevelSets;
  /** The change that is to be taken up next. */
  #upTo: number;

  constructor(
    choice: Choice,
    { first, last, members }: { first: number; last: number; members: Int32Array | undefined },
    log: ChangeLog,
    figures: CpuFigures,
  ) {
    this.#choice = choice;
    this.#first = first;
    this.#last = last;
    this.#members = members;
    this.#sets = new LevelSets(last - first + 1);
    this.#upTo = log.position;
    this.#settleAll(figures);
    log.takenUpTo(this.#upTo);
  }

  get places(): number {
    return this.#last - this.#first + 1;
  }

  get byteLength(): number {
    return this.#sets.byteLength;
  }

  /**
   * After the changes of `log`: -1 where there is none, or {@link ASK_THE_SCAN}. The newest change is not taken up where
   * its CPU is the best by itself: often a vector is given back and the next one taken on the same CPU, and the sets
   * need never know.
   */
  best(log: ChangeLog, figures: CpuFigures): number {
    const newest = log.position - 1;
    let at = this.#upTo;
    if (!log.reachesBackTo(at)) {
      this.#settleAll(figures);
      at = newest + 1;
    }
    for (; at < newest; at++) this.#settle(log.at(at), figures);
    if (at === newest) {
      const cpu = log.at(at);
      const level = this.#levelOf(cpu, figures);
      if (level > this.#sets.top()) {
        this.#upTo = at;
        return this.#isUncounted(level) ? ASK_THE_SCAN : cpu;
      }
      this.#settle(cpu, figures);
      at++;
    }
    this.#upTo = at;
    log.takenUpTo(at);
    const level = this.#sets.top();
    if (level === NO_LEVEL) return NO_CPU;
    return this.#isUncounted(level) ? ASK_THE_SCAN : this.#cpuAt(this.#sets.lowestOf(level));
  }

  /** The figures of `cpu` may have changed. */
  #settle(cpu: number, figures: CpuFigures): void {
    if (cpu >= this.#first && cpu <= this.#last)
      this.#sets.put(this.#placeOf(cpu), this.#levelOf(cpu, figures));
  }

  #settleAll(figures: CpuFigures): void {
    for (let cpu = this.#first; cpu <= this.#last; cpu++) this.#settle(cpu, figures);
  }

  /** A tie goes to the lowest place: the lowest CPU, or the highest (H-BEST-MANAGED). */
  #placeOf(cpu: number): number {
    return this.#choice === FEWEST_MANAGED ? this.#last - cpu : cpu - this.#first;
  }

  #cpuAt(place: number): number {
    return this.#choice === FEWEST_MANAGED ? this.#last - place : this.#first + place;
  }

  #levelOf(cpu: number, { available, managedAllocated, online }: CpuFigures): number {
    if (!this.#has(cpu) || online[cpu] === 0) return NO_LEVEL;
    if (this.#choice === MOST_AVAILABLE) {
      const count = available[cpu] ?? 0;
      return count < BEST_UNCOUNTED ? count : BEST_UNCOUNTED;
    }
    if (this.#choice === LOWEST) return 1;
    const count = managedAllocated[cpu] ?? 0;
    return count < MAX_LEVEL - WORST_UNCOUNTED ? MAX_LEVEL - count : WORST_UNCOUNTED;
  }

  #has(cpu: number): boolean {
    const members = this.#members;
    if (members === undefined) return true;
    return cpu >= this.#first && cpu <= this.#last && (((members[cpu >>> 5] ?? 0) >>> (cpu & 31)) & 1) === 1;
  }

  #isUncounted(level: number): boolean {
    if (this.#choice === MOST_AVAILABLE) return level === BEST_UNCOUNTED;
    return this.#choice === FEWEST_MANAGED && level === WORST_UNCOUNTED;
  }
}
