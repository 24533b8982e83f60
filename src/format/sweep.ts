import { z } from 'zod';
import { comparedFailure } from './compare.ts';
import { kernelFacts } from './kernel-facts.ts';

export const sweepDimension = z.object({
  name: z.string(),
  /** Every value that is taken; of the dimension in which the breaking point is sought the first and the last. */
  values: z.array(z.int()),
  isSought: z.boolean(),
});

/** From `value` on it is so, up to the next turn. */
export const sweepTurn = z.object({
  value: z.int(),
  /** Absent: it works. */
  failure: comparedFailure.optional(),
});

export const sweepCell = z.object({
  /** Values of the dimensions that are not sought, in their order. */
  at: z.array(z.int()),
  /** Ascending. Where nothing is sought: one, with value 0. */
  turns: z.array(sweepTurn),
});

/** `irqspace compare --sweep --json`, version 1. */
export const sweepAnswer = z.object({
  kind: z.literal('sweep'),
  version: z.literal(1),
  source: z.string(),
  kernel: kernelFacts,
  dimensions: z.array(sweepDimension),
  /** How many scenarios were run. */
  scenarios: z.int(),
  policies: z.array(z.object({ policy: z.string(), title: z.string(), cells: z.array(sweepCell) })),
});

export type SweepAnswer = z.infer<typeof sweepAnswer>;
export type SweepDimension = z.infer<typeof sweepDimension>;
export type SweepCell = z.infer<typeof sweepCell>;
export type SweepTurn = z.infer<typeof sweepTurn>;
