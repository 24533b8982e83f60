/** headroom N: that many vectors left on every CPU. */
import { plural } from '../base/plural.ts';
import type { Board } from './board.ts';
import { roomOf } from './goal-isolate.ts';
import type { Movable } from './movable.ts';
import type { Outcome, Shortage } from './outcome.ts';
import { pinned } from './pinned.ts';
import { placeAll } from './place.ts';

export function makeHeadroom(board: Board, vectors: number): Outcome {
  const plan = leaversFor(board, vectors);
  const homeless =
    plan === undefined
      ? undefined
      : placeAll(board, plan, {
          allowed: (moving) => board.allowed(moving),
          preferred: (moving) => board.local(moving),
          reserve: vectors,
        });
  if (homeless?.length !== 0) return { wanted: [], left: [], notes: [], ...shortageOf(board, vectors) };
  const wanted = board.moved().map((moving) => {
    const room = Math.max(0, board.settled.room[moving.from] ?? 0);
    return pinned(
      moving,
      board.placeOf(moving),
      `CPU ${moving.from} has ${room} vectors left, ${vectors} are wanted`,
    );
  });
  return { wanted, left: [], notes: [] };
}

/** Who has to leave; undefined where a CPU has too few that can. */
function leaversFor(board: Board, vectors: number): Movable[] | undefined {
  const leavers: Movable[] = [];
  const on = movableByCpu(board);
  for (const cpu of board.targets) {
    const missing = vectors - (board.settled.room[cpu] ?? 0);
    if (missing <= 0) continue;
    const here = on.get(cpu) ?? [];
    if (here.length < missing) return undefined;
    // The last ones that came are the last ones that were asked for.
    leavers.push(...here.slice(here.length - missing));
  }
  return leavers.sort((a, b) => a.irq - b.irq);
}

function movableByCpu(board: Board): Map<number, Movable[]> {
  const on = new Map<number, Movable[]>();
  for (const moving of board.movable) {
    if (moving.exactly !== undefined) continue;
    const here = on.get(moving.from);
    if (here === undefined) on.set(moving.from, [moving]);
    else here.push(moving);
  }
  return on;
}

/** Neither its total nor any one CPU allows more. */
function mostHeadroom(board: Board): { most: number; limit: number | undefined } {
  const on = movableByCpu(board);
  const total = roomOf(board, board.targets).min;
  let most = Math.floor(total / Math.max(1, board.targets.size));
  let limit: number | undefined;
  for (const cpu of board.targets) {
    const own = (board.settled.room[cpu] ?? 0) + (on.get(cpu)?.length ?? 0);
    if (own < most) [most, limit] = [own, cpu];
  }
  return { most, limit };
}

function shortageOf(board: Board, vectors: number): Pick<Outcome, 'shortage' | 'undecided'> {
  const available = roomOf(board, board.targets);
  const needed = vectors * board.targets.size;
  const { most, limit } = mostHeadroom(board);
  const why =
    limit === undefined
      ? `${board.targets.size} CPUs with ${vectors} each are ${needed} vectors, and ${available.min} are left in all`
      : `CPU ${limit} comes to ${most} at most: all else there cannot be moved`;
  const shortage: Shortage = {
    text: `${plural(vectors, 'vector')} cannot be left on every one of CPU ${board.targets}: ${why}`,
    needed,
    available,
    cpus: board.targets,
    remedies: [`headroom ${most} is the most that fits`],
  };
  return { shortage, undecided: limit === undefined && needed <= available.max && needed > available.min };
}
