import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FileTree } from '../observe/file-tree.ts';
import { LIMITS, type Limits } from './limits.ts';
import { openRoot } from './open-root.ts';
import { readFileBounded, readStreamBounded } from './read-file.ts';
import { RootError, reasonOf } from './root-error.ts';
import { isTar } from './sniff.ts';
import { unpackBytes } from './unpack.ts';

/** A text of a recording and the path it came from. */
export interface RecordedText {
  readonly file: string;
  readonly text: string;
}

/** A trace, and what a capture's folder brings along. */
export interface Recording {
  readonly source: string;
  readonly trace: RecordedText;
  /** In the order of their names. */
  readonly snapshots: readonly { readonly name: string; readonly tree: FileTree }[];
  readonly ops: RecordedText | undefined;
  readonly log: RecordedText | undefined;
  /** irqbalance's debug logs, `irqbalance-NAME.log(.gz)`. */
  readonly irqbalance: readonly { readonly name: string; readonly log: RecordedText }[];
}

const TRACES: readonly string[] = ['trace.txt.gz', 'trace.txt', 'trace.gz', 'trace'];
const IRQBALANCE = /^irqbalance-(.+)\.log(?:\.gz)?$/;
const ARCHIVE = /\.(?:tar(?:\.(?:gz|xz|zst|bz2))?|tgz)$/;

/**
 * A capture's folder (trace, snap/, ops.log, dmesg.txt), or a lone trace: a file, packed or not, or `-`.
 * @throws RootError, one line, when it cannot be used
 */
export function openRecording(path: string, limits: Limits = LIMITS): Recording {
  if (path === '') throw new RootError('""', 'expected the path of a trace, or of a capture');
  if (path !== '-' && path !== '/dev/stdin' && isDirectory(path)) return openCapture(path, limits);
  const source = path === '-' ? 'standard input' : path;
  const trace = { file: source, text: readText(path, source, limits) };
  return { source, trace, snapshots: [], ops: undefined, log: undefined, irqbalance: [] };
}

/** One text file: of `--ops`, or of a recording. */
export function readRecordedText(path: string, limits: Limits = LIMITS): RecordedText {
  return { file: path, text: readText(path, path, limits) };
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
  const optional = (file: string): RecordedText | undefined =>
    existsSync(join(folder, file)) ? readRecordedText(join(folder, file), limits) : undefined;
  const snap = join(folder, 'snap');
  const names = existsSync(snap) && isDirectory(snap) ? readdirSync(snap).sort() : [];
  return {
    source: folder,
    trace: readRecordedText(join(folder, name), limits),
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

function readText(path: string, source: string, limits: Limits): string {
  const bytes = readBytes(path, source, limits);
  if (bytes.length === 0) throw new RootError(source, 'is empty');
  const plain = unpackBytes(source, bytes, limits);
  if (isTar(plain))
    throw new RootError(source, "is an archive; expected a trace, or a capture's folder: unpack it");
  try {
    return new TextDecoder('utf-8').decode(plain);
  } catch (error) {
    // The engine's own bound on the length of a text.
    throw new RootError(source, `too long for one text: ${reasonOf(error)}`);
  }
}

function readBytes(path: string, source: string, limits: Limits): Uint8Array {
  try {
    if (path === '-' || path === '/dev/stdin') return readStreamBounded(source, limits.maxBytes);
    const bytes = readFileBounded(path, limits.maxBytes);
    return bytes ?? readStreamBounded(source, limits.maxBytes, path);
  } catch (error) {
    if (error instanceof RootError) throw error;
    throw new RootError(source, `cannot be read: ${reasonOf(error)}`);
  }
}
