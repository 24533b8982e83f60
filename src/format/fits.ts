import { z } from 'zod';
import { certainty, figure } from './figure.ts';
import { kernelFacts } from './kernel-facts.ts';

export const fitsMove = z.object({
  /** Null where only the vector is known (a lone VECTOR dump names no interrupts). */
  irq: z.int().nullable(),
  from: z.int(),
  to: z.int(),
});

export const fitsStep = z.object({
  change: z.enum(['offline', 'smt-off', 'suspend', 'hibernate']),
  cpu: z.int(),
  /** Null: the bounds straddle, or an earlier step was undecided. */
  fits: z.boolean().nullable(),
  /** Vectors on this CPU that have to move. */
  needed: figure,
  /** Vectors available on the other online CPUs. */
  available: figure,
  /** `available` less `needed`, where their doubts are the same ones: below 0 it does not fit. */
  spare: figure,
  /** The kernel's own line, where its numbers are known. */
  message: z.string().optional(),
  moves: z.array(fitsMove),
  /** Interrupts whose affinity mask is lost (they move to any online CPU). */
  broken: z.array(z.int()),
  /** Managed interrupts that are shut down until a CPU of their mask returns. */
  shutdown: z.array(z.int()),
  /** Interrupts that find no vector in their mask and stay on the dead CPU, lost (before 6.10). */
  stuck: z.array(z.int()),
});

/** A change as it was asked, and what came of it. */
export const fitsChange = z.object({
  change: z.enum([
    'offline',
    'smt-off',
    'suspend',
    'hibernate',
    'online',
    'isolate',
    'add',
    'vfs',
    'remove',
    'pin',
    'upgrade',
  ]),
  /** What it is about: `4-7`, `2 x nvme, 8 queues`, `0000:03:00.0`. */
  target: z.string(),
  /** Null: cannot be decided. */
  fits: z.boolean().nullable(),
  /** Of a change that takes CPUs down: its steps, from this one on so many. */
  steps: z.object({ first: z.int(), count: z.int() }).optional(),
  /** Of new devices: the interrupts that they have where there is room, and those that they get here. */
  interrupts: z.object({ wanted: z.int(), got: figure }).optional(),
  /** Vectors that regular interrupts can still take on the CPU that has the fewest left. */
  leastLeft: z.object({ cpu: z.int(), available: figure }).optional(),
  /** Interrupts whose CPU is another one afterwards; null: they had, or have, none. */
  moves: z.array(z.object({ irq: z.int(), from: z.int().nullable(), to: z.int().nullable() })),
  /** Why it does not fit, one sentence each. */
  refused: z.array(z.string()),
  /** Interrupts that stay on CPUs that are being isolated. */
  stays: z.array(z.object({ irq: z.int(), name: z.string(), cpu: z.int(), why: z.string() })),
  /** Lines of the kernel's log, on a likely kernel. */
  messages: z.array(z.string()),
  /** What else is to be known. */
  remarks: z.array(z.string()),
});

/** `irqspace fits --json`, version 1. */
export const fits = z.object({
  kind: z.literal('fits'),
  version: z.literal(1),
  source: z.string(),
  kernel: kernelFacts,
  fits: z.boolean().nullable(),
  certainty,
  /** Null verdicts: the fact that would decide it. Also what bounds the figures. */
  doubts: z.array(z.string()),
  /**
   * Suspend and hibernation: what must fit on the one CPU that stays. Absent for other changes. `needed`: all
   * regular vectors; `room`: what that CPU can give to them.
   */
  onePrimary: z.object({ cpu: z.int(), needed: figure, room: figure }).optional(),
  /** Every CPU that was to go down, one by one. */
  steps: z.array(fitsStep),
  /** What was asked, in order. */
  changes: z.array(fitsChange),
  /** With --max: of the last change that brings devices, the most that certainly and that perhaps fit. */
  max: z
    .object({ change: z.int(), count: figure, /** Why not one more. */ limit: z.string().optional() })
    .optional(),
});

export type Fits = z.infer<typeof fits>;
export type FitsStep = z.infer<typeof fitsStep>;
export type FitsChangeAnswer = z.infer<typeof fitsChange>;
