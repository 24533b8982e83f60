import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inflate } from '../../host/unpack.ts';
import { ByteReader } from './byte-reader.ts';
import { Codec } from './codec.ts';

const word = (value: number): number[] => [
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  value >>> 24,
];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** A zstd frame (RFC 8878) of blocks that are not compressed; `header` is its descriptor and what follows. */
function frame(header: readonly number[], ...blocks: readonly (readonly number[])[]): number[] {
  const packed = blocks.flatMap((block, at) => {
    const isLast = at === blocks.length - 1;
    return [...word((block.length << 3) | Number(isLast)).slice(0, 3), ...block];
  });
  return [...ZSTD, ...header, ...packed];
}

/** One segment, whose size is one byte. */
const small = (...content: readonly number[]): number[] => frame([0x20, content.length], content);

function unpacked(name: 'none' | 'zstd' | 'zlib', packed: readonly number[], length: number): number[] {
  const bytes = new Uint8Array([9, 9, ...word(packed.length), ...word(length), ...packed]);
  const codec = Codec.named(name, inflate) as Codec;
  const piece = codec.unpack(new ByteReader({ file: 'f', bytes, origin: 0, unpacked: false }, 2), 'x');
  expect(piece).toMatchObject({ file: 'f', origin: 10, unpacked: true });
  return [...piece.bytes];
}

describe('packed data', () => {
  it('of zstd are unpacked, one block or more', () => {
    expect(unpacked('zstd', small(1, 2, 3), 3)).toEqual([1, 2, 3]);
    // A window of 1 KiB, no size told.
    expect(unpacked('zstd', frame([0x00, 0x00], [1, 2], [3]), 3)).toEqual([1, 2, 3]);
    expect(unpacked('zstd', frame([0x60, 2, 0], Array(258).fill(7)), 258)).toHaveLength(258);
  });

  it('of zlib are unpacked by what the caller has for it', () => {
    expect(unpacked('zlib', [...deflateSync(new Uint8Array([4, 5, 6]))], 3)).toEqual([4, 5, 6]);
    expect(Codec.named('zlib', undefined)).toBeUndefined();
    expect(Codec.named('lz4', inflate)).toBeUndefined();
  });

  it.each<[string, 'none' | 'zstd' | 'zlib', readonly number[], number]>([
    ['none at all', 'zstd', [], 3],
    ['another form', 'zstd', [1, 2, 3, 4, 5, 6], 3],
    ['less than is told', 'zstd', small(1, 2, 3), 4],
    ['more than is told', 'zstd', small(1, 2, 3), 2],
    ['cut', 'zstd', small(1, 2, 3).slice(0, -1), 3],
    ['of a window of a terabyte', 'zstd', frame([0x00, 30 << 3], [1]), 1],
    ['of a size of a terabyte', 'zstd', frame([0xe0, 0, 0, 0, 0, 0, 1, 0, 0], [1]), 1],
    ['cut', 'zlib', [...deflateSync(new Uint8Array(9))].slice(0, -6), 9],
    ['more than is told', 'zlib', [...deflateSync(new Uint8Array(99))], 9],
    ['less than is told', 'zlib', [...deflateSync(new Uint8Array(9))], 10],
    ['packed though the file says that nothing is', 'none', small(1), 1],
  ])('that are %s (%s %s) are refused', (_, name, packed, length) => {
    expect(() => unpacked(name, packed, length)).toThrow(
      `f: byte 10: expected x: ${name} data of ${length} bytes, found damaged data, or not that many`,
    );
  });

  it('are not made room for beyond a bound, nor taken beyond the file', () => {
    expect(() => unpacked('zstd', small(1), 0xffff_ffff)).toThrow(
      'f: byte 6: expected an unpacked size of x up to 134217728, found 4294967295',
    );
    const bytes = new Uint8Array([...word(0xffff_fff0), ...word(1)]);
    const reader = new ByteReader({ file: 'f', bytes, origin: 0, unpacked: false });
    expect(() => (Codec.named('zstd', undefined) as Codec).unpack(reader, 'x')).toThrow(
      'f: byte 8: expected packed x (4294967280 bytes), found 0 left',
    );
  });
});
