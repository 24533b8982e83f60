import { accessSync, constants, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compareNames } from './names.ts';
import { readFileBounded } from './read-file.ts';
import { RootError, reasonOf } from './root-error.ts';

/** C files of one directory, to be read as one. */
export interface SourceDirectory {
  readonly path: string;
  readonly files: readonly string[];
  /** The files that were asked for, where not all were: the others are read for what these use of them. */
  readonly only?: readonly string[];
}

const C_FILE = /\.[ch]$/;
/** No driver's file has that size; generated register tables do, and hold no code. */
const MAX_BYTES = 8 * 1024 * 1024;
/** A line as long as this is no code that somebody wrote. */
const MAX_LINE = 100_000;

/**
 * Directories with C files at or below the paths, each once however many links lead there. A file is read with its
 * directory: what it uses may stand beside it.
 * @param note told what could not be read
 * @param counted told after each directory how many files there are so far
 * @throws RootError for a path that is not there, or cannot be read
 */
export function findSources(
  paths: readonly string[],
  note: (text: string) => void,
  counted: (files: number) => void = () => undefined,
): SourceDirectory[] {
  let count = 0;
  const found = new Map<string, SourceDirectory>();
  const open: string[] = [];
  for (const path of paths) {
    const shown = path === '/' ? path : path.replace(/\/+$/, '');
    const stat = tryTo(shown, () => statSync(shown));
    if (stat instanceof RootError) throw stat;
    if (!stat.isDirectory() && !stat.isFile())
      throw new RootError(shown, 'is neither a file nor a directory');
    // What was asked for must be there to be read; what is only met on the way is a note.
    const readable = tryTo(shown, () => accessSync(shown, constants.R_OK));
    if (readable instanceof RootError) throw readable;
    if (stat.isDirectory()) open.push(shown);
    else addFile(found, shown);
  }
  for (let path = open.shift(); path !== undefined; path = open.shift()) {
    const directory = path;
    const real = tryTo(directory, () => realpathSync.native(directory));
    const entries = tryTo(directory, () => readdirSync(directory, { withFileTypes: true }));
    if (real instanceof RootError || entries instanceof RootError) {
      note((real instanceof RootError ? real : (entries as RootError)).message);
      continue;
    }
    // A link that leads back up would be walked for ever.
    if (found.has(real)) continue;
    const files: string[] = [];
    const below: string[] = [];
    for (const entry of entries.sort((one, other) => compareNames(one.name, other.name))) {
      const inside = directory === '.' ? entry.name : join(directory, entry.name);
      const isDirectory = entry.isSymbolicLink() ? leadsToDirectory(inside) : entry.isDirectory();
      if (isDirectory) {
        if (entry.name !== '.git' && entry.name !== 'node_modules') below.push(inside);
      } else if (C_FILE.test(entry.name)) files.push(inside);
    }
    found.set(real, { path: directory, files });
    count += files.length;
    counted(count);
    open.unshift(...below);
  }
  return [...found.values()].filter(({ files }) => files.length > 0);
}

/** A file that was named: the C files beside it are read, too. */
function addFile(found: Map<string, SourceDirectory>, path: string): void {
  const directory = parentOf(path);
  const key = `files of ${directory}`;
  const entries = tryTo(directory, () => readdirSync(directory, { withFileTypes: true }));
  const beside = (entries instanceof RootError ? [] : entries)
    .filter((entry) => C_FILE.test(entry.name) && !entry.isDirectory())
    .map(({ name }) => name)
    .sort(compareNames);
  const files = new Set(
    beside.map((name) => (path.includes('/') ? `${directory === '/' ? '' : directory}/${name}` : name)),
  );
  const only = [...(found.get(key)?.only ?? []), path];
  found.set(key, { path: directory, files: [...files.add(path)], only });
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, Math.max(1, slash));
}

function leadsToDirectory(path: string): boolean {
  const stat = tryTo(path, () => statSync(path));
  return !(stat instanceof RootError) && stat.isDirectory();
}

function tryTo<T>(path: string, act: () => T): T | RootError {
  try {
    return act();
  } catch (error) {
    return new RootError(path, reasonOf(error));
  }
}

/** Most files are read to find that they name no interrupt: one place for all of them. */
const SCRATCH = Buffer.allocUnsafe(1024 * 1024);

/** The bytes of a file, until the next is read; undefined, with a note, for what is no C. */
export function readSourceBytes(path: string, note: (text: string) => void): Buffer | undefined {
  let bytes: Uint8Array | undefined;
  try {
    bytes = readFileBounded(path, MAX_BYTES, SCRATCH);
  } catch (error) {
    note(error instanceof RootError ? error.message : `${path}: ${reasonOf(error)}: not read`);
    return undefined;
  }
  if (bytes === undefined) {
    note(`${path}: not a regular file: not read`);
    return undefined;
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.includes(0)) note(`${path}: holds bytes that are no text: not read`);
  else if (longestLineExceeds(buffer, MAX_LINE))
    note(`${path}: has a line of more than ${MAX_LINE} characters: not read`);
  else return buffer;
  return undefined;
}

function longestLineExceeds(buffer: Buffer, limit: number): boolean {
  if (buffer.length <= limit) return false;
  for (let at = 0; at + limit < buffer.length; ) {
    const end = buffer.lastIndexOf(10, at + limit);
    if (end < at) return true;
    at = end + 1;
  }
  return false;
}
