import { printable } from '../base/printable.ts';

const SHOWN = 160;

/**
 * The one error type for a root that cannot be used, or a capture that cannot be written: bad input, never a
 * bug. The message is one line: where, what, what was expected.
 */
export class RootError extends Error {
  override readonly name = 'RootError';
  /** What the user named. */
  readonly source: string;

  constructor(source: string, what: string) {
    super(printable(`${source}: ${what}`));
    this.source = source;
  }
}

/** A name from untrusted input, quoted and shortened for a message. */
export function quoted(name: string): string {
  return name.length > SHOWN ? `"${name.slice(0, SHOWN)}…"` : `"${name}"`;
}

/** `errno` of a failed system call; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  EIO: 'input/output error',
};

/** A failed system call in words; other errors by their message. */
export function reasonOf(error: unknown): string {
  const code = errnoOf(error);
  const words = code === undefined ? undefined : REASONS[code];
  return words ?? code ?? (error instanceof Error ? error.message : String(error));
}
