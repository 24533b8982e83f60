import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { formatBytes } from './limits.ts';
import { errnoOf, RootError } from './root-error.ts';

const CHUNK = 64 * 1024;
const STANDARD_INPUT = 0;
/** How long to wait for a pipe that somebody made non-blocking. */
const RETRY_MS = 5;

/**
 * A regular file's bytes, read until its end: /proc and debugfs tell a size of 0, sysfs always a page. Undefined
 * for anything but a regular file: opening a FIFO would wait for ever.
 * @param scratch where to put them if there is room: they are gone with the next that is put there
 * @throws the file system's error; RootError when there is more than `maxBytes`
 */
export function readFileBounded(
  path: string,
  maxBytes: number,
  scratch?: Uint8Array,
): Uint8Array | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return undefined;
    if (stat.size > maxBytes) throw tooLarge(path, maxBytes);
    // With one byte more than there are, the read that finds the end needs no room of its own.
    const room = Math.max(CHUNK, stat.size + 1);
    const into = scratch === undefined || scratch.length < room ? Buffer.allocUnsafe(room) : scratch;
    return readToEnd(fd, path, into, maxBytes, readSync);
  } finally {
    closeSync(fd);
  }
}

/**
 * What a pipe or a device gives until its end; without a path, standard input. `source` is its name in messages.
 * @throws the file system's error; RootError when it is a terminal, or there is more than `maxBytes`
 */
export function readStreamBounded(source: string, maxBytes: number, path?: string): Uint8Array {
  const fd = path === undefined ? STANDARD_INPUT : openSync(path, constants.O_RDONLY | constants.O_NOCTTY);
  try {
    if (isatty(fd)) throw new RootError(source, 'is a terminal; expected a file or a pipe');
    return readToEnd(fd, source, Buffer.allocUnsafe(CHUNK), maxBytes, readPatiently);
  } finally {
    if (path !== undefined) closeSync(fd);
  }
}

/** As `readSync` of `node:fs`. */
type Read = (fd: number, into: Uint8Array, at: number, length: number, position: null) => number;

function readToEnd(fd: number, source: string, first: Uint8Array, maxBytes: number, read: Read): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  let chunk = first;
  for (let used = 0; ; ) {
    const got = read(fd, chunk, used, chunk.length - used, null);
    used += got;
    total += got;
    if (total > maxBytes) throw tooLarge(source, maxBytes);
    if (got > 0 && used < chunk.length) continue;
    // Filled before the next is taken: a writer of single bytes must not cost a chunk for each.
    if (used > 0) chunks.push(chunk.subarray(0, used));
    if (got === 0)
      return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, total);
    chunk = Buffer.allocUnsafe(CHUNK);
    used = 0;
  }
}

/** A non-blocking pipe says EAGAIN while its writer is still at work. */
const readPatiently: Read = (...read) => {
  for (;;) {
    try {
      return readSync(...read);
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
};

function tooLarge(path: string, maxBytes: number): RootError {
  return new RootError(path, `larger than ${formatBytes(maxBytes)}: not read`);
}
