/**
 * The target CPU without a linear scan: the answer of best-cpu-scan.ts, tie-breaks included. The kernel scans; this is
 * only faster. Counters that have gone below zero where they would win are scanned here too.
 *
 * All of it follows from the matrix's words: a copy of a matrix starts without, and builds it when asked.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import { NO_CPU } from './best-cpu-scan.ts';
import {
  ASK_THE_SCAN,
  type Choice,
  FEWEST_MANAGED,
  LOWEST,
  MOST_AVAILABLE,
  type RankedFigures,
} from './cpu-ranking.ts';
import { FEW, FewCpus } from './few-cpus.ts';
import { ManyCpus } from './many-cpus.ts';
import { lowestBit } from './matrix-layout.ts';

/** As best-cpu-scan.ts does it, by the words of the mask: the same answer for any counters. */
function scanWords(choice: Choice, mask: CpuSet, figures: RankedFigures): number {
  const { available, managedAllocated, online } = figures;
  const end = Math.min(Math.ceil(online.length / 32), mask.wordCount);
  let best = NO_CPU;
  let most = 0;
  let fewest = Number.POSITIVE_INFINITY;
  for (let at = 0; at < end; at++) {
    for (let word = mask.wordAt(at); word !== 0; word &= word - 1) {
      const cpu = at * 32 + lowestBit(word);
      if (online[cpu] !== 1) continue;
      if (choice === LOWEST) return cpu;
      if (choice === MOST_AVAILABLE) {
        const count = available[cpu] ?? 0;
        if (count <= most) continue;
        most = count;
      } else {
        const count = managedAllocated[cpu] ?? 0;
        if (count > fewest) continue;
        fewest = count;
      }
      best = cpu;
    }
  }
  return best;
}

export class BestCpu {
  readonly #figures: RankedFigures;
  /** Of a machine of few CPUs, by `available`; one of the two is there. */
  readonly few: FewCpus | undefined;
  readonly many: ManyCpus | undefined;
  /** Of a machine of few CPUs, by `managedAllocated`: made when it is first asked. */
  #byManaged: FewCpus | undefined;

  /** @param asMany rankings for any machine and any mask */
  constructor(figures: RankedFigures, asMany = false) {
    this.#figures = figures;
    if (asMany || figures.online.length > FEW) this.many = new ManyCpus(figures, asMany ? 0 : undefined);
    else this.few = this.#setsBy(MOST_AVAILABLE);
  }

  get byteLength(): number {
    return (this.many?.byteLength ?? 0) + (this.few?.byteLength ?? 0) + (this.#byManaged?.byteLength ?? 0);
  }

  /** `available` of `cpu`, which is online, was `from` and is `to`. One more or one less can be told {@link few}. */
  availableMoved(cpu: number, from: number, to: number): void {
    if (this.few !== undefined) this.few.moved(cpu, this.few.levelOf(from), this.few.levelOf(to));
    else if (from !== to) this.many?.availableMoved(cpu, from, to);
  }

  /** `managedAllocated` of `cpu`, which is online, was `from` and is `to`. */
  managedMoved(cpu: number, from: number, to: number): void {
    const managed = this.#byManaged;
    managed?.moved(cpu, managed.levelOf(from), managed.levelOf(to));
    this.many?.changed(cpu);
  }

  /** Whether `cpu` is online changed. */
  cameOrWent(cpu: number): void {
    const { available, managedAllocated, online } = this.#figures;
    const step = online[cpu] === 0 ? 'went' : 'came';
    this.few?.[step](cpu, this.few.levelOf(available[cpu] ?? 0));
    const managed = this.#byManaged;
    managed?.[step](cpu, managed.levelOf(managedAllocated[cpu] ?? 0));
    this.many?.cameOrWent(cpu);
  }

  /** The CPU that the scan finds; -1 where it finds none. */
  best(choice: Choice, mask: CpuSet): number {
    const cpu = this.many === undefined ? this.#ofFew(choice, mask) : this.many.best(choice, mask);
    return cpu === ASK_THE_SCAN ? scanWords(choice, mask, this.#figures) : cpu;
  }

  #ofFew(choice: Choice, mask: CpuSet): number {
    if (choice === MOST_AVAILABLE) return this.few?.best(mask) ?? ASK_THE_SCAN;
    if (choice === LOWEST) return ASK_THE_SCAN;
    this.#byManaged ??= this.#setsBy(FEWEST_MANAGED);
    return this.#byManaged.best(mask);
  }

  #setsBy(choice: typeof MOST_AVAILABLE | typeof FEWEST_MANAGED): FewCpus {
    const sets = new FewCpus(choice);
    const { available, managedAllocated, online } = this.#figures;
    const counts = choice === MOST_AVAILABLE ? available : managedAllocated;
    for (let cpu = 0; cpu < online.length; cpu++) {
      if (online[cpu] !== 0) sets.came(cpu, sets.levelOf(counts[cpu] ?? 0));
    }
    return sets;
  }
}
