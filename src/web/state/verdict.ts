import type { Fits, FitsStep } from '../../format/fits.ts';
import type { Report } from '../../format/report.ts';

/** `loses`: the kernel lets the CPUs go, but interrupts are lost with them. */
export type Verdict = 'fits' | 'loses' | 'refused' | 'undecided';

/** The hibernation answer, as the page's first line needs it. */
export interface VerdictFacts {
  readonly verdict: Verdict;
  /** The step that decides: where the kernel refuses, where it cannot be told, or else the tightest one. */
  readonly decisive: FitsStep | undefined;
  /** 1-based. */
  readonly stepNumber: number;
  readonly message: string | undefined;
  /** Interrupts that find no vector in their mask on the way. */
  readonly lost: readonly number[];
  /** All vectors that would have to share the last CPU, and its room for them. */
  readonly endState: Fits['onePrimary'];
}

export function verdictOf(fits: Fits): Verdict {
  if (fits.fits === null) return 'undecided';
  if (!fits.fits) return 'refused';
  return lostIrqs(fits).length > 0 ? 'loses' : 'fits';
}

export function verdictOfStep(step: FitsStep): Verdict {
  if (step.fits === null) return 'undecided';
  if (!step.fits) return 'refused';
  return step.stuck.length > 0 ? 'loses' : 'fits';
}

/** In all steps together, ascending. */
export function lostIrqs({ steps }: Pick<Fits, 'steps'>): number[] {
  return [...new Set(steps.flatMap((step) => step.stuck))].sort((a, b) => a - b);
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
    lost: lostIrqs(fits),
    endState: fits.onePrimary,
  };
}

/** What holds for this answer alone; the rest of its doubts are the report's, and stand with it. */
export function reservations(report: Report, { doubts }: Fits): string[] {
  return doubts.filter((doubt) => !report.doubts.includes(doubt) && !isUndecided(doubt));
}

/** What would decide an undecided answer. */
export function openQuestions({ doubts }: Fits): string[] {
  return doubts.filter((doubt) => !isUndecided(doubt));
}

/** The page's own sentence says this one. */
function isUndecided(doubt: string): boolean {
  return doubt.startsWith('undecided at CPU ');
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
  if (step === undefined) return Number.POSITIVE_INFINITY;
  return step.spare?.min ?? step.available.min - step.needed.max;
}

/**
 * How many are too many at the least, where the bounds of the two figures overlap: what is needed more is
 * available less, so it can be certain all the same. Undefined where the figures themselves show it.
 */
export function tooMany({ fits, needed, available, spare }: FitsStep): number | undefined {
  if (fits !== false || spare === undefined || spare.max >= 0) return undefined;
  return needed.min > available.max ? undefined : -spare.max;
}
