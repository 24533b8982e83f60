import { describe, expect, it } from 'vitest';
import { HEADER_PAGE, head, PAGE, page } from '../../../test/build-trace-dat.ts';
import type { Piece } from './byte-reader.ts';
import { eventsOfPages, type PageLayout, pageLayoutOf } from './ring-buffer.ts';
import { TraceDatError } from './trace-dat-error.ts';

const layout = pageLayoutOf(HEADER_PAGE, PAGE) as PageLayout;

function eventsOf(...pages: readonly Uint8Array[]): { at: bigint; data: number[]; lost: number }[] {
  const bytes = new Uint8Array(pages.flatMap((one) => [...one]));
  const piece: Piece = { file: 'f', bytes, origin: 0, unpacked: false };
  return [...eventsOfPages(piece, layout)].map(({ timestamp, view, start, end, lost }) => {
    const data: number[] = [];
    for (let at = start; at < end; at += 4) data.push(view.getUint32(at, true));
    return { at: timestamp, data, lost };
  });
}

const errorOf = (...pages: readonly Uint8Array[]): string => {
  try {
    eventsOf(...pages);
  } catch (error) {
    if (error instanceof TraceDatError) return error.message;
    throw error;
  }
  return 'nothing';
};

describe('a page of the ring buffer', () => {
  it('has events of the length that their type says, each later than the one before', () => {
    expect(eventsOf(page(1000n, [head(1, 5), 11, head(3, 7), 21, 22, 23]))).toEqual([
      { at: 1005n, data: [11], lost: 0 },
      { at: 1012n, data: [21, 22, 23], lost: 0 },
    ]);
  });

  it('has longer ones with their length in a word, which counts itself', () => {
    expect(eventsOf(page(0n, [head(0, 1), 12, 31, 32, head(1, 1), 41]))).toEqual([
      { at: 1n, data: [31, 32], lost: 0 },
      { at: 2n, data: [41], lost: 0 },
    ]);
  });

  it('has times that a delta has no room for: added, or as they are', () => {
    const extended = [head(30, 3), 2, head(1, 4), 51];
    expect(eventsOf(page(10n, extended))).toEqual([{ at: 10n + 3n + (2n << 27n) + 4n, data: [51], lost: 0 }]);
    // An absolute stamp has 59 bits: the five highest are the page's.
    const base = 5n << 59n;
    const absolute = [head(31, 3), 2, head(1, 4), 61];
    expect(eventsOf(page(base + 10n, absolute))).toEqual([
      { at: base + 3n + (2n << 27n) + 4n, data: [61], lost: 0 },
    ]);
  });

  it('has entries that were taken back, whose time counts, and ends at an empty one', () => {
    const words = [head(29, 6), 8, 99, head(1, 1), 71, head(29), 0, head(1), 72];
    expect(eventsOf(page(100n, words))).toEqual([{ at: 107n, data: [71], lost: 0 }]);
  });

  it('tells with its first event that some before it are lost, and how many where the kernel knows', () => {
    const words = [head(1, 1), 81, head(1, 1), 82];
    const counted = page(0n, [...words, 1008], 16 + 2 ** 31 + 2 ** 30);
    expect(eventsOf(counted).map(({ lost }) => lost)).toEqual([1008, 0]);
    expect(eventsOf(page(0n, words, 16 + 2 ** 31)).map(({ lost }) => lost)).toEqual([-1, 0]);
    // No room for the number.
    const full = Array.from({ length: 1020 }, (_, at) => (at % 2 === 0 ? head(1, 1) : at));
    expect(eventsOf(page(0n, full, 4080 + 2 ** 31 + 2 ** 30))[0]?.lost).toBe(-1);
  });

  it('is followed by the next one, and may be empty', () => {
    const [first, second] = [page(5n, [head(1), 91]), page(9n, [head(1), 92])];
    expect(eventsOf(first, page(7n, []), second).map(({ at, data }) => [at, data[0]])).toEqual([
      [5n, 91],
      [9n, 92],
    ]);
  });

  it('that is damaged is refused at the byte', () => {
    expect(errorOf(page(0n, [], 4081))).toBe(
      'f: byte 8: expected up to 4080 bytes of events in a page, found 4081',
    );
    expect(errorOf(page(0n, [head(1), 1]), page(0n, [head(5), 1]))).toBe(
      `f: byte ${PAGE + 16}: expected an entry of 8 to 8 bytes, as are left in its page, found 24`,
    );
    expect(errorOf(page(0n, [head(0), 0xffffffff]))).toContain('found 4294967299');
    expect(errorOf(page(0n, [head(0, 1), 0, 0, 0]))).toContain('expected an entry of 8 to 16 bytes');
    expect(errorOf(page(0n, [head(30)]))).toContain('expected an entry that ends in its page');
  });
});

describe('the header of a page', () => {
  it('says where what is', () => {
    expect(layout).toEqual({ pageSize: PAGE, timestamp: 0, commit: 8, commitSize: 8, data: 16 });
    const of32 = HEADER_PAGE.replace('offset:8;\tsize:8', 'offset:8;\tsize:4').replace(
      'offset:16',
      'offset:12',
    );
    expect(pageLayoutOf(of32, PAGE)).toMatchObject({ commitSize: 4, data: 12 });
  });

  it('that lacks a field, or leads out of the page, is none', () => {
    expect(pageLayoutOf('', PAGE)).toBeUndefined();
    expect(pageLayoutOf(HEADER_PAGE.replace('data;', 'date;'), PAGE)).toBeUndefined();
    expect(pageLayoutOf(HEADER_PAGE.replace('offset:16', 'offset:4096'), PAGE)).toBeUndefined();
    expect(pageLayoutOf(HEADER_PAGE.replace('offset:8;\tsize:8', 'offset:8;\tsize:2'), PAGE)).toBeUndefined();
    expect(pageLayoutOf(HEADER_PAGE.replace('size:8', 'size:4'), PAGE)).toBeUndefined();
  });
});
