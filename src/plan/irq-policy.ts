/** What somebody else's configuration says of interrupts, in one form (irqbalance-policy.ts, tuned-profile.ts). */
import type { CpuSet } from '../base/cpu-set.ts';

export interface IrqPolicy {
  /** `tuned profile`, `irqbalance configuration`, `irqbalance policy script`. */
  readonly source: string;
  readonly asks: /** Masks, by rules in order: the first that names an interrupt is its rule. */
    | { readonly kind: 'masks'; readonly rules: readonly IrqRule[] }
    /** CPUs that get no interrupt. */
    | { readonly kind: 'ban'; readonly cpus: CpuSet };
  /** Interrupts to leave alone. */
  readonly bannedIrqs: ReadonlySet<number>;
  /** What was read and means nothing here, or cannot be followed, one sentence each. */
  readonly remarks: readonly string[];
}

export interface IrqRule {
  /** Where it stands, for the reason of a write: `[irq_special]`. */
  readonly from: string;
  /** Undefined: every interrupt. */
  readonly irqs: ReadonlySet<number> | undefined;
  readonly cpus: CpuSet;
  /** `intersect`: what the interrupt's own mask has in common with it, or all of it where that is nothing. */
  readonly mode: 'set' | 'intersect';
}
