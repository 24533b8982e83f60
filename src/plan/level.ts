/**
 * Levels what CPUs carry by moves that each lower the fuller of two CPUs. It begins where the machine is and ends
 * where no such move is left, so that what was levelled once is left as it is.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import type { Board } from './board.ts';
import type { Movable } from './movable.ts';

export interface Load {
  /** Per CPU: what it carries, the movable interrupts included. */
  readonly start: Float64Array;
  weightOf(moving: Movable): number;
  /** All weights are the same, or 0: there is nothing to exchange. */
  readonly uniform: boolean;
  allowed(moving: Movable): CpuSet;
  /** A CPU at or below this is left in peace. */
  readonly enough: number;
  /** What a move must lower the fuller of its two CPUs by. */
  readonly gain: number;
}

/** Of the CPUs with the least load, so many are looked at for an exchange. */
const PARTNERS = 16;

/** What does not change of one while it is moved about: asked for often. */
interface Held {
  readonly moving: Movable;
  readonly weight: number;
  readonly allowed: CpuSet;
}

interface Step {
  readonly held: Held;
  readonly to: number;
  /** What comes back in exchange. */
  readonly back: Held | undefined;
  /** The fuller of the two afterwards. */
  readonly level: number;
}

/** Moves interrupts on the board; what the CPUs carry in the end. */
export function levelOut(board: Board, load: Load): Float64Array {
  const loads = Float64Array.from(load.start);
  const on = new Map<number, Held[]>();
  const put = (held: Held, cpu: number): void => {
    const here = on.get(cpu);
    if (here === undefined) on.set(cpu, [held]);
    else here.push(held);
  };
  for (const moving of board.movable) {
    const cpu = board.placeOf(moving);
    const weight = load.weightOf(moving);
    if (board.targets.has(cpu) && weight > 0) put({ moving, weight, allowed: load.allowed(moving) }, cpu);
  }
  const shift = (held: Held, from: number, to: number): void => {
    loads[from] = (loads[from] ?? 0) - held.weight;
    loads[to] = (loads[to] ?? 0) + held.weight;
    const here = on.get(from) ?? [];
    here.splice(here.indexOf(held), 1);
    put(held, to);
    board.moveTo(held.moving, to);
  };
  // Those from which nothing could be taken. A later step may change that: they are asked again until nobody moves.
  const stuck = new Set<number>();
  let moved = false;
  const targets = board.listOf(board.targets);
  for (;;) {
    const cpu = fullest(targets, loads, load.enough, stuck);
    if (cpu === undefined) {
      if (!moved) return loads;
      stuck.clear();
      moved = false;
      continue;
    }
    const here = on.get(cpu) ?? [];
    const step =
      bestMove(board, load, loads, cpu, here) ??
      (load.uniform ? undefined : bestExchange(board, load, loads, cpu, here, on));
    if (step === undefined) {
      stuck.add(cpu);
      continue;
    }
    shift(step.held, cpu, step.to);
    if (step.back !== undefined) shift(step.back, step.to, cpu);
    moved = true;
  }
}

function fullest(
  targets: readonly number[],
  loads: Float64Array,
  enough: number,
  stuck: ReadonlySet<number>,
): number | undefined {
  let found: number | undefined;
  let most = enough;
  for (const cpu of targets) {
    const carried = loads[cpu] ?? 0;
    if (carried > most && !stuck.has(cpu)) [found, most] = [cpu, carried];
  }
  return found;
}

/** Each interrupt to the CPU with the least load that can take it; the one that leaves the fuller of both lowest. */
function bestMove(
  board: Board,
  load: Load,
  loads: Float64Array,
  from: number,
  here: readonly Held[],
): Step | undefined {
  const carried = loads[from] ?? 0;
  const emptiest = new Map<CpuSet, number | undefined>();
  let best: Step | undefined;
  // One after another with the same weight and the same CPUs to go to has the same to offer.
  let last: Held | undefined;
  for (const held of here) {
    const { moving, weight, allowed } = held;
    const seenBefore =
      last !== undefined &&
      last.weight === weight &&
      last.allowed === allowed &&
      last.moving.from === moving.from;
    last = held;
    if (seenBefore) continue;
    if (!emptiest.has(allowed)) emptiest.set(allowed, emptiestOf(board, loads, allowed, from));
    // It may always go back to where it is.
    const home = moving.from !== from && board.targets.has(moving.from) ? moving.from : undefined;
    for (const to of [home, emptiest.get(allowed)]) {
      if (to === undefined) continue;
      const level = Math.max(carried - weight, (loads[to] ?? 0) + weight);
      if (level > carried - load.gain || (best !== undefined && level >= best.level)) continue;
      best = { held, to, back: undefined, level };
    }
  }
  return best;
}

function emptiestOf(board: Board, loads: Float64Array, allowed: CpuSet, from: number): number | undefined {
  let found: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const cpu of board.listOf(allowed)) {
    const carried = loads[cpu] ?? 0;
    if (carried < least && cpu !== from && board.free(cpu) > 0) [found, least] = [cpu, carried];
  }
  return found;
}

/** A heavier one against a lighter one. */
function bestExchange(
  board: Board,
  load: Load,
  loads: Float64Array,
  from: number,
  here: readonly Held[],
  on: ReadonlyMap<number, readonly Held[]>,
): Step | undefined {
  const carried = loads[from] ?? 0;
  const partners = new Map<CpuSet, readonly number[]>();
  let best: Step | undefined;
  const most = carried - load.gain;
  for (const held of here) {
    const { allowed } = held;
    const known = partners.get(allowed);
    const cpus = known ?? partnersOf(board, loads, allowed, from);
    if (known === undefined) partners.set(allowed, cpus);
    for (const to of cpus) {
      const there = loads[to] ?? 0;
      for (const back of on.get(to) ?? []) {
        const less = held.weight - back.weight;
        if (less <= 0) continue;
        const level = Math.max(carried - less, there + less);
        if (level > most || (best !== undefined && level >= best.level)) continue;
        const { moving } = back;
        if (!board.canTake(moving, from) || (moving.from !== from && !back.allowed.has(from))) continue;
        best = { held, to, back, level };
      }
    }
  }
  return best;
}

function partnersOf(board: Board, loads: Float64Array, allowed: CpuSet, from: number): number[] {
  return board
    .listOf(allowed)
    .filter((cpu) => cpu !== from && board.free(cpu) > 0 && (loads[cpu] ?? 0) < (loads[from] ?? 0))
    .sort((a, b) => (loads[a] ?? 0) - (loads[b] ?? 0) || a - b)
    .slice(0, PARTNERS);
}
