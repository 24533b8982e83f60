import { openRecording, readRecordedText, snapshotName } from '../../host/open-recording.ts';
import { openRoot } from '../../host/open-root.ts';
import type { FileTree } from '../../observe/file-tree.ts';
import { observeTree } from '../../observe/observe-tree.ts';
import { parseIrqbalanceLog } from '../../parse/irqbalance-log.ts';
import { type OpsLogLine, parseOpsLog } from '../../parse/ops-log.ts';
import { ParseError } from '../../parse/parse-error.ts';
import { replayOf } from '../../query/replay.ts';
import type { NamedSnapshot } from '../../replay/replay.ts';
import { EXIT } from '../exit-codes.ts';
import { kernelOption, readingErrors } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { renderReplay } from '../render/replay.ts';
import { UsageError } from '../usage-error.ts';

export interface ReplayOptions {
  readonly kernel?: string;
  readonly ops?: string;
  readonly json?: boolean;
}

export function runReplay(
  path: string,
  roots: readonly string[],
  options: ReplayOptions,
  out: Output,
): number {
  const profile = kernelOption(options.kernel);
  const recording = openRecording(path);
  const given = roots.map((root) => snapshotOf(snapshotName(root), openRoot(root)));
  const own = recording.snapshots.map(({ name, tree }) => snapshotOf(name, tree));
  const opsText = options.ops === undefined ? recording.ops : readRecordedText(options.ops);
  const answer = parsing(() => {
    const ops: readonly OpsLogLine[] = opsText === undefined ? [] : parseOpsLog(opsText.text, opsText.file);
    return replayOf(recording.source, {
      file: recording.trace.file,
      trace: recording.trace.content,
      snapshots: [...own, ...given],
      ops,
      log: recording.log?.text,
      irqbalance: new Map(recording.irqbalance.map(({ name, log }) => [name, parseIrqbalanceLog(log.text)])),
      profile,
    });
  });
  if (options.json === true) writeJson(out, answer);
  else out.write(renderReplay(answer, out));
  if (answer.divergenceCount > 0) return EXIT.no;
  const [lost] = answer.resyncs;
  if (lost === undefined) return EXIT.ok;
  process.stderr.write(
    `irqspace: ${recording.trace.file}: ${lost.cause} before event ${lost.index}: what they did is not known, and not checked\n`,
  );
  return EXIT.usage;
}

function snapshotOf(name: string, tree: FileTree): NamedSnapshot {
  return { name, observation: readingErrors(tree, () => observeTree(tree)) };
}

function parsing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ParseError) throw new UsageError(error.message);
    throw error;
  }
}
