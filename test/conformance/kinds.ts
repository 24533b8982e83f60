import { judgeAffinityCase } from './affinity-case.ts';
import { LegacyTreeRun } from './legacy-tree.ts';
import type { Difference, LogLine } from './log-line.ts';
import { MatrixTraceRun } from './matrix-trace.ts';
import { MatrixTreeRun } from './matrix-tree.ts';
import { judgeSpreadingTree } from './spreading-tree.ts';

/** A log being run: every line after its first is one step on the state before it. */
export interface LogRun {
  /** Differences between the line and the model; empty when all of it is right. */
  step(line: LogLine): Difference[];
}

/** What a line is, told by its keys (golden/trees/README.md): several logs may follow each other in one file. */
export type LineKind =
  /** The first line of a log with state. */
  | {
      readonly is: 'start';
      readonly begin: (line: LogLine) => LogRun & { readonly first: readonly Difference[] };
    }
  /** A step of the log above it. */
  | { readonly is: 'step' }
  /** All that there is to compare, without a state before or after; a log may go on behind it. */
  | { readonly is: 'case'; readonly judge: (line: LogLine) => Difference[] }
  | { readonly is: 'unknown' };

export function kindOf(line: LogLine): LineKind {
  if (line.has('trace')) {
    if (line.peek('trace') === 'irq_matrix')
      return { is: 'start', begin: (first) => new MatrixTraceRun(first) };
    return line.peek('trace') === 'affinity' ? { is: 'case', judge: judgeAffinityCase } : { is: 'unknown' };
  }
  if (line.peek('op') === 'init') {
    if (line.has('kernel')) return { is: 'start', begin: (first) => new MatrixTreeRun(first) };
    return line.has('mode') ? { is: 'start', begin: (first) => new LegacyTreeRun(first) } : { is: 'unknown' };
  }
  if (line.has('op')) return { is: 'step' };
  if (line.has('nvecs') && !line.has('case')) return { is: 'case', judge: judgeSpreadingTree };
  return { is: 'unknown' };
}
