import { z } from 'zod';
import { reportIrq } from './report.ts';

/** `irqspace explain IRQ --json`, version 1. */
export const explain = z.object({
  kind: z.literal('explain'),
  version: z.literal(1),
  source: z.string(),
  irq: reportIrq,
  /** Sentences: who owns it, where it may go, why it is there. */
  facts: z.array(z.string()),
  /** What happens when the CPU it runs on goes offline. */
  whenCpuGoes: z.string().optional(),
  /** Its CPU goes, then the one where it is then, and so on, until it has nowhere to go in its mask. */
  journey: z
    .array(
      z.object({
        /** The CPU that goes. */
        cpu: z.int(),
        outcome: z.enum(['moves', 'mask-lost', 'shut-down', 'lost', 'refused', 'undecided', 'stays']),
        /** Where it is then; null: nowhere. */
        to: z.int().nullable(),
      }),
    )
    .optional(),
});

export type Explain = z.infer<typeof explain>;
