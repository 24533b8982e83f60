import { addRanges, clampToZero, type Range, subtractRanges } from '../../base/range.ts';
import type { Fits, FitsStep } from '../../format/fits.ts';
import type { Report } from '../../format/report.ts';

export type Verdict = 'fits' | 'refused' | 'undecided';

/** The hibernation answer, as the page's first line needs it. */
export interface VerdictFacts {
  readonly verdict: Verdict;
  /** The step that decides: where the kernel refuses, where it cannot be told, or else the tightest one. */
  readonly decisive: FitsStep | undefined;
  /** 1-based. */
  readonly stepNumber: number;
  readonly message: string | undefined;
  /** All vectors that would have to share the last CPU, and what that CPU can hold. */
  readonly endState: { readonly cpu: number; readonly vectors: Range; readonly room: Range } | undefined;
}

export function verdictOf(fits: Fits): Verdict {
  if (fits.fits === null) return 'undecided';
  return fits.fits ? 'fits' : 'refused';
}

export function verdictFacts(fits: Fits, report: Report): VerdictFacts {
  const verdict = verdictOf(fits);
  const at = decisiveStep(fits.steps, verdict);
  const decisive = fits.steps[at];
  return {
    verdict,
    decisive,
    stepNumber: at + 1,
    message: decisive?.message,
    endState: endState(fits, report),
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

/**
 * The necessary condition at the end (specification 8.5): all vectors in use that are not managed must fit the
 * CPU that stays. Said beside the refusal, because the refusing CPU alone does not tell how much is too much.
 */
function endState(fits: Fits, report: Report): VerdictFacts['endState'] {
  const taken = new Set(fits.steps.map((step) => step.cpu));
  const online = report.cpus.filter((cpu) => cpu.online);
  const stays = online.find((cpu) => !taken.has(cpu.cpu));
  if (stays === undefined) return undefined;
  let vectors: Range = { min: 0, max: 0 };
  for (const cpu of online) {
    vectors = addRanges(vectors, clampToZero(subtractRanges(cpu.allocated, cpu.managedAllocated)));
  }
  return { cpu: stays.cpu, vectors, room: clampToZero(subtractRanges(stays.capacity, stays.managed)) };
}
