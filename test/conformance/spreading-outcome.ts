import { type AffinityMasks, KernelFault } from '../../src/model/spreading/spreading.ts';
import type { Difference } from './log-line.ts';

/** What the kernel made of a request, or how it crashed. */
export type SpreadOutcome = AffinityMasks | KernelFault;

export function spreadOutcome(spread: () => AffinityMasks): SpreadOutcome {
  try {
    return spread();
  } catch (error) {
    if (error instanceof KernelFault) return error;
    throw error;
  }
}

/** `expected`: a CPU list for each message, null when no masks are made, or the word for a crash. */
export function compareMasks(
  differences: Difference[],
  field: string,
  expected: readonly string[] | string | null,
  outcome: SpreadOutcome,
): void {
  const got = masksOf(outcome);
  if (expected === null || got === null || typeof expected === 'string' || typeof got === 'string') {
    if (expected !== got) differences.push({ field, expected: wordFor(expected), got: wordFor(got) });
    return;
  }
  if (expected.length !== got.length) {
    differences.push({ field: `${field}.length`, expected: `${expected.length}`, got: `${got.length}` });
  }
  for (const [at, mask] of expected.entries()) {
    if (mask !== got[at]) {
      differences.push({ field: `${field}[${at}]`, expected: `"${mask}"`, got: `"${got[at] ?? 'none'}"` });
    }
  }
}

function masksOf(outcome: SpreadOutcome): readonly string[] | string | null {
  if (outcome instanceof KernelFault) return outcome.fault === 'bad pointer' ? 'oops' : outcome.fault;
  return outcome.descriptors?.map(({ mask }) => mask.toString()) ?? null;
}

function wordFor(masks: readonly string[] | string | null): string {
  return masks === null ? 'null' : typeof masks === 'string' ? masks : `${masks.length} masks`;
}
