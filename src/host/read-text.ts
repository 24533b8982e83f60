import { LIMITS, type Limits } from './limits.ts';
import { readFileBounded, readStreamBounded } from './read-file.ts';
import { RootError, reasonOf } from './root-error.ts';
import { isTar } from './sniff.ts';
import { unpackBytes } from './unpack.ts';

/** A text and the path it came from. */
export interface ReadText {
  readonly file: string;
  readonly text: string;
}

/** A file's bytes without their packing, and the path it came from. */
export interface ReadBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * One text file, packed or not; `-` is standard input.
 * @param expected what an archive should have been: `a scenario`
 * @throws RootError, one line, when it cannot be read
 */
export function readText(path: string, expected: string, limits: Limits = LIMITS): ReadText {
  return textOf(readPlain(path, expected, limits));
}

/** As {@link readText}, of what need not be text. */
export function readPlain(path: string, expected: string, limits: Limits = LIMITS): ReadBytes {
  const file = path === '-' ? 'standard input' : path;
  const packed = readBytes(path, file, limits);
  if (packed.length === 0) throw new RootError(file, 'is empty');
  const bytes = unpackBytes(file, packed, limits);
  if (isTar(bytes)) throw new RootError(file, `is an archive; expected ${expected}`);
  return { file, bytes };
}

export function textOf({ file, bytes }: ReadBytes): ReadText {
  try {
    return { file, text: new TextDecoder('utf-8').decode(bytes) };
  } catch (error) {
    // The engine's own bound on the length of a text.
    throw new RootError(file, `too long for one text: ${reasonOf(error)}`);
  }
}

function readBytes(path: string, file: string, limits: Limits): Uint8Array {
  try {
    if (path === '-' || path === '/dev/stdin') return readStreamBounded(file, limits.maxBytes);
    const bytes = readFileBounded(path, limits.maxBytes);
    return bytes ?? readStreamBounded(file, limits.maxBytes, path);
  } catch (error) {
    if (error instanceof RootError) throw error;
    throw new RootError(file, `cannot be read: ${reasonOf(error)}`);
  }
}
