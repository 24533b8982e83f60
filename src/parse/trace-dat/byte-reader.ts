import { decodeUtf8 } from '../utf8.ts';
import { TraceDatError } from './trace-dat-error.ts';

const SHOWN = 24;

/** Some of the bytes of a trace.dat, and where in the file they are. */
export interface Piece {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Byte of the file at which `bytes` begins; of unpacked bytes, at which their packed form does. */
  readonly origin: number;
  readonly unpacked: boolean;
}

/** @throws TraceDatError that places `at`, an index of the piece's bytes, in the file */
export function failAtByte(piece: Piece, at: number, expected: string, found: string): never {
  const inside = piece.unpacked ? ` (unpacked: byte ${at})` : '';
  throw new TraceDatError(piece.file, piece.origin + (piece.unpacked ? 0 : at), inside, expected, found);
}

/** Little-endian numbers, texts and counted data, one after the other; nothing is read or made that is not there. */
export class ByteReader {
  at: number;
  readonly end: number;
  readonly piece: Piece;
  readonly #view: DataView;

  /** @throws TraceDatError where the piece does not reach from `at` to `end` */
  constructor(piece: Piece, at = 0, end = piece.bytes.length) {
    this.piece = piece;
    this.at = at;
    this.end = end;
    const { bytes } = piece;
    if (at > end || end > bytes.length) this.#failShort(at, 'data', end - at);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#take(1, what));
  }

  u16(what: string): number {
    return this.#view.getUint16(this.#take(2, what), true);
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), true);
  }

  u64(what: string): bigint {
    return this.#view.getBigUint64(this.#take(8, what), true);
  }

  /** A 64-bit size. */
  size(what: string): number {
    const at = this.at;
    const value = this.u64(what);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.fail(at, what, `${value}`);
    return Number(value);
  }

  /** A 64-bit place in the file, which may be another piece than this. */
  place(what: string, { bytes }: Piece): number {
    const at = this.at;
    const place = this.size(what);
    if (place >= bytes.length) this.fail(at, `${what} in a file of ${bytes.length} bytes`, `byte ${place}`);
    return place;
  }

  /** Counted bytes, not copied. */
  take(length: number, what: string): Uint8Array {
    const at = this.#take(length, what);
    return this.piece.bytes.subarray(at, at + length);
  }

  /** The same as a reader of its own. */
  part(length: number, what: string): ByteReader {
    const at = this.#take(length, what);
    return new ByteReader(this.piece, at, at + length);
  }

  /** A text that ends with NUL, without it. */
  text(what: string): string {
    const { bytes } = this.piece;
    const nul = bytes.indexOf(0, this.at);
    if (nul < 0 || nul >= this.end) {
      this.fail(this.at, `${what} that ends with a 0 byte`, `${this.left} bytes without one`);
    }
    const text = decodeUtf8(bytes, this.at, nul);
    this.at = nul + 1;
    return text;
  }

  /** Exactly this text, with its NUL where it has one. */
  literal(text: string): void {
    const found = decodeUtf8(this.piece.bytes, this.at, Math.min(this.end, this.at + text.length));
    if (found !== text) this.fail(this.at, JSON.stringify(text), JSON.stringify(found.slice(0, SHOWN)));
    this.at += text.length;
  }

  /** Counted characters, with their NUL where they have one. */
  word(length: number, what: string): string {
    return decodeUtf8(this.take(length, what));
  }

  fail(at: number, expected: string, found: string): never {
    failAtByte(this.piece, at, expected, found);
  }

  #take(length: number, what: string): number {
    const at = this.at;
    if (length > this.end - at) this.#failShort(at, what, length);
    this.at = at + length;
    return at;
  }

  #failShort(at: number, what: string, length: number): never {
    const left = Math.max(0, Math.min(this.end, this.piece.bytes.length) - at);
    this.fail(at, `${what} (${length} ${length === 1 ? 'byte' : 'bytes'})`, `${left} left`);
  }
}
