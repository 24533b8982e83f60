import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { gunzipSync, inflateSync } from 'node:zlib';
import { formatBytes, LIMITS, type Limits, outputLimit } from './limits.ts';
import { errnoOf, RootError, reasonOf } from './root-error.ts';
import { packingOf } from './sniff.ts';

const TOOL_TIMEOUT_MS = 120_000;

/** A file's bytes without their packing, told by content; `source` is its path, for the system's tools. */
export function unpackBytes(source: string, bytes: Uint8Array, limits: Limits = LIMITS): Uint8Array {
  const packing = packingOf(bytes);
  if (packing === undefined) return bytes;
  return packing === 'gzip'
    ? gunzip(source, bytes, limits)
    : unpackWithTool(packing, source, bytes.length, limits);
}

/**
 * Unpacks gzip data (several members too). Bounded: zlib stops at the limit, it does not unpack a bomb first.
 * @throws RootError on damaged or truncated data and on a bomb
 */
export function gunzip(source: string, packed: Uint8Array, limits: Limits = LIMITS): Uint8Array {
  const limit = outputLimit(packed.length, limits);
  try {
    return gunzipSync(packed, {
      maxOutputLength: limit,
      chunkSize: packed.length > 65536 ? 1 << 18 : 1 << 14,
    });
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(source, packed.length, limit);
    if (code === 'Z_BUF_ERROR') throw new RootError(source, 'truncated: the gzip data ends early');
    throw new RootError(source, `damaged gzip data (${error instanceof Error ? error.message : code})`);
  }
}

/** zlib data that unpack to exactly so many bytes; undefined where they do not. */
export function inflate(packed: Uint8Array, length: number): Uint8Array | undefined {
  try {
    const bytes = inflateSync(packed, { maxOutputLength: Math.max(1, length) });
    return bytes.length === length ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Compressions Node 20 cannot undo: the system's own tool does it. */
export type ToolName = 'xz' | 'zstd' | 'bzip2';

/**
 * Unpacks a file through the system's `xz -dc`, `zstd -dc` or `bzip2 -dc`, bounded like {@link gunzip}.
 * @throws RootError when the tool is missing (says how to unpack), fails, or unpacks too much
 */
export function unpackWithTool(
  tool: ToolName,
  path: string,
  packedBytes: number,
  limits: Limits = LIMITS,
): Uint8Array {
  const limit = outputLimit(packedBytes, limits);
  const fd = openPacked(path);
  try {
    const run = spawnSync(tool, ['-dc'], {
      stdio: [fd, 'pipe', 'pipe'],
      maxBuffer: limit,
      timeout: TOOL_TIMEOUT_MS,
      // XZ_DEFAULTS: an xz header may ask for a 4 GiB dictionary; zstd has such a bound of its own.
      env: { ...process.env, LC_ALL: 'C', XZ_DEFAULTS: '--memlimit-decompress=512MiB' },
    });
    if (run.error !== undefined) {
      const code = errnoOf(run.error);
      if (code === 'ENOBUFS') throw tooLarge(path, packedBytes, limit);
      if (code === 'ENOENT') {
        throw new RootError(
          path,
          `is packed with ${tool}, which is not installed; unpack it elsewhere with "${tool} -d"`,
        );
      }
      throw new RootError(path, `${tool} -dc failed: ${reasonOf(run.error)}`);
    }
    if (run.status !== 0) {
      const said = run.stderr.toString('utf8').trim().split('\n')[0] ?? '';
      throw new RootError(path, `truncated or damaged: ${tool} -dc says "${said}"`);
    }
    return run.stdout;
  } finally {
    closeSync(fd);
  }
}

function openPacked(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new RootError(path, `cannot be read: ${reasonOf(error)}`);
  }
}

function tooLarge(source: string, packedBytes: number, limit: number): RootError {
  return new RootError(
    source,
    `${formatBytes(packedBytes)} unpack to more than ${formatBytes(limit)}: not read; ` +
      'if it is genuine, extract it and name the directory',
  );
}
