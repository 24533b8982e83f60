import type { Fits, FitsStep } from '../../format/fits.ts';

export type Verdict = 'fits' | 'refused' | 'undecided';

/** The hibernation answer, as the page's first line needs it. */
export interface VerdictFacts {
  readonly verdict: Verdict;
  /** The step that decides: where the kernel refuses, where it cannot be told, or else the tightest one. */
  readonly decisive: FitsStep | undefined;
  /** 1-based. */
  readonly stepNumber: number;
  readonly message: string | undefined;
  /** All vectors that would have to share the last CPU, and its room for them. */
  readonly endState: Fits['onePrimary'];
}

export function verdictOf(fits: Fits): Verdict {
  if (fits.fits === null) return 'undecided';
  return fits.fits ? 'fits' : 'refused';
}

export function verdictFacts(fits: Fits): VerdictFacts {
  const verdict = verdictOf(fits);
  const at = decisiveStep(fits.steps, verdict);
  const decisive = fits.steps[at];
  return {
    verdict,
    decisive,
    stepNumber: at + 1,
    message: decisive?.message,
    endState: fits.onePrimary,
  };
}

function decisiveStep(steps: readonly FitsStep[], verdict: Verdict): number {
  if (verdict === 'refused') return steps.findIndex((step) => step.fits === false);
  if (verdict === 'undecided') return steps.findIndex((step) => step.fits === null);
  let tightest = steps.length - 1;
  for (const [at, step] of steps.entries()) {
    if (margin(step) < margin(steps[tightest])) tightest = at;
  }
  return tightest;
}

/** What is left in the worst case. */
export function margin(step: FitsStep | undefined): number {
  return step === undefined ? Number.POSITIVE_INFINITY : step.available.min - step.needed.max;
}
