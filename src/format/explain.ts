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
});

export type Explain = z.infer<typeof explain>;
