/** balance and spread: as much of something on every CPU. */
import type { Board } from './board.ts';
import type { Rates } from './goal.ts';
import { levelOut } from './level.ts';
import type { Left, Movable } from './movable.ts';
import type { Loads, Outcome } from './outcome.ts';
import { pinned } from './pinned.ts';

/** A CPU this far above the mean is taken as balanced. */
const TOLERANCE = 0.05;
/** Of the mean: a move that lowers the fuller CPU by less is not worth its disturbance. */
const LEAST_GAIN = 0.005;

/** By what was delivered: interrupts that cannot be moved count where they are. */
export function balanceByRates(board: Board, rates: Rates): Outcome {
  const start = new Float64Array(board.room.length);
  for (const state of board.machine.irqs) {
    const at = board.settled.placeOf(state);
    if (at !== undefined) start[at] = (start[at] ?? 0) + (rates.deliveries.get(state.irq) ?? 0);
  }
  const mean = meanOf(board, start);
  if (mean === 0) {
    const notes = ['no interrupt was delivered to these CPUs in the interval: nothing to balance by'];
    return { wanted: [], left: [], notes };
  }
  const outcome = level(board, start, 'deliveries', {
    weightOf: ({ irq }) => rates.deliveries.get(irq) ?? 0,
    uniform: false,
    words: (load) => `carried ${Math.round((100 * load) / mean)} % of the mean`,
    enough: mean * (1 + TOLERANCE),
    gain: mean * LEAST_GAIN,
  });
  return { ...outcome, notes: [...outcome.notes, ...whyUneven(board, outcome, rates, mean)] };
}

/** By what CPUs have left (`room`), or by what is in use on them (`use`). */
export function balanceByVectors(board: Board, count: 'room' | 'use'): Outcome {
  const start = new Float64Array(board.room.length);
  const { use, likelyRoom: room } = board.settled;
  const most = room.reduce((max, left) => Math.max(max, left), 0);
  for (const cpu of board.online) start[cpu] = count === 'use' ? (use[cpu] ?? 0) : most - (room[cpu] ?? 0);
  const least = [...board.targets].reduce(
    (min, cpu) => Math.min(min, start[cpu] ?? 0),
    Number.POSITIVE_INFINITY,
  );
  const words = (load: number): string =>
    count === 'use' ? `has ${load} vectors in use` : `has ${Math.floor(most - load)} vectors left`;
  return level(board, start, 'vectors', {
    weightOf: () => 1,
    uniform: true,
    words,
    enough: least + 1,
    gain: 1,
  });
}

interface Scale {
  weightOf(moving: Movable): number;
  readonly uniform: boolean;
  /** What a load is, after the name of its CPU. */
  words(load: number): string;
  readonly enough: number;
  readonly gain: number;
}

function level(board: Board, start: Float64Array, unit: Loads['unit'], scale: Scale): Outcome {
  const hinted = board.movable.filter(({ exactly }) => exactly !== undefined);
  const after = levelOut(board, {
    start,
    ...scale,
    // A mask of several CPUs leaves the choice to the kernel: there is nothing to level with.
    weightOf: (moving) => (moving.exactly === undefined ? scale.weightOf(moving) : 0),
    allowed: (moving) => board.local(moving),
  });
  const wanted = board.moved().map((moving) => {
    const to = board.placeOf(moving);
    const reason = `CPU ${moving.from} ${scale.words(start[moving.from] ?? 0)}, CPU ${to} ${scale.words(start[to] ?? 0)}`;
    return pinned(moving, to, reason);
  });
  const left = hinted.map(
    ({ irq, state, exactly }): Left => ({
      irq,
      state,
      why: 'hint',
      text: `its affinity_hint ${exactly} decides`,
    }),
  );
  return { wanted, left, loads: { unit, before: start, after }, notes: [] };
}

function meanOf(board: Board, loads: Float64Array): number {
  const cpus = [...board.targets];
  return cpus.reduce((sum, cpu) => sum + (loads[cpu] ?? 0), 0) / Math.max(1, cpus.length);
}

/** The fullest CPU, where it stays fuller than wanted, and what keeps it so. */
function whyUneven(board: Board, { loads }: Outcome, rates: Rates, mean: number): string[] {
  if (loads === undefined) return [];
  const top = [...board.targets].reduce(
    (best, cpu) => ((loads.after[cpu] ?? 0) > (loads.after[best] ?? -1) ? cpu : best),
    -1,
  );
  const load = loads.after[top] ?? 0;
  if (load <= mean * (1 + TOLERANCE)) return [];
  const movable = board.movable.filter(
    (moving) => board.placeOf(moving) === top && moving.exactly === undefined,
  );
  const weights = movable.map(({ irq }) => rates.deliveries.get(irq) ?? 0);
  const fixed = load - weights.reduce((sum, weight) => sum + weight, 0);
  const heaviest = Math.max(0, ...weights);
  const percent = (part: number): string => `${Math.round((100 * part) / mean)} %`;
  const why =
    fixed > mean
      ? `${percent(fixed)} of it by interrupts that cannot be moved`
      : heaviest > mean
        ? `${percent(heaviest)} of it by one interrupt`
        : 'no move or exchange lowers it';
  return [`CPU ${top} keeps ${percent(load)} of the mean: ${why}`];
}
