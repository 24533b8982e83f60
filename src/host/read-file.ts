import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { formatBytes } from './limits.ts';
import { RootError } from './root-error.ts';

const CHUNK = 64 * 1024;

/**
 * A regular file's bytes, read until its end: /proc and debugfs tell a size of 0, sysfs always a page. Undefined
 * for anything but a regular file: opening a FIFO would wait for ever.
 * @throws the file system's error; RootError when there is more than `maxBytes`
 */
export function readFileBounded(path: string, maxBytes: number): Uint8Array | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return undefined;
    if (stat.size > maxBytes) throw tooLarge(path, maxBytes);
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(Math.max(CHUNK, Math.min(stat.size - total, maxBytes)));
      const got = readSync(fd, chunk, 0, chunk.length, null);
      if (got === 0) return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, total);
      total += got;
      if (total > maxBytes) throw tooLarge(path, maxBytes);
      chunks.push(chunk.subarray(0, got));
    }
  } finally {
    closeSync(fd);
  }
}

function tooLarge(path: string, maxBytes: number): RootError {
  return new RootError(path, `larger than ${formatBytes(maxBytes)}: not read`);
}
