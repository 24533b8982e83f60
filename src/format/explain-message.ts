import { z } from 'zod';

export const explainedLine = z.object({
  /** Stable word for scripts, e.g. `cannot-disable-cpu`. */
  name: z.string(),
  /** Who prints it. */
  from: z.enum(['kernel', 'driver', 'irqbalance', 'tuned', 'tool']),
  /** The first line that says so. */
  text: z.string(),
  /** Its number among the lines that are not empty, from 1. */
  line: z.int(),
  /** How many lines say the same. */
  count: z.int(),
  means: z.string(),
  /** One sentence each. */
  todo: z.array(z.string()),
  /** What of this machine, as it is now, matters to it; one sentence each. */
  facts: z.array(z.string()),
});

/** `irqspace explain TEXT --json`, version 1. */
export const explainMessage = z.object({
  kind: z.literal('explain-message'),
  version: z.literal(1),
  source: z.string(),
  /** Lines that are not empty, and those among them that are not known. */
  read: z.int(),
  unknown: z.int(),
  messages: z.array(explainedLine),
});

export type ExplainMessage = z.infer<typeof explainMessage>;
export type ExplainedLine = z.infer<typeof explainedLine>;
