/**
 * The best CPU of a machine of many: for all CPUs, and for masks that come again, a ranking whose top is the answer.
 * Masks of few CPUs, and masks that never come again, are left to the scan.
 *
 * All of it follows from the matrix's words: a copy of a matrix starts without, and builds it when asked.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import { ChangeLog } from './change-log.ts';
import { ASK_THE_SCAN, type Choice, CpuRanking, MOST_AVAILABLE, type RankedFigures } from './cpu-ranking.ts';
import { FEW_IN_MASK, type KnownMask, MaskCache } from './mask-cache.ts';

export class ManyCpus {
  readonly #figures: RankedFigures;
  /** 32 CPUs a word. */
  readonly #online: Int32Array;
  readonly #log: ChangeLog;
  readonly #masks: MaskCache;
  // The last question and who answered it; no ranking: a scan. No mask: ask anew.
  #mask: CpuSet | undefined;
  #version = 0;
  #choice: Choice = MOST_AVAILABLE;
  #ranking: CpuRanking | undefined;
  /** The ranking that is kept up at every change: the last one that was asked. */
  #kept: CpuRanking | undefined;
  #keptChoice: Choice = MOST_AVAILABLE;
  /** There are others, which may be asked again: so many changes are noted for them, then they look at every CPU. */
  #toNote = 0;

  /** @param few masks of at most so many CPUs are scanned */
  constructor(figures: RankedFigures, few = FEW_IN_MASK) {
    const cpus = figures.online.length;
    this.#figures = figures;
    this.#online = new Int32Array(Math.ceil(cpus / 32));
    for (let cpu = 0; cpu < cpus; cpu++) if (figures.online[cpu] !== 0) this.#setOnline(cpu);
    this.#log = new ChangeLog(cpus);
    this.#masks = new MaskCache(cpus, this.#online, few, (cpu) => this.changed(cpu));
  }

  get byteLength(): number {
    return this.#online.byteLength + this.#log.byteLength + this.#masks.byteLength;
  }

  /** `available` of `cpu`, which is online, was `from` and is `to`, another one. */
  availableMoved(cpu: number, from: number, to: number): void {
    const kept = this.#kept;
    if (kept !== undefined && this.#keptChoice === MOST_AVAILABLE) kept.moved(cpu, from, to);
    if (this.#toNote > 0) this.#note(cpu);
  }

  /** Figures of `cpu` changed. */
  changed(cpu: number): void {
    if (this.#kept !== undefined) this.#kept.settle(cpu);
    if (this.#toNote > 0) this.#note(cpu);
  }

  /** So did whether it is online. */
  cameOrWent(cpu: number): void {
    if (this.#figures.online[cpu] !== 0) {
      this.#setOnline(cpu);
      this.#masks.cpuArrived();
      this.#mask = undefined;
    } else {
      this.#online[cpu >>> 5] = (this.#online[cpu >>> 5] ?? 0) & ~(1 << (cpu & 31));
    }
    this.changed(cpu);
  }

  /** As {@link best} of {@link MOST_AVAILABLE}, where it was asked last; else {@link ASK_THE_SCAN}, or {@link best}. */
  atOnce(mask: CpuSet): number {
    if (this.#mask !== mask || this.#version !== mask.version || this.#choice !== MOST_AVAILABLE) {
      return ASK_THE_SCAN;
    }
    return this.#ranking === undefined ? ASK_THE_SCAN : this.#ranking.best();
  }

  /** The CPU that the scan finds, -1 where it finds none; or {@link ASK_THE_SCAN}. */
  best(choice: Choice, mask: CpuSet): number {
    const again = this.#mask === mask && this.#version === mask.version && this.#choice === choice;
    const ranking = again ? this.#ranking : this.#look(choice, mask);
    return ranking === undefined ? ASK_THE_SCAN : ranking.best();
  }

  /** Who answers, from now on, as long as nothing else is asked. */
  #look(choice: Choice, mask: CpuSet): CpuRanking | undefined {
    const known = this.#masks.find(mask);
    this.#mask = known?.repeated === false ? undefined : mask;
    this.#version = mask.version;
    this.#choice = choice;
    this.#ranking = known === undefined ? undefined : (known.rankings[choice] ?? this.#rank(choice, known));
    if (this.#ranking !== undefined && this.#ranking !== this.#kept) this.#keep(this.#ranking);
    return this.#ranking;
  }

  /** A mask gets a ranking when it is asked for the second time. */
  #rank(choice: Choice, known: KnownMask): CpuRanking | undefined {
    if (!known.repeated) {
      known.repeated = true;
      return undefined;
    }
    const ranking = new CpuRanking(choice, known, this.#figures);
    this.#masks.addRanking(known, choice, ranking);
    return ranking;
  }

  /** `ranking` takes up what changed while another one was kept up. */
  #keep(ranking: CpuRanking): void {
    const log = this.#log;
    if (this.#kept !== undefined) {
      this.#kept.upTo = log.position;
      this.#toNote = log.length;
    }
    if (log.reachesBackTo(ranking.upTo)) {
      for (let at = ranking.upTo; at < log.position; at++) ranking.settle(log.at(at));
    } else {
      ranking.settleAll();
    }
    this.#kept = ranking;
    this.#keptChoice = this.#choice;
  }

  #note(cpu: number): void {
    if (this.#log.isFull) {
      this.#masks.dropRankings();
      this.#mask = undefined;
      this.#kept = undefined;
      this.#toNote = 0;
      this.#log.restart();
      return;
    }
    this.#log.note(cpu);
    this.#toNote--;
    if (this.#toNote === 0) this.#log.forget();
  }

  #setOnline(cpu: number): void {
    this.#online[cpu >>> 5] = (this.#online[cpu >>> 5] ?? 0) | (1 << (cpu & 31));
  }
}
