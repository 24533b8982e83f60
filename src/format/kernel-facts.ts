import { z } from 'zod';

/** Which kernel an answer speaks of. */
export const kernelFacts = z.object({
  /** `uname -r`. */
  release: z.string().optional(),
  /** The kernel whose rules are used, e.g. `6.1`. */
  profile: z.string(),
  /** Set when the profile is assumed, not detected: why, and what another would change. */
  assumption: z.string().optional(),
});

export type KernelFactsAnswer = z.infer<typeof kernelFacts>;
