import type { KernelFactsAnswer } from '../format/kernel-facts.ts';
import type { KernelFacts } from '../model/machine-state.ts';

/** Which kernel an answer speaks of. */
export function kernelFactsOf({ release, profile, assumption }: KernelFacts): KernelFactsAnswer {
  return {
    ...(release === undefined ? {} : { release }),
    profile: profile.name,
    ...(assumption === undefined ? {} : { assumption }),
  };
}
