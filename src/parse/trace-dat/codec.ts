import { Decompress } from 'fzstd';
import { type ByteReader, failAtByte, type Piece } from './byte-reader.ts';

/**
 * Undoes zlib's packing, which the pure realm has not: gives `length` bytes, or undefined where the data are damaged or
 * are not that many.
 */
export type Inflate = (packed: Uint8Array, length: number) => Uint8Array | undefined;

/** The names of trace-cmd's compressions ("none", "zlib", "zstd") that are read. */
export type CodecName = 'none' | 'zlib' | 'zstd';

/** zstd's own default bound on what a decoder sets aside for a frame. */
const MAX_WINDOW = 128 * 1024 * 1024;

/** What a section may unpack to: trace-cmd packs each whole, and kallsyms, the largest, has some 20 MiB. */
const MAX_SECTION = 128 * 1024 * 1024;

export class Codec {
  readonly #name: CodecName;
  readonly #inflate: Inflate | undefined;

  constructor(name: CodecName, inflate: Inflate | undefined) {
    this.#name = name;
    this.#inflate = inflate;
  }

  /** @param inflate needed for "zlib" @returns undefined where there is no such compression, or nothing to undo it */
  static named(name: string, inflate: Inflate | undefined): Codec | undefined {
    if (name === 'none' || name === 'zstd') return new Codec(name, inflate);
    return name === 'zlib' && inflate !== undefined ? new Codec(name, inflate) : undefined;
  }

  /**
   * Reads `u32 packed size, u32 size, data`.
   * @param most bytes that it may unpack to
   * @throws TraceDatError where the data are not that
   */
  unpack(reader: ByteReader, what: string, most = MAX_SECTION): Piece {
    const start = reader.at;
    const packedLength = reader.u32(`the packed size of ${what}`);
    const length = reader.u32(`the unpacked size of ${what}`);
    if (length > most) {
      reader.fail(start + 4, `an unpacked size of ${what} up to ${most}`, `${length}`);
    }
    const origin = reader.at;
    const packed = reader.take(packedLength, `packed ${what}`);
    const bytes = this.#unpacked(packed, length);
    if (bytes !== undefined) return { ...reader.piece, bytes, origin, unpacked: true };
    return failAtByte(
      reader.piece,
      origin,
      `${what}: ${this.#name} data of ${length} bytes`,
      'damaged data, or not that many',
    );
  }

  #unpacked(packed: Uint8Array, length: number): Uint8Array | undefined {
    if (this.#name === 'none') return undefined;
    return this.#name === 'zlib' ? this.#inflate?.(packed, length) : unpackZstd(packed, length);
  }
}

/**
 * fzstd takes a frame's word for its size, and gives zeros for blocks that are not there: the window is looked at before
 * it sets that aside, and what it gives is counted.
 */
function unpackZstd(packed: Uint8Array, length: number): Uint8Array | undefined {
  const window = zstdWindow(packed);
  if (window === undefined || window > MAX_WINDOW) return undefined;
  const bytes = new Uint8Array(length);
  let at = 0;
  try {
    const stream = new Decompress((block) => {
      bytes.set(block, at);
      at += block.length;
    });
    stream.push(packed, true);
  } catch {
    return undefined;
  }
  return at === length ? bytes : undefined;
}

/** What the first frame says that its decoder has to keep (RFC 8878, 3.1.1.1), in bytes; 256 less at times. */
function zstdWindow(frame: Uint8Array): number | undefined {
  const descriptor = frame[4];
  if (descriptor === undefined) return undefined;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if (!isSingleSegment) {
    const [exponent, mantissa] = [(frame[5] ?? 0) >> 3, (frame[5] ?? 0) & 7];
    return 2 ** (10 + exponent) * (1 + mantissa / 8);
  }
  // The content's size is the window's.
  const start = 5 + ((1 << (descriptor & 3)) >> 1);
  const width = 2 ** (descriptor >> 6);
  let size = 0;
  for (let at = width - 1; at >= 0; at--) size = size * 256 + (frame[start + at] ?? 0);
  return size;
}
