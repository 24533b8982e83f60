import { readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FileTree } from '../observe/file-tree.ts';
import { DirTree } from './dir-tree.ts';
import { findRootsBelow } from './find-root.ts';
import { LIMITS, type Limits } from './limits.ts';
import { theOneRoot } from './machine-root.ts';
import { readFileBounded, readStreamBounded } from './read-file.ts';
import { RootError, reasonOf } from './root-error.ts';
import { isTar, packingOf, usualPlaceOf } from './sniff.ts';
import { TarTree } from './tar-tree.ts';
import { unpackBytes } from './unpack.ts';

/**
 * The machine that `path` names: `/` (or undefined) is the running one; else a directory (an extracted capture,
 * an sosreport), an archive of one (.tar, packed with gzip, xz, zstd or bzip2; told by content), or a lone
 * VECTOR dump or /proc/interrupts. `-` is standard input; pipes and devices are read to their end.
 * @throws RootError, one line, when it cannot be used
 */
export function openRoot(path?: string, limits: Limits = LIMITS): FileTree {
  if (path === undefined || isLiveRoot(path)) return DirTree.live();
  // Not opened by its name: standard input may be a socket, which has no file to open.
  const isStandardInput = path === '-' || path === '/dev/stdin';
  const source = isStandardInput ? 'standard input' : path;
  try {
    if (isStandardInput) return openStream(source, readStreamBounded(source, limits.maxBytes), limits);
    if (path === '') throw new RootError('""', 'expected the path of a directory or a file');
    const stat = statSync(path);
    if (stat.isDirectory()) return openDirectory(path);
    if (stat.isFIFO() || stat.isCharacterDevice()) {
      return openStream(path, readStreamBounded(path, limits.maxBytes, path), limits);
    }
    if (!stat.isFile()) throw new RootError(path, 'is neither a directory, a file nor a pipe');
    const bytes = readFileBounded(path, limits.maxBytes) ?? new Uint8Array(0);
    return openBytes(path, bytes, limits);
  } catch (error) {
    if (error instanceof RootError) throw error;
    throw new RootError(source, `cannot be read: ${reasonOf(error)}`);
  }
}

/** True where `path` names the running machine; the empty name never does, whatever the working directory. */
export function isLiveRoot(path: string): boolean {
  return path !== '' && resolve(path) === '/';
}

function openDirectory(path: string): FileTree {
  const what =
    readdirSync(path).length === 0 ? 'an empty directory' : 'nothing of a machine in this directory';
  const root = theOneRoot(path, findRootsBelow(path), what);
  return DirTree.below(path, resolve(path, root));
}

/** What was read from a pipe is gone: the tools that unpack by the file's path have nothing to open. */
function openStream(source: string, bytes: Uint8Array, limits: Limits): FileTree {
  const packing = packingOf(bytes);
  if (packing !== undefined && packing !== 'gzip') {
    throw new RootError(
      source,
      `is packed with ${packing}: pipe it through "${packing} -dc", or name the file`,
    );
  }
  return openBytes(source, bytes, limits);
}

/**
 * The tree in a file's bytes. `source` is the file's path: xz, zstd and bzip2 data is unpacked from the file by
 * the system's tool.
 */
export function openBytes(source: string, bytes: Uint8Array, limits: Limits = LIMITS): FileTree {
  if (bytes.length === 0) throw new RootError(source, 'is empty');
  const plain = unpackBytes(source, bytes, limits);
  if (plain.length === 0) throw new RootError(source, 'is empty when unpacked');
  if (isTar(plain)) return TarTree.fromArchive(source, plain, limits);
  const place = usualPlaceOf(plain);
  if (place === undefined) {
    throw new RootError(
      source,
      'not recognized: expected a tar archive (plain, gzip, xz, zstd, bzip2), a VECTOR dump, or /proc/interrupts',
    );
  }
  return new TarTree(source, new Map([[place, { kind: 'file', mode: 0o444, bytes: plain, linkName: '' }]]));
}
