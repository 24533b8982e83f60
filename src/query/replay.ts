import type { ReplayAnswer } from '../format/replay.ts';
import { type ReplayInput, replay } from '../replay/replay.ts';
import { kernelFactsOf } from './kernel-facts.ts';

/**
 * A recorded trace run through the model: where do they differ?
 * @throws ParseError, TraceDatError, ReplayInputError
 */
export function replayOf(source: string, input: ReplayInput): ReplayAnswer {
  const { tally, messages, facts } = replay(input);
  const unpredictable = counts(tally.unpredictable);
  return {
    kind: 'replay',
    version: 1,
    source,
    kernel: kernelFactsOf(facts),
    events: tally.events,
    decisions: tally.decisions,
    predicted: tally.predicted,
    predictedWithLearntMask: tally.predictedWithLearntMask,
    diverged: tally.decisions - tally.predicted - unpredictable.reduce((sum, { count }) => sum + count, 0),
    unpredictable,
    checkedCounters: tally.checkedCounters,
    checkedSnapshots: tally.checkedSnapshots,
    checkedWrites: tally.checkedWrites,
    checkedMessages: tally.checkedMessages,
    learnt: counts(tally.learnt),
    divergences: tally.divergences.map(({ line, ...rest }) => ({
      ...rest,
      ...(line === undefined ? {} : { line }),
    })),
    divergenceCount: tally.divergenceCount,
    resyncs: tally.resyncs,
    messages: messages.map((message) => ({ ...message })),
  };
}

/** Most frequent first. */
function counts(map: ReadonlyMap<string, number>): { cause: string; count: number }[] {
  return [...map]
    .map(([cause, count]) => ({ cause, count }))
    .sort((a, b) => b.count - a.count || (a.cause < b.cause ? -1 : 1));
}
