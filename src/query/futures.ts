/** What may become of a machine, change by change: a step that cannot be decided makes two futures of one. */
import { CpuSet } from '../base/cpu-set.ts';
import { exactly, type Range, range } from '../base/range.ts';
import type { Fits, FitsChangeAnswer, FitsStep } from '../format/fits.ts';
import type { CapacityCheck } from '../model/hotplug-bounds.ts';
import type { Kernel } from '../model/kernel.ts';
import type { MachineState } from '../model/machine-state.ts';
import { type Migration, WhatIf } from '../model/what-if.ts';
import type { Outcome } from './changes/outcome.ts';

/** More than these are not followed. */
const MAX_FUTURES = 16;

interface Step {
  readonly check: CapacityCheck;
  readonly migration: Migration;
}

/** What came of a change in all futures that are followed; moves and lines are those of a likely one. */
export interface Changed extends Pick<Outcome, 'refused' | 'open' | 'stays' | 'messages' | 'onTheirWay'> {
  readonly fits: boolean | null;
  /** The same came of it whatever the machine is, within its bounds. */
  readonly isSure: boolean;
  readonly moves: FitsChangeAnswer['moves'];
  readonly leastLeft: FitsChangeAnswer['leastLeft'];
  readonly interrupts: FitsChangeAnswer['interrupts'];
}

export class Futures {
  /** None where nothing can be computed with the counters. */
  readonly #followed: WhatIf[];
  readonly #onlineNow: CpuSet;
  /** False: there are others, in which it may go otherwise. Nothing is decided from then on. */
  #all: boolean;

