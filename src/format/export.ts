import { z } from 'zod';

/** `irqspace export FORMAT --json`, version 1. */
export const exportAnswer = z.object({
  kind: z.literal('export'),
  version: z.literal(1),
  source: z.string(),
  format: z.enum(['prometheus', 'script', 'tuned', 'irqbalance', 'irqbalance-policy', 'systemd']),
  /** The file. */
  text: z.string(),
  /** How many interrupts have an affinity in it. */
  placed: z.int(),
  /** Interrupts that user space cannot move. */
  leftAlone: z.array(z.object({ irq: z.int(), why: z.string() })),
  /** What could not be taken along, one sentence each. */
  notes: z.array(z.string()),
});

export type ExportAnswer = z.infer<typeof exportAnswer>;
