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

/**
 * One text file, packed or not; `-` is standard input.
 * @param expected what an archive should have been: `a scenario`
 * @throws RootError, one line, when it cannot be read
 */
export function readText(path: string, expected: string, limits: Limits = LIMITS): ReadText {
  const file = path === '-' ? 'standard input' : path;
  const bytes = readBytes(path, file, limits);
  if (bytes.length === 0) throw new RootError(file, 'is empty');
  const plain = unpackBytes(file, bytes, limits);
  if (isTar(plain)) throw new RootError(file, `is an archive; expected ${expected}`);
  try {
    return { file, text: new TextDecoder('utf-8').decode(plain) };
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
