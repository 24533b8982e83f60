/** The pure realm has no TextDecoder; device names in kernel files are UTF-8 at most. */

const REPLACEMENT = 0xfffd;

/** UTF-8 bytes of a string; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  let bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80 && length < bytes.length) {
      bytes[length++] = unit;
      continue;
    }
    if (length + 4 > bytes.length) bytes = grown(bytes, length + 4 + 3 * (text.length - at));
    const code = text.codePointAt(at) ?? unit;
    if (code > 0xffff) at++;
    length = writeCodePoint(bytes, length, code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code);
  }
  return bytes.subarray(0, length);
}

/** The text of `bytes[from..to)`; malformed sequences become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = '';
  let codes: number[] = [];
  for (let at = from; at < to; ) {
    const first = bytes[at] ?? 0;
    if (first < 0x80) {
      codes.push(first);
      at++;
    } else {
      const length = sequenceLength(bytes, at, to);
      codes.push(length === 0 ? REPLACEMENT : codePoint(bytes, at, length));
      at += Math.max(1, length);
    }
    // In pieces: fromCodePoint takes its arguments on the stack.
    if (codes.length >= 4096) {
      text += String.fromCodePoint(...codes);
      codes = [];
    }
  }
  return text + String.fromCodePoint(...codes);
}

/** Length of the well-formed multi-byte sequence at `at`; 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at] ?? 0;
  const length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (first >= 0xf5 || at + length > to) return 0;
  for (let i = 1; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  if (length === 0) return 0;
  const code = codePoint(bytes, at, length);
  const shortest = length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80;
  return code < shortest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : length;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  let code = (bytes[at] ?? 0) & (0x7f >> length);
  for (let i = 1; i < length; i++) code = (code << 6) | ((bytes[at + i] ?? 0) & 0x3f);
  return code;
}

function writeCodePoint(bytes: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    bytes[at++] = code;
  } else if (code < 0x800) {
    bytes[at++] = 0xc0 | (code >> 6);
    bytes[at++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    bytes[at++] = 0xe0 | (code >> 12);
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at++] = 0x80 | (code & 0x3f);
  } else {
    bytes[at++] = 0xf0 | (code >> 18);
    bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}

function grown(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}
