/** isolate and drain: interrupts leave CPUs. */

import { CpuSet } from '../base/cpu-set.ts';
import { plural } from '../base/plural.ts';
import { range } from '../base/range.ts';
import type { Board } from './board.ts';
import type { Movable } from './movable.ts';
import type { Outcome, Shortage, Wanted } from './outcome.ts';
import { pinned, sentWithin } from './pinned.ts';
import { placeAll } from './place.ts';

export interface Leaving {
  readonly cpus: CpuSet;
  /** `to be isolated`, `to go offline`. */
  readonly why: string;
  /** Masks of interrupts elsewhere lose these CPUs too. */
  readonly narrows: boolean;
  readonly wide: boolean;
}

/** The board's targets are without the CPUs that are left. */
export function leaveCpus(board: Board, { cpus, why, narrows, wide }: Leaving): Outcome {
  const leaving = board.movable.filter(({ from }) => cpus.has(from)).sort(fewestChoicesFirst(board));
  const homeless = placeAll(board, leaving, {
    allowed: (moving) => board.allowed(moving),
    preferred: (moving) => board.local(moving),
  });
  if (homeless.length > 0) return tooMany(board, cpus, leaving, homeless);
  const wanted: Wanted[] = [];
  for (const moving of board.movable) {
    const to = board.placeOf(moving);
    if (to !== moving.from) {
      const reason = `CPU ${moving.from} is ${why}`;
      wanted.push(wide ? sentWithin(moving, board.allowed(moving), to, reason) : pinned(moving, to, reason));
    } else if (narrows && moving.mask.intersects(cpus) && !cpus.has(moving.from)) {
      const mask = moving.exactly?.has(moving.from) === true ? moving.exactly : narrowed(moving, cpus);
      const reason = `its mask allows CPU ${moving.mask.and(cpus)}, which is ${why}; it stays on CPU ${moving.from}`;
      wanted.push({ moving, mask, to, reason });
    }
  }
  return { wanted, left: [], notes: [] };
}

/** One that found its mask full when it was requested is outside of it, and stays there too. */
function narrowed({ mask, from }: Movable, cpus: CpuSet): CpuSet {
  const left = mask.andNot(cpus);
  return left.has(from) ? left : left.clone().add(from);
}

/** Those with a hint first: the others can go where they cannot. */
function fewestChoicesFirst(board: Board): (a: Movable, b: Movable) => number {
  return (a, b) => board.allowed(a).size - board.allowed(b).size || a.irq - b.irq;
}

function tooMany(
  board: Board,
  cpus: CpuSet,
  leaving: readonly Movable[],
  homeless: readonly Movable[],
): Outcome {
  const needed = leaving.length;
  const available = roomOf(board, board.targets);
  const missing = homeless.length;
  const hinted = missing - Math.max(0, needed - available.min);
  const undecided = needed <= available.max && hinted <= 0;
  const facts = `${plural(needed, 'vector')} ${needed === 1 ? 'has' : 'have'} to leave CPU ${cpus}, and CPU ${board.targets} has ${formatRoom(available)} left`;
  const shortage: Shortage = {
    text: undecided ? facts : `${facts}: ${missing} too many`,
    needed,
    available,
    cpus: board.targets,
    remedies: [
      ...(undecided ? [DEBUGFS_WOULD_TELL] : []),
      ...keepSome(board, cpus, leaving),
      `${plural(missing, 'fewer interrupt')} on CPU ${cpus}: fewer queues, or drivers unbound`,
      ...(hinted > 0
        ? [`--hints ignore: ${hinted} of them find no vector only because of their affinity_hint`]
        : []),
    ],
  };
  return { wanted: [], left: [], shortage, undecided, notes: [] };
}

/** What would decide it. */
const DEBUGFS_WOULD_TELL =
  'the exact figures, from sys/kernel/debug/irq (CONFIG_GENERIC_IRQ_DEBUGFS, as root)';

function formatRoom({ min, max }: { min: number; max: number }): string {
  return min === max ? `${min}` : `between ${min} and ${max}`;
}

export function roomOf(board: Board, cpus: CpuSet): { min: number; max: number } {
  let [min, max] = [0, 0];
  for (const cpu of cpus) {
    min += board.room[cpu] ?? 0;
    max += board.roomAtBest[cpu] ?? 0;
  }
  return range(min, max);
}

/** The fewest CPUs that would have to be kept: those that hold and can take the most. */
function keepSome(board: Board, cpus: CpuSet, leaving: readonly Movable[]): string[] {
  const held = new Map<number, number>();
  for (const { from } of leaving) held.set(from, (held.get(from) ?? 0) + 1);
  const isolated = board.machine.isolated ?? new CpuSet();
  const worth = (cpu: number): number => (held.get(cpu) ?? 0) + (board.room[cpu] ?? 0);
  const candidates = [...cpus]
    .filter((cpu) => board.online.has(cpu) && !isolated.has(cpu))
    .sort((a, b) => worth(b) - worth(a) || a - b);
  let needed = leaving.length;
  let room = roomOf(board, board.targets).min;
  const kept = new CpuSet();
  for (const cpu of candidates) {
    if (needed <= room) break;
    kept.add(cpu);
    needed -= held.get(cpu) ?? 0;
    room += board.room[cpu] ?? 0;
  }
  if (needed > room || kept.isEmpty) return [];
  const what = kept.size === 1 ? 'one CPU' : `${kept.size} CPUs`;
  return [`keep ${what} of them for interrupts, e.g. CPU ${kept}: then ${needed} have to leave, for ${room}`];
}
