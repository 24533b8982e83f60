import { gzipSync } from 'node:zlib';
import type { FileTree } from '../observe/file-tree.ts';
import { CAPTURE_FILES, CAPTURE_LINKS } from './capture-list.ts';
import { expandPattern, releaseOf } from './expand.ts';
import { CAPTURE_NOTE } from './machine-root.ts';
import { openRoot } from './open-root.ts';
import { RootError } from './root-error.ts';
import { type TarEntry, writeTar } from './tar-write.ts';
import { refuseExisting, writeWhole } from './write-file.ts';

/** Where a capture goes when no name is given. */
export const DEFAULT_CAPTURE_NAME = 'irqspace-capture.tar.gz';

export interface CaptureResult {
  /** Files and links written, without the note. */
  readonly files: number;
  /** Paths that exist but could not be read: left out. */
  readonly skipped: readonly string[];
  /** Size of the written archive. */
  readonly bytes: number;
}

/**
 * Writes everything the reading commands need of the machine at `root` (`/`, a directory, an archive) to one
 * tarball. Never overwrites; a write that fails leaves no half file.
 * @throws RootError when the root cannot be used or the file cannot be written
 */
export function capture(root: string, outPath: string): CaptureResult {
  refuseOutput(outPath);
  const { entries, skipped } = collectCapture(openRoot(root));
  const tar = writeTar(withDirectories(entries));
  const bytes = outPath.endsWith('.tar') ? tar : gzipSync(tar, { level: 9 });
  writeWhole(outPath, bytes);
  return { files: entries.length - 1, skipped, bytes: bytes.length };
}

/** The capture's members, sorted, and what could not be read. */
export function collectCapture(tree: FileTree): { entries: readonly TarEntry[]; skipped: readonly string[] } {
  const entries = new Map<string, TarEntry>();
  const skipped = new Set<string>();
  const release = releaseOf(tree);
  for (const path of CAPTURE_FILES.flatMap((pattern) => expandPattern(tree, pattern, release))) {
    const bytes = tree.readBytes(path);
    const mode = tree.mode(path);
    if (bytes !== undefined) {
      entries.set(path, { name: path, kind: 'file', mode: mode ?? 0o444, bytes, linkName: '' });
    } else if (mode !== undefined) skipped.add(path);
  }
  for (const path of CAPTURE_LINKS.flatMap((pattern) => expandPattern(tree, pattern, release))) {
    const linkName = tree.linkTarget(path);
    if (linkName === undefined) continue;
    entries.set(path, { name: path, kind: 'symlink', mode: 0o777, bytes: new Uint8Array(0), linkName });
  }
  for (const path of tree.denied) skipped.add(path);
  // A capture of a capture that lost the modes must not claim them.
  const note = { irqspaceCapture: 1, modes: tree.keepsModes, tool: 'irqspace' };
  const bytes = Buffer.from(`${JSON.stringify(note)}\n`);
  entries.set(CAPTURE_NOTE, { name: CAPTURE_NOTE, kind: 'file', mode: 0o644, bytes, linkName: '' });
  return { entries: [...entries.values()].sort(byName), skipped: [...skipped].sort() };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The entries with every folder before what it holds: tar would make them anyway, with modes of its own. */
function withDirectories(entries: readonly TarEntry[]): TarEntry[] {
  const folders = new Set<string>();
  for (const { name } of entries) {
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) folders.add(name.slice(0, at));
  }
  const made = [...folders].map(
    (name): TarEntry => ({ name, kind: 'directory', mode: 0o755, bytes: new Uint8Array(0), linkName: '' }),
  );
  return [...made, ...entries].sort(byName);
}

function refuseOutput(outPath: string): void {
  if (!/[^/]\.(?:tar|tar\.gz|tgz)$/.test(outPath)) {
    throw new RootError(
      outPath === '' ? '""' : outPath,
      'expected a name that ends in .tar.gz, .tgz or .tar',
    );
  }
  refuseExisting(outPath);
}
