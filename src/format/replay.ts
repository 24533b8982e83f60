import { z } from 'zod';
import { kernelFacts } from './kernel-facts.ts';

const counted = z.object({ cause: z.string(), count: z.int() });

/** `irqspace replay --json`, version 1. */
export const replayAnswer = z.object({
  kind: z.literal('replay'),
  version: z.literal(1),
  /** The trace, or the capture's folder. */
  source: z.string(),
  kernel: kernelFacts,
  /** Recorded events of `irq_matrix:*` and `irq_vectors:vector_*`. */
  events: z.int(),
  /** Allocations of a vector: traced ones, and those that a dying CPU makes unseen. */
  decisions: z.int(),
  /** Decisions whose CPU, vector and result were predicted, and were those of the record. */
  predicted: z.int(),
  /** Of these, the ones whose mask was known only from a later snapshot, or irqbalance's log. */
  predictedWithLearntMask: z.int(),
  /** Decisions that were not those of the record; each is one of the divergences, or follows from one. */
  diverged: z.int(),
  /** Decisions that what was given does not determine, by cause. */
  unpredictable: z.array(counted),
  /** Counters of the allocator that were compared, in events and snapshots. */
  checkedCounters: z.int(),
  checkedSnapshots: z.int(),
  /** Writes to /proc and /sys whose errno was compared. */
  checkedWrites: z.int(),
  /** Lines of the kernel log that were compared. */
  checkedMessages: z.int(),
  /** What leaves no event and the next snapshot showed, by cause. */
  learnt: z.array(counted),
  /** At most 100; `divergenceCount` counts all. `index` is the recorded event's, from 0. */
  divergences: z.array(
    z.object({
      index: z.int(),
      /** In the trace, from 1; absent for what is not about one record. */
      line: z.int().optional(),
      event: z.string(),
      expected: z.string(),
      observed: z.string(),
    }),
  ),
  divergenceCount: z.int(),
  /** Where events were lost, and the state had to be taken from what follows. */
  resyncs: z.array(z.object({ index: z.int(), cause: z.string() })),
  /** What the kernel printed, by the model. */
  messages: z.array(z.object({ index: z.int(), level: z.string(), text: z.string() })),
});

export type ReplayAnswer = z.infer<typeof replayAnswer>;
