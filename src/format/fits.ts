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
  /** `offline`, `suspend` or `hibernate`. */
  change: z.enum(['offline', 'suspend', 'hibernate']),
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
  steps: z.array(fitsStep),
});

export type Fits = z.infer<typeof fits>;
export type FitsStep = z.infer<typeof fitsStep>;
