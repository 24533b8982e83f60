import type { WatchEvent, WatchSample } from '../../src/format/watch.ts';

/** What the guest wrote down of its script, a JSON line each (`story.jsonl` of a capture), in order. */
export type StoryLine =
  | {
      readonly kind: 'asked';
      readonly args: readonly string[];
      readonly code: number;
      readonly answer: unknown;
      readonly complaint: string;
    }
  | {
      readonly kind: 'wrote';
      readonly path: string;
      readonly value: string;
      /** `OK`, or the name of the errno. */
      readonly result: string;
      /** What the kernel said in its log meanwhile. */
      readonly log: readonly string[];
    }
  | {
      readonly kind: 'placed';
      readonly name: string;
      /** effective_affinity_list and smp_affinity_list, by interrupt. */
      readonly cpuOf: Readonly<Record<string, string>>;
      readonly masks: Readonly<Record<string, string>>;
    }
  /** `irqspace apply`, killed instead of making its write number `at` (half of it made, where `half`). */
  | {
      readonly kind: 'killed';
      readonly at: number;
      readonly half: boolean;
      /** False: it had fewer writes, and came to its end. */
      readonly died: boolean;
    }
  /** irqbalance ran, within all CPUs but the banned ones. */
  | { readonly kind: 'balanced'; readonly name: string; readonly banned: string; readonly cycles: number }
  /** `irqspace watch --trace` ran meanwhile. */
  | {
      readonly kind: 'watched';
      readonly code: number | null;
      readonly tracing: WatchSample['tracing'] | undefined;
      readonly samples: number;
      readonly events: readonly WatchEvent[];
      /** CPU time that it took, in seconds of the machine's clock, and for how long it ran. */
      readonly cpuSeconds: number;
      readonly seconds: number;
      /** Tracing instances that are there afterwards. */
      readonly instances: readonly string[];
    }
  | { readonly kind: 'snapped'; readonly name: string }
  | { readonly kind: 'ended' };

export type Asked = Extract<StoryLine, { kind: 'asked' }>;
export type Wrote = Extract<StoryLine, { kind: 'wrote' }>;
export type Placed = Extract<StoryLine, { kind: 'placed' }>;
