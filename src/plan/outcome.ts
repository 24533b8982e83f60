/** What came of a goal: the writes it wants, or why it cannot be reached. */
import type { CpuSet } from '../base/cpu-set.ts';
import type { Range } from '../base/range.ts';
import type { Left, Movable } from './movable.ts';

export interface Wanted {
  readonly moving: Movable;
  /** The mask to write. */
  readonly mask: CpuSet;
  /** Where the plan counts its vector; where it is, when it stays. */
  readonly to: number;
  readonly reason: string;
}

/** It does not fit: the numbers, and what would make it. */
export interface Shortage {
  readonly text: string;
  /** Vectors that have to find a place. */
  readonly needed: number;
  /** What the CPUs that they may go to have left. */
  readonly available: Range;
  readonly cpus: CpuSet;
  /** The smallest changes, any of which would do. */
  readonly remedies: readonly string[];
}

/** What CPUs carry, as the goal counts it. */
export interface Loads {
  readonly unit: 'deliveries' | 'vectors';
  readonly before: Float64Array;
  readonly after: Float64Array;
}

export interface Outcome {
  readonly wanted: readonly Wanted[];
  /** Interrupts that the goal would move and cannot, besides what the board leaves. */
  readonly left: readonly Left[];
  readonly shortage?: Shortage | undefined;
  /** With a shortage: it may fit, what is known does not decide it. */
  readonly undecided?: boolean;
  readonly loads?: Loads | undefined;
  readonly notes: readonly string[];
}
