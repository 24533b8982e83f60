/** What a plan is to reach, and within what. */
import type { CpuSet } from '../base/cpu-set.ts';
import type { IrqPolicy } from './irq-policy.ts';

export type PlanGoal =
  /** No CPU gets more of the measured interrupts than another, or has less room left. */
  | { readonly kind: 'balance'; readonly by: 'rates' | 'vectors' }
  /** As many vectors in use on every CPU: the idlest CPU of the mail (specification 9.3). */
  | { readonly kind: 'spread' }
  /** Nothing of devices on these CPUs, now and by any mask. */
  | { readonly kind: 'isolate'; readonly cpus: CpuSet }
  /** These CPUs, in this order, can go offline, and nobody loses an affinity mask by it. */
  | { readonly kind: 'drain'; readonly cpus: readonly number[] }
  /** Every interrupt on the node of its device. */
  | { readonly kind: 'numa-local' }
  /** That many vectors left on every CPU. */
  | { readonly kind: 'headroom'; readonly vectors: number }
  /** What a profile or a policy asks for. */
  | { readonly kind: 'policy'; readonly policy: IrqPolicy };

/** As irqbalance's `--hintpolicy`: what a driver's affinity_hint is worth. */
export type HintPolicy =
  /** Who has one gets exactly this mask. */
  | 'exact'
  /** Who has one stays within it. */
  | 'subset'
  | 'ignore';

export interface PlanRequest {
  readonly goal: PlanGoal;
  readonly hints: HintPolicy;
  /** Write the widest mask that the goal allows, and let the kernel choose: not the one CPU that the plan chose. */
  readonly wide: boolean;
  /** For `balance` by rates. */
  readonly rates?: Rates | undefined;
}

/** What was delivered between two readings. */
export interface Rates {
  /** Per IRQ number, on all CPUs together. */
  readonly deliveries: ReadonlyMap<number, number>;
  /** Undefined where it cannot be told how long it took. */
  readonly seconds: number | undefined;
}
