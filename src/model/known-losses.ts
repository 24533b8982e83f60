/**
 * What kernels are known to lose: vectors that nobody takes back, slots of the vector table that a CPU forgot when it
 * went. The caller who watched it happen says what is lost; this file says which kernels can lose it.
 */
import type { KernelProfile } from './kernel-profile.ts';

/** A vector of a CPU as one number. */
export function vectorKey(cpu: number, vector: number): number {
  return cpu * 256 + vector;
}

/** What went wrong inside the kernel itself so far, by the word of whoever watched it. */
export interface KnownLosses {
  /** Per CPU: managed bits removed minus reserved while it was offline after having been online. */
  readonly drift: (cpu: number) => number;
  /** Vectors in `total_allocated` that no map holds. */
  readonly totalAllocated: number;
  /** `vectorKey`s of allocated vectors that no interrupt holds any more. */
  readonly vectors: ReadonlySet<number>;
  /** Per CPU: managed bits that were not taken back with their interrupt, for all that were left were in use. */
  readonly managed: (cpu: number) => number;
  /** Interrupts that did not move when the CPU of their vector went: its table has forgotten them. */
  readonly adrift: ReadonlySet<number>;
  /** The same for the old vector of an unfinished move. */
  readonly adriftMoves: ReadonlySet<number>;
  /** Interrupts whose effective mask the core stored while they were inactive, not configured since. */
  readonly storedMasks: ReadonlySet<number>;
  /** CPUs that came up with an empty map while an interrupt still had a vector there: its bits may be shared now. */
  readonly forgotten: ReadonlySet<number>;
}

const NONE: ReadonlySet<number> = new Set();

export const NO_LOSSES: KnownLosses = {
  drift: () => 0,
  totalAllocated: 0,
  vectors: NONE,
  managed: () => 0,
  adrift: NONE,
  adriftMoves: NONE,
  storedMasks: NONE,
  forgotten: NONE,
};

/** 4.15: a dying CPU keeps the vectors of what moves away, and takes none back while it is offline (4.6.4, 3.4.11). */
function keepsVectorsOffline(profile: KernelProfile): boolean {
  return !profile.freesVectorOfOfflineCpu || profile.freeIgnoresOffline;
}

/** Which losses are possible in a kernel, by the features that bring them. */
export function possibleLosses(profile: KernelProfile) {
  // CVE-2024-31076: a move whose old CPU goes before it is finished (4.10.2).
  const losesMoves = !profile.completesMovesFirst;
  return {
    /** An old vector may still be held on a CPU that has gone. */
    movesOffline: losesMoves,
    // A second move may also begin before the first is finished, which forgets the first old vector (4.6.1).
    vectors: keepsVectorsOffline(profile) || losesMoves || !profile.movingIsBusy,
    managed: keepsVectorsOffline(profile) || losesMoves,
    storedMasks: profile.coreStoresInactiveAffinity,
    forgotten: profile.onlineResetsMap,
  };
}

/**
 * A managed interrupt may find no vector although one is reserved for it: by the choice of 4.19 and 4.20, which looks
 * at what is left for others (3.3), or because a lost one has taken its place.
 */
export function managedMayStarve(profile: KernelProfile, known: KnownLosses): boolean {
  if (profile.managedCpuChoice === 'most-available') return true;
  return keepsVectorsOffline(profile) || known.vectors.size > 0;
}
