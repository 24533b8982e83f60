import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FileTree } from '../observe/file-tree.ts';
import { isTraceDat, TraceDat } from '../parse/trace-dat/trace-dat.ts';
import { LIMITS, type Limits } from './limits.ts';
import { openRoot } from './open-root.ts';
import { type ReadText, readPlain, readText, textOf } from './read-text.ts';
import { RootError, reasonOf } from './root-error.ts';
import { inflate } from './unpack.ts';

/** A trace, told by its first bytes: trace-cmd's own file, or ftrace's text. */
export interface RecordedTrace {
  readonly file: string;
  readonly content: string | TraceDat;
}

/** A trace, and what a capture's folder brings along. */
export interface Recording {
  readonly source: string;
  readonly trace: RecordedTrace;
  /** In the order of their names. */
  readonly snapshots: readonly { readonly name: string; readonly tree: FileTree }[];
  readonly ops: ReadText | undefined;
  readonly log: ReadText | undefined;
  /** irqbalance's debug logs, `irqbalance-NAME.log(.gz)`. */
  readonly irqbalance: readonly { readonly name: string; readonly log: ReadText }[];
}

const TRACES: readonly string[] = [
  'trace.txt.gz',
  'trace.txt',
  'trace.gz',
  'trace',
  'trace.dat',
  'trace.dat.gz',
];
const TRACE = "a trace, or a capture's folder: unpack it";
const IRQBALANCE = /^irqbalance-(.+)\.log(?:\.gz)?$/;
const ARCHIVE = /\.(?:tar(?:\.(?:gz|xz|zst|bz2))?|tgz)$/;

/**
 * A capture's folder (trace, snap/, ops.log, dmesg.txt), or a lone trace: a file, packed or not, or `-`.
 * @throws RootError, one line, when it cannot be used
 */
export function openRecording(path: string, limits: Limits = LIMITS): Recording {
  if (path === '') throw new RootError('""', 'expected the path of a trace, or of a capture');
  if (path !== '-' && path !== '/dev/stdin' && isDirectory(path)) return openCapture(path, limits);
  const trace = readTrace(path, limits);
  return { source: trace.file, trace, snapshots: [], ops: undefined, log: undefined, irqbalance: [] };
}

/** One text file: of `--ops`, or of a recording. */
export function readRecordedText(path: string, limits: Limits = LIMITS): ReadText {
  return readText(path, TRACE, limits);
}

/** The name by which the marks of a trace call a snapshot: `05-off1` of `snap/05-off1.tar.gz`. */
export function snapshotName(path: string): string {
  return basename(path).replace(ARCHIVE, '') || (path === '/' ? 'this machine' : path);
}

function openCapture(folder: string, limits: Limits): Recording {
  const name = TRACES.find((candidate) => existsSync(join(folder, candidate)));
  if (name === undefined) {
    throw new RootError(
      folder,
      `holds no trace; expected ${TRACES.slice(0, 2).join(' or ')} in a capture's folder`,
    );
  }
  const optional = (file: string): ReadText | undefined =>
    existsSync(join(folder, file)) ? readRecordedText(join(folder, file), limits) : undefined;
  const snap = join(folder, 'snap');
  const names = existsSync(snap) && isDirectory(snap) ? readdirSync(snap).sort() : [];
  return {
    source: folder,
    trace: readTrace(join(folder, name), limits),
    snapshots: names
      .filter((file) => ARCHIVE.test(file) || isDirectory(join(snap, file)))
      .map((file) => ({ name: snapshotName(file), tree: openRoot(join(snap, file), limits) })),
    ops: optional('ops.log'),
    log: optional('dmesg.txt'),
    irqbalance: readdirSync(folder).flatMap((file) => {
      const run = IRQBALANCE.exec(file)?.[1];
      return run === undefined ? [] : [{ name: run, log: readRecordedText(join(folder, file), limits) }];
    }),
  };
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new RootError(path, `cannot be read: ${reasonOf(error)}`);
  }
}

/** @throws TraceDatError where a trace.dat is damaged, RootError where a file cannot be used */
function readTrace(path: string, limits: Limits): RecordedTrace {
  const read = readPlain(path, TRACE, limits);
  const { file, bytes } = read;
  return { file, content: isTraceDat(bytes) ? new TraceDat(bytes, file, inflate) : textOf(read).text };
}