  /** @param changes others than CPUs that go will be asked */
  constructor(machine: MachineState, changes = false) {
    this.#followed = machine.uncountable === undefined ? [WhatIf.of(machine, changes)] : [];
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
    if (this.#followed.length === 0) return !this.#onlineNow.has(cpu);
    return this.#all && !this.#followed.some(({ online }) => online.has(cpu));
  }

  /** It is online in every future. */
  isOnline(cpu: number): boolean {
    return this.#followed.length > 0
      ? this.#followed.every(({ online }) => online.has(cpu))
      : this.#onlineNow.has(cpu);
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

  /** Whether a driver may have moved interrupts otherwise than in these. */
  get hasRaces(): boolean {
    return this.#followed.some(({ hasRaces }) => hasRaces);
  }

  /** Another change than CPUs that go, in every future; undefined where none can be computed. */
  change(act: (kernel: Kernel) => Outcome): Changed | undefined {
    const all = this.#followed.map((future) => changeIn(future, act));
    const [first] = all;
    if (first === undefined) return undefined;
    const known = this.#all;
    if (all.some(({ isSure }) => !isSure)) this.#all = false;
    const verdicts = new Set(all.map(({ fits }) => fits));
    const got = all.flatMap(({ interrupts }) => (interrupts === undefined ? [] : [interrupts]));
    return {
      ...first,
      fits: known && verdicts.size === 1 ? first.fits : null,
      leastLeft: first.leastLeft && {
        cpu: first.leastLeft.cpu,
        available: hull(all.flatMap(({ leastLeft }) => leastLeft?.available ?? [])),
      },
      interrupts: first.interrupts && { wanted: first.interrupts.wanted, got: hull(got.map((i) => i.got)) },
    };
  }

  /** A future is changed in place; only a split needs a copy. */
  #stepIn(future: WhatIf, change: FitsStep['change'], cpu: number): Step {
    // An earlier change took it down in this future already.
    if (!future.online.has(cpu)) return { check: NOTHING_TO_CHECK, migration: NOTHING_MOVES };
    const check = future.check(cpu);
    const freezes = change === 'suspend' || change === 'hibernate';
    if (check.fits === false) {
      if (!freezes) future.redeal();
      return { check, migration: NOTHING_MOVES };
    }
    if (check.fits === undefined && this.#all) {
      if (this.#followed.length < MAX_FUTURES) this.#followed.push(future.clone());
      else this.#all = false;
    }
    return { check, migration: future.takeDown(cpu, freezes) };
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

function changeIn(future: WhatIf, act: (kernel: Kernel) => Outcome): Changed {
  const { likely, fewest, most, hasBounds } = future.change((kernel) => {
    const before = placesOf(kernel);
    const outcome = act(kernel);
    return { outcome, before, after: placesOf(kernel), left: leastLeft(kernel, outcome.onTheirWay) };
  });
  const all = [likely, fewest, most].flatMap((one) => one ?? []);
  const verdicts = new Set(all.map(({ outcome }) => outcome.refused.length === 0));
  const fits = likely.outcome.refused.length === 0;
  // That the likely one and a poorer one refuse says nothing of a richer one.
  const isKnown = verdicts.size === 1 && (fits || most !== undefined || !hasBounds);
  const agreed = isKnown ? fits : null;
  // The reason of a refusal, where the likely kernel has none.
  const refused = all.find(({ outcome }) => outcome.refused.length > 0)?.outcome.refused ?? [];
  const { open, stays, messages, interrupts, onTheirWay } = likely.outcome;
  return {
    ...(onTheirWay === undefined ? {} : { onTheirWay }),
    fits: agreed === true && open.length > 0 ? null : agreed,
    isSure: isKnown && open.length === 0 && sameOutcome(all.map(({ outcome }) => outcome)),
    refused,
    open,
    stays,
    messages,
    moves: movesBetween(likely.before, likely.after).flatMap(({ irq, from, to }) => {
      const named = future.nameOf(irq);
      return named === undefined ? [] : [{ irq: named, from, to }];
    }),
    leastLeft: likely.left && {
      cpu: likely.left.cpu,
      available: hull(all.flatMap(({ left }) => left?.available ?? [])),
    },
    interrupts: interrupts && {
      wanted: interrupts.wanted,
      // How many a device gets that is refused some depends on where each of them lands: not bounded by these kernels.
      got: hasBounds && agreed !== true ? range(0, interrupts.wanted) : exactly(interrupts.got),
    },
  };
}

function sameOutcome(outcomes: readonly Outcome[]): boolean {
  const told = outcomes.map(({ refused, interrupts }) => JSON.stringify([refused, interrupts?.got]));
  return new Set(told).size === 1;
}

/** The CPU of each interrupt that has a vector. */
function placesOf(kernel: Kernel): Map<number, number> {
  const places = new Map<number, number>();
  for (const { irq, data } of kernel.descs())
    if (data !== undefined && data.vector !== 0) places.set(irq, data.cpu);
  return places;
}

interface Place {
  readonly irq: number;
  readonly from: number | null;
  readonly to: number | null;
}

function movesBetween(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): Place[] {
  const irqs = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
  return irqs.flatMap((irq) => {
    const from = before.get(irq) ?? null;
    const to = after.get(irq) ?? null;
    return from === to ? [] : [{ irq, from, to }];
  });
}

/** Of what still waits to move it is not known what has moved, nor what was left behind, when somebody looks. */
function leastLeft(
  kernel: Kernel,
  onTheirWay: Outcome['onTheirWay'] = [],
): { cpu: number; available: Range } | undefined {
  const coming = new Map<number, number>();
  const going = new Map<number, number>();
  const add = (to: Map<number, number>, cpu: number): void => void to.set(cpu, (to.get(cpu) ?? 0) + 1);
  for (const { irq, mask } of onTheirWay) {
    const from = kernel.desc(irq)?.data?.cpu;
    if (from === undefined || mask.has(from)) continue;
    add(going, from);
    for (const cpu of mask) add(coming, cpu);
  }
  let least: { cpu: number; available: Range } | undefined;
  for (const cpu of kernel.online) {
    const now = kernel.matrix.maps.available[cpu] ?? 0;
    const available = range(Math.max(0, now - (coming.get(cpu) ?? 0)), now + (going.get(cpu) ?? 0));
    if (least === undefined || available.min < least.available.min) least = { cpu, available };
  }
  return least;
}
