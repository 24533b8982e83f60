import { RootError } from './root-error.ts';

export const BLOCK = 512;

/** One header block of a tar archive, before long names are applied. */
export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
  readonly linkName: string;
}

const decoder = new TextDecoder();

/** Text up to the first NUL. */
export function textField(bytes: Uint8Array, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

/** A number field: octal text, or GNU's base-256 with the top bit set; undefined when it is neither. */
function numberField(bytes: Uint8Array, from: number, length: number): number | undefined {
  const first = bytes[from] ?? 0;
  if (first >= 0x80) {
    // 0xff starts a negative number, which nothing here can be.
    if (first !== 0x80) return undefined;
    let value = 0;
    for (let at = from + 1; at < from + length; at++) value = value * 256 + (bytes[at] ?? 0);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const text = textField(bytes, from, length).trim();
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

export function isZeroBlock(bytes: Uint8Array, offset: number): boolean {
  return bytes.subarray(offset, offset + BLOCK).every((byte) => byte === 0);
}

/** The checksum counts its own field as spaces; old tars summed signed bytes. */
export function hasValidChecksum(bytes: Uint8Array, offset: number): boolean {
  if (bytes.length < offset + BLOCK) return false;
  const stored = numberField(bytes, offset + 148, 8);
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= 148 && at < 156 ? 32 : (bytes[offset + at] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  return stored === unsigned || stored === signed;
}

/** Reads the header block at `offset`, which must lie within `bytes`. */
export function readTarHeader(source: string, bytes: Uint8Array, offset: number): TarHeader {
  if (!hasValidChecksum(bytes, offset)) {
    throw new RootError(source, `bad header checksum at byte ${offset}: damaged, or not a tar archive`);
  }
  const mode = numberField(bytes, offset + 100, 8);
  const size = numberField(bytes, offset + 124, 12);
  if (mode === undefined || size === undefined) {
    throw new RootError(
      source,
      `bad ${size === undefined ? 'size' : 'mode'} in the header at byte ${offset}`,
    );
  }
  const name = textField(bytes, offset, 100);
  // Only POSIX's magic has a prefix; GNU's ("ustar  ") keeps times there.
  const isPosix = textField(bytes, offset + 257, 6) === 'ustar';
  const prefix = isPosix ? textField(bytes, offset + 345, 155) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: mode & 0o7777,
    size,
    type: String.fromCharCode(bytes[offset + 156] ?? 0),
    linkName: textField(bytes, offset + 157, 100),
  };
}
