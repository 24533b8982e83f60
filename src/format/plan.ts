import { z } from 'zod';
import { certainty, cpuListText, figure } from './figure.ts';
import { kernelFacts } from './kernel-facts.ts';

export const planState = z.object({
  /** Of what follows: 16 hexadecimal digits. */
  digest: z.string(),
  /** `uname -r`. */
  release: z.string().optional(),
  online: cpuListText,
  /** Every interrupt, ascending. */
  irqs: z.array(
    z.object({
      irq: z.int(),
      name: z.string(),
      state: z.enum(['active', 'shutdown', 'reserved', 'legacy-pic', 'other', 'unknown']),
      affinity: cpuListText.optional(),
      cpu: z.int().optional(),
    }),
  ),
});

export const planWrite = z.object({
  irq: z.int(),
  name: z.string(),
  /** PCI address, where it has one: numbers may change with a boot. */
  device: z.string().optional(),
  /** smp_affinity_list before, and what is written. */
  from: cpuListText,
  to: cpuListText,
  /** The CPU of its vector now. */
  cpu: z.int(),
  /** The CPU afterwards; absent where the kernel's choice cannot be foretold. */
  toCpu: z.int().optional(),
  /** The vector afterwards, where it can be foretold. */
  vector: z.int().optional(),
  /** `stays`: only its mask changes. Without interrupt remapping a move waits for the next interrupt. */
  moves: z.enum(['stays', 'at-once', 'next-interrupt']),
  reason: z.string(),
});

export const planLeft = z.object({
  /** Stable word for scripts, e.g. `managed`. */
  why: z.enum([
    'managed',
    'perhaps-managed',
    'fixed',
    'cpu-unknown',
    'move-pending',
    'old-vector',
    'hint',
    'banned',
    'no-cpu',
  ]),
  text: z.string(),
  /** Interrupts as a list, `24-31,40`. */
  irqs: z.string(),
  count: z.int(),
  /** Of these, the ones that the goal wanted elsewhere. */
  against: z.string().optional(),
});

export const planGoal = z.object({
  kind: z.enum(['balance', 'spread', 'isolate', 'drain', 'numa-local', 'headroom', 'policy']),
  /** balance: `rates` or `vectors`. */
  by: z.enum(['rates', 'vectors']).optional(),
  /** isolate, drain. */
  cpus: cpuListText.optional(),
  /** headroom. */
  vectors: z.int().optional(),
  /** policy: what the file is. */
  policy: z.string().optional(),
});

export const planShortage = z.object({
  text: z.string(),
  /** Vectors that have to find a place. */
  needed: z.int(),
  /** What is left on the CPUs that they may go to. */
  available: figure,
  cpus: cpuListText,
  /** The smallest changes, any of which would make it fit. */
  remedies: z.array(z.string()),
});

/** `irqspace plan --json`, version 1; also what `apply` takes. */
export const plan = z.object({
  kind: z.literal('plan'),
  version: z.literal(1),
  source: z.string(),
  kernel: kernelFacts,
  goal: planGoal,
  hints: z.enum(['exact', 'subset', 'ignore']),
  wide: z.boolean(),
  certainty,
  /** Null: what is known does not decide it. Without `true` there are no writes. */
  feasible: z.boolean().nullable(),
  shortage: planShortage.optional(),
  /** In this order. */
  writes: z.array(planWrite),
  left: z.array(planLeft),
  /** Online CPUs: vectors available, and what the goal counts (`load`), before and after. */
  cpus: z.array(
    z.object({
      cpu: z.int(),
      available: z.object({ before: figure, after: figure }),
      load: z.object({ before: z.number(), after: z.number() }).optional(),
    }),
  ),
  /** balance by rates: what was measured. */
  measured: z.object({ deliveries: z.number(), seconds: z.number().optional() }).optional(),
  notes: z.array(z.string()),
  doubts: z.array(z.string()),
  /** What it was made for; `apply` refuses where this is no more. */
  state: planState,
});

export type Plan = z.infer<typeof plan>;
export type PlanState = z.infer<typeof planState>;
export type PlanWrite = z.infer<typeof planWrite>;
export type PlanLeft = z.infer<typeof planLeft>;
