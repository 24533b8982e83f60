/** The largest number of devices that still fits. */
import type { Fits } from '../format/fits.ts';
import type { MachineState } from '../model/machine-state.ts';
import { fitsOf } from './fits.ts';
import { type FitsChange, MOST_DEVICES } from './fits-change.ts';
import { RequestError } from './request-error.ts';

/**
 * The answer for the most devices that certainly fit: of the last change that brings some, with everything before and
 * after it as asked. Its `max` also has how many perhaps fit.
 * @throws RequestError where no change brings devices
 */
export function fitsMaxOf(machine: MachineState, changes: readonly FitsChange[]): Fits {
  const at = changes.findLastIndex(({ kind }) => kind === 'add' || kind === 'vfs');
  if (at < 0) throw new RequestError('goes with --add or --vfs', '--max');
  const answers = new Map<number, Fits>();
  const ask = (count: number): Fits => {
    const known = answers.get(count);
    if (known !== undefined) return known;
    const answer = fitsOf(
      machine,
      count === 0 && changes.length > 1
        ? changes.toSpliced(at, 1)
        : changes.map((change, n) => (n === at ? withCount(change, count) : change)),
    );
    answers.set(count, answer);
    return answer;
  };
  const limit = mostAskable(changes[at], ask);
  const certain = largest(limit, (count) => count === 0 || ask(count).fits === true);
  const possible = largest(limit, (count) => count === 0 || ask(count).fits !== false);
  const beyond = possible < limit ? ask(possible + 1) : undefined;
  const reason = beyond && reasonOf(beyond);
  return {
    ...ask(Math.max(1, certain)),
    max: {
      change: at,
      count: { min: certain, max: Math.max(certain, possible) },
      ...(reason === undefined ? {} : { limit: reason }),
    },
  };
}

function withCount(change: FitsChange, count: number): FitsChange {
  return change.kind === 'add' || change.kind === 'vfs' ? { ...change, count } : change;
}

/** A physical function has a limit of its own, which asking beyond it tells. */
function mostAskable(change: FitsChange | undefined, ask: (count: number) => Fits): number {
  if (change?.kind !== 'vfs') return MOST_DEVICES;
  return largest(MOST_DEVICES, (count) => {
    if (count === 0) return true;
    try {
      ask(count);
      return true;
    } catch (error) {
      if (error instanceof RequestError) return false;
      throw error;
    }
  });
}

/** By doubling, then by halves: what does not hold for a number is taken not to hold for a larger one. */
function largest(limit: number, holds: (count: number) => boolean): number {
  let good = 0;
  let bad = 1;
  while (bad <= limit && holds(bad)) {
    good = bad;
    bad *= 2;
  }
  bad = Math.min(bad, limit + 1);
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

function reasonOf({ changes, steps }: Fits): string | undefined {
  const refused = changes.find(({ fits }) => fits !== true);
  if (refused === undefined) return undefined;
  const step = refused.steps && steps.slice(refused.steps.first).find(({ fits }) => fits !== true);
  return refused.refused[0] ?? step?.message ?? `${refused.change} ${refused.target}`.trim();
}
