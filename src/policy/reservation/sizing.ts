/**
 * How large the space is against which reservations are admitted: the mail's open question (M12). The formulas are ours
 * (specification 9.4, D-5); of the families the mail names the first three.
 */

/** What a formula may look at. */
export interface SizingFacts {
  /** Vectors that a CPU of this kernel has for devices, ISA interrupts included. */
  readonly perCpu: number;
  readonly possible: number;
  readonly online: number;
}

/** The space in vectors; it is computed again whenever a CPU comes or goes. */
export type Sizing = (facts: SizingFacts) => number;

/** Every CPU that there may ever be: enabling seldom fails, a request may. */
export const byPossible: Sizing = ({ perCpu, possible }) => perCpu * possible;

/** Every CPU that runs: a request fails only where CPUs went since. */
export const byOnline: Sizing = ({ perCpu, online }) => perCpu * online;

/** A heuristic: a share of the vectors of online CPUs, less a guard for what nobody reserved. */
export function byShare(share: number, guard: number): Sizing {
  return ({ perCpu, online }) => Math.max(0, Math.floor(perCpu * online * share) - guard);
}

/** A heuristic: what fits on the last `cpus` CPUs, so that the others can always go. With 1, hibernation never fails. */
export function bySurvivors(cpus: number): Sizing {
  return ({ perCpu, online }) => perCpu * Math.min(cpus, online);
}
