/**
 * The map of one CPU (`struct cpumap`) from what is known of it: the counters and vector numbers that VECTOR showed;
 * elsewhere counters that lie within the bounds, and free vectors in place of numbers that nobody saw. What-ifs ask for
 * counts: which vector it is makes no difference to them.
 */
import { isExact } from '../base/range.ts';
import { systemVectorsOf } from './boot.ts';
import type { KernelProfile } from './kernel-profile.ts';
import type { CpuState } from './machine-state.ts';
import type { CpuMapSnapshot } from './matrix-snapshot.ts';
import { CASCADE_VECTOR, FIRST_EXTERNAL_VECTOR, IA32_SYSCALL_VECTOR } from './system-vectors.ts';

/** A vector in use on a CPU. */
export interface Holding {
  readonly managed: boolean;
  /** Its number, where debugfs shows it. */
  readonly vector: number | undefined;
}

/** What is the same on every CPU. */
export interface VectorWindow {
  readonly profile: KernelProfile;
  /** The first vector that cannot be handed out. */
  readonly end: number;
  readonly system: readonly number[];
  /** Vectors for devices, ascending. */
  readonly usable: readonly number[];
}

export interface NominalMap {
  readonly map: CpuMapSnapshot;
  /** The vector of each holding; undefined for those that the counters have no room for. */
  readonly vectors: readonly (number | undefined)[];
  /** Vectors in use that are not managed. */
  readonly regular: number;
}

const VECTORS = 256;

/**
 * @param seen the system vectors, where VECTOR was readable; else any will do, as many as leave `capacity`
 * @param surplus vectors beyond the window of the profile
 */
export function windowOf(
  profile: KernelProfile,
  seen: readonly number[] | undefined,
  capacity: number,
  surplus: number,
): VectorWindow {
  const end = Math.min(VECTORS, profile.firstSystemVector + surplus);
  const system = new Set(seen ?? systemVectorsOf(profile, false));
  const usable = (): number[] => {
    const from = FIRST_EXTERNAL_VECTOR;
    const window = Array.from({ length: end - from }, (_, n) => from + n);
    return window.filter((vector) => !system.has(vector));
  };
  if (seen === undefined) {
    const likely = [CASCADE_VECTOR, IA32_SYSCALL_VECTOR, ...usable().reverse()];
    for (const vector of new Set(likely)) {
      if (usable().length <= capacity) break;
      system.add(vector);
    }
  }
  return { profile, end, system: [...system].sort((a, b) => a - b), usable: usable() };
}

/**
 * @param capacity vectors for devices, within the bounds of this CPU's
 */
export function nominalMap(
  state: CpuState,
  capacity: number,
  holdings: readonly Holding[],
  window: VectorWindow,
): NominalMap {
  const { online, available, allocated, managed, managedAllocated, drift } = state;
  const dumped = online && state.allocMap !== undefined;
  const inUse = dumped ? dumpedVectors(state, window) : window.usable;
  const vectors = handOut(holdings, inUse, dumped ? roomOf(state) : undefined);
  const held = new Set<number>();
  const managedMap = new Set<number>();
  for (const [at, vector] of vectors.entries()) {
    if (vector === undefined) continue;
    held.add(vector);
    if (holdings[at]?.managed === true) managedMap.add(vector);
  }
  const regular = held.size - managedMap.size;
  const allocMap = dumped ? inUse : [...held];
  // Those in use by nobody we know, then those that are only set aside.
  if (dumped) fill(managedMap, managedAllocated.min, inUse, held);
  const managedInUse = dumped ? managedAllocated.min : managedMap.size;
  fill(managedMap, managed.min, window.usable, new Set(allocMap));
  const seen = online && [available, allocated, state.capacity].every(isExact);
  const left = capacity - managed.min - regular + (isExact(drift) ? drift.min : 0);
  const initialized = online || allocMap.length > 0;
  return {
    map: {
      available: seen ? available.min : initialized ? Math.max(0, left) : 0,
      allocated: dumped ? allocated.min : allocMap.length,
      managed: managed.min,
      managedAllocated: window.profile.countsManagedAllocated ? managedInUse : 0,
      initialized,
      online,
      allocMap,
      managedMap: [...managedMap],
    },
    vectors,
    regular,
  };
}

/** The numbers that VECTOR lists, and as many more as its counter has. */
function dumpedVectors({ allocMap = [], allocated }: CpuState, { usable }: VectorWindow): number[] {
  const vectors = new Set(allocMap.filter((vector) => vector < VECTORS));
  fill(vectors, allocated.min, usable, vectors);
  return [...vectors];
}

/** How many of each kind the counters know: a dump is one moment, a list of interrupts another. */
function roomOf({ allocated, managedAllocated }: CpuState): { managed: number; regular: number } {
  return { managed: managedAllocated.min, regular: allocated.min - managedAllocated.min };
}

/** Its own vector to each holding whose number is known, the lowest left to the others. */
function handOut(
  holdings: readonly Holding[],
  from: readonly number[],
  room: { managed: number; regular: number } | undefined,
): (number | undefined)[] {
  const free = new Set(from);
  const vectors = holdings.map(({ vector, managed }) => {
    if (vector === undefined || !free.delete(vector)) return undefined;
    if (room !== undefined) room[managed ? 'managed' : 'regular']--;
    return vector;
  });
  const left = free.values();
  for (const [at, { managed }] of holdings.entries()) {
    if (vectors[at] !== undefined) continue;
    if (room !== undefined && room[managed ? 'managed' : 'regular']-- <= 0) continue;
    vectors[at] = left.next().value;
  }
  return vectors;
}

function fill(into: Set<number>, count: number, from: readonly number[], except: ReadonlySet<number>): void {
  for (const vector of from) {
    if (into.size >= count) return;
    if (!except.has(vector)) into.add(vector);
  }
}
