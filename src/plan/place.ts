/**
 * Finds a CPU for every interrupt that has to move. Where the CPUs of one are full, others make way along a path, so
 * that none is left without where there is a way at all: what is left over is too much, whatever the order.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import type { Board } from './board.ts';
import type { Movable } from './movable.ts';

export interface Placing {
  /** CPUs that it may go to. */
  allowed(moving: Movable): CpuSet;
  /** Of these, the ones to take while they have room. */
  preferred?(moving: Movable): CpuSet;
  /** Vectors that stay free on every CPU. */
  readonly reserve?: number;
}

/** Places them on the board; those for whom there is no room. */
export function placeAll(board: Board, moving: readonly Movable[], placing: Placing): Movable[] {
  const placed = new Map<number, Movable[]>();
  const reserve = placing.reserve ?? 0;
  const hasRoom = (cpu: number): boolean => board.free(cpu) > reserve;
  const put = (one: Movable, cpu: number): void => {
    board.moveTo(one, cpu);
    const here = placed.get(cpu);
    if (here === undefined) placed.set(cpu, [one]);
    else here.push(one);
  };
  // No way was found from these CPUs: nothing that comes later opens one.
  const hopeless = new Set<CpuSet>();
  const makeWay = (one: Movable): boolean => {
    if (hopeless.has(placing.allowed(one))) return false;
    const path = pathToRoom(one, placing, placed, hasRoom);
    if (path === undefined) {
      hopeless.add(placing.allowed(one));
      return false;
    }
    for (const { who, to } of path) {
      const before = board.placeOf(who);
      const here = placed.get(before);
      if (here?.includes(who) === true)
        placed.set(
          before,
          here.filter((other) => other !== who),
        );
      put(who, to);
    }
    return true;
  };
  return moving.filter((one) => {
    const cpu =
      roomiest(board, placing.preferred?.(one), hasRoom) ?? roomiest(board, placing.allowed(one), hasRoom);
    if (cpu === undefined) return !makeWay(one);
    put(one, cpu);
    return false;
  });
}

/** The CPU with the most room, as the kernel would choose; the lowest of several. */
function roomiest(
  board: Board,
  cpus: CpuSet | undefined,
  hasRoom: (cpu: number) => boolean,
): number | undefined {
  let found: number | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const cpu of cpus === undefined ? [] : board.listOf(cpus)) {
    const free = board.free(cpu);
    if (free > most && hasRoom(cpu)) [found, most] = [cpu, free];
  }
  return found;
}

interface Hop {
  readonly who: Movable;
  readonly to: number;
}

/** The shortest way to a CPU with room, the last hop first: whoever hops finds the vector that was left for it. */
function pathToRoom(
  one: Movable,
  { allowed }: Placing,
  placed: ReadonlyMap<number, readonly Movable[]>,
  hasRoom: (cpu: number) => boolean,
): Hop[] | undefined {
  const cameBy = new Map<number, { readonly who: Movable; readonly from: number | undefined }>();
  const queue: number[] = [];
  const reach = (who: Movable, from: number | undefined): void => {
    for (const cpu of allowed(who)) {
      if (cameBy.has(cpu)) continue;
      cameBy.set(cpu, { who, from });
      queue.push(cpu);
    }
  };
  reach(one, undefined);
  for (let cpu = queue.shift(); cpu !== undefined; cpu = queue.shift()) {
    if (hasRoom(cpu)) return wayBack(cpu, cameBy);
    for (const who of placed.get(cpu) ?? []) reach(who, cpu);
  }
  return undefined;
}

function wayBack(
  end: number,
  cameBy: ReadonlyMap<number, { readonly who: Movable; readonly from: number | undefined }>,
): Hop[] {
  const path: Hop[] = [];
  for (let cpu: number | undefined = end; cpu !== undefined; ) {
    const came = cameBy.get(cpu);
    if (came === undefined) break;
    path.push({ who: came.who, to: cpu });
    cpu = came.from;
  }
  return path;
}
