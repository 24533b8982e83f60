/** What may become of a machine, change by change: a step that cannot be decided makes two futures of one. */
import { CpuSet } from '../base/cpu-set.ts';
import { exactly, type Range, range } from '../base/range.ts';
import type { Fits, FitsStep } from '../format/fits.ts';
import type { CapacityCheck } from '../model/hotplug-bounds.ts';
import type { MachineState } from '../model/machine-state.ts';
import { type Migration, WhatIf } from '../model/what-if.ts';

/** More than these are not followed. */
const MAX_FUTURES = 16;

interface Outcome {
  readonly check: CapacityCheck;
  readonly migration: Migration;
}

export class Futures {
  /** None where nothing can be computed with the counters. */
  readonly #followed: WhatIf[];
  readonly #onlineNow: CpuSet;
  /** False: there are others, in which it may go otherwise. Nothing is decided from then on. */
  #all: boolean;

  constructor(machine: MachineState) {
    this.#followed = machine.uncountable === undefined ? [WhatIf.of(machine)] : [];
    this.#onlineNow = CpuSet.from(machine.cpus.filter((cpu) => cpu.online).map(({ cpu }) => cpu));
    this.#all = machine.uncountable === undefined;
  }

  /** Every CPU that may be online. */
  get online(): CpuSet {
    if (this.#followed.length === 0) return this.#onlineNow;
    return this.#followed.reduce((all, { online }) => all.or(online), new CpuSet());
  }

  /** Every CPU that may be offline, is. */
  isOffline(cpu: number): boolean {
    return this.#all && !this.#followed.some(({ online }) => online.has(cpu));
  }

  /** After a suspend that was not decided it is not known how far it came. */
  loseTrack(): void {
    this.#all = false;
  }

  /** A suspend begins. */
  freeze(): void {
    for (const future of this.#followed) future.freeze();
  }

  /** The CPUs that a suspend took down come back. */
  thaw(): void {
    for (const future of this.#followed) future.thaw();
  }

  primary(): Fits['onePrimary'] {
    if (!this.#all) return undefined;
    const figures = this.#followed.flatMap((future) => future.fitOnOne() ?? []);
    const [first] = figures;
    if (first === undefined) return undefined;
    return { cpu: first.cpu, needed: hull(figures.map((f) => f.needed)), room: first.room };
  }

  step(change: FitsStep['change'], cpu: number): FitsStep {
    const known = this.#all;
    const outcomes = this.#followed.slice().map((future) => this.#stepIn(future, change, cpu));
    if (outcomes.length === 0) outcomes.push({ check: NOTHING_KNOWN, migration: NOTHING_MOVES });
    const verdicts = new Set(outcomes.map(({ check }) => check.fits));
    const agreed = known && verdicts.size === 1 ? outcomes[0]?.check.fits : undefined;
    const message = known && outcomes.length === 1 ? outcomes[0]?.check.message : undefined;
    const { moves, broken, shutdown, stuck } = outcomes[0]?.migration ?? NOTHING_MOVES;
    return {
      change,
      cpu,
      fits: agreed ?? null,
      needed: hull(outcomes.map(({ check }) => check.needed)),
      available: hull(outcomes.map(({ check }) => check.available)),
      spare: hull(outcomes.map(({ check }) => check.spare)),
      ...(message === undefined ? {} : { message }),
      moves: moves.map(({ irq, from, to }) => ({ irq: irq ?? null, from, to })),
      broken: [...broken],
      shutdown: [...shutdown],
      stuck: [...stuck],
    };
  }

  /** A future is changed in place; only a split needs a copy. */
  #stepIn(future: WhatIf, change: FitsStep['change'], cpu: number): Outcome {
    // An earlier change took it down in this future already.
    if (!future.online.has(cpu)) return { check: NOTHING_TO_CHECK, migration: NOTHING_MOVES };
    const check = future.check(cpu);
    if (check.fits === false) return { check, migration: NOTHING_MOVES };
    if (check.fits === undefined && this.#all) {
      if (this.#followed.length < MAX_FUTURES) this.#followed.push(future.clone());
      else this.#all = false;
    }
    return { check, migration: future.takeDown(cpu, change !== 'offline') };
  }
}

const ANY_U32: Range = range(0, 2 ** 32 - 1);
const NOTHING_KNOWN: CapacityCheck = {
  fits: undefined,
  needed: ANY_U32,
  available: ANY_U32,
  spare: range(-ANY_U32.max, ANY_U32.max),
  message: undefined,
};
const NOTHING_TO_CHECK: CapacityCheck = {
  fits: true,
  needed: exactly(0),
  available: exactly(0),
  spare: exactly(0),
  message: undefined,
};
const NOTHING_MOVES: Migration = { moves: [], broken: [], shutdown: [], stuck: [] };

function hull(ranges: readonly Range[]): Range {
  return {
    min: Math.min(...ranges.map((r) => r.min)),
    max: Math.max(...ranges.map((r) => r.max)),
  };
}
