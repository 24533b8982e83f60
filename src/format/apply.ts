import { z } from 'zod';
import { cpuListText } from './figure.ts';

export const appliedWrite = z.object({
  irq: z.int(),
  from: cpuListText,
  to: cpuListText,
  /**
   * `planned`: a dry run. `done`: its mask is written and its effective affinity within it. `pending`: written, it
   * moves with its next interrupt. `refused`: the kernel's errno is in `errno`. `restored`, `not-restored`: undone, or
   * not. `foreign`: somebody else has changed it since. `gone`: the interrupt is no more.
   */
  result: z.enum(['planned', 'done', 'pending', 'refused', 'restored', 'not-restored', 'foreign', 'gone']),
  errno: z.string().optional(),
  /** effective_affinity_list, as last seen. */
  effective: cpuListText.optional(),
});

/** `irqspace apply --json` and `irqspace rollback --json`, version 1. */
export const applied = z.object({
  kind: z.enum(['apply', 'rollback']),
  version: z.literal(1),
  source: z.string(),
  /** `refused`: everything written is restored, unless a write says otherwise. */
  outcome: z.enum(['dry-run', 'applied', 'refused', 'restored', 'not-restored', 'nothing-to-do']),
  writes: z.array(appliedWrite),
  /** Where the journal is. */
  journal: z.string().optional(),
  notes: z.array(z.string()),
});

export type Applied = z.infer<typeof applied>;
export type AppliedWrite = z.infer<typeof appliedWrite>;
