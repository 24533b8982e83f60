import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { formatBytes, LIMITS, outputLimit } from './limits.ts';
import { gunzip } from './unpack.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('gunzip', () => {
  test('unpacks several members one after the other', () => {
    expect(text(gunzip('x', Buffer.concat([gzipSync('one '), gzipSync('two')])))).toBe('one two');
  });

  test('tells truncated from damaged', () => {
    const packed = gzipSync('a text that is long enough to be cut '.repeat(9));
    expect(() => gunzip('x.gz', packed.subarray(0, 30))).toThrow('x.gz: truncated: the gzip data ends early');
    const damaged = Buffer.from(packed).fill(0xff, 12, 20);
    expect(() => gunzip('x.gz', damaged)).toThrow(/^x\.gz: damaged gzip data \(/);
  });

  test('stops at the limit of a bomb', () => {
    const limits = { ...LIMITS, trustedBytes: 1 << 20, maxBytes: 1 << 22 };
    const bomb = gzipSync(new Uint8Array(1 << 21));
    expect(() => gunzip('b.gz', bomb, limits)).toThrow(
      /^b\.gz: \d+ bytes unpack to more than 1 MiB: not read/,
    );
    expect(gunzip('b.gz', gzipSync(new Uint8Array(1 << 20)), limits)).toHaveLength(1 << 20);
  });

  test('refuses 300 MiB of zeros with the real limits, in bounded memory', () => {
    const mebibytes = gzipSync(new Uint8Array(50 << 20));
    const bomb = Buffer.concat(Array.from({ length: 6 }, () => mebibytes));
    expect(() => gunzip('b.gz', bomb)).toThrow('unpack to more than 256 MiB');
  });
});

describe('outputLimit', () => {
  test('trusts small outputs, then the ratio counts, never beyond the maximum', () => {
    expect(outputLimit(10, LIMITS)).toBe(LIMITS.trustedBytes);
    expect(outputLimit(2 << 20, LIMITS)).toBe(400 << 20);
    expect(outputLimit(1 << 30, LIMITS)).toBe(LIMITS.maxBytes);
  });

  test('formatBytes rounds down to a unit', () => {
    expect([5, 1 << 20, 1 << 30].map(formatBytes)).toEqual(['5 bytes', '1 MiB', '1 GiB']);
  });
});
