import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBitmapList, parseBitmapMask } from './bitmap-text.ts';
import { CpuSet } from './cpu-set.ts';

const list = (text: string, bits = 32): string => {
  const parsed = parseBitmapList(text, bits, bits - 1);
  return parsed.ok ? `${parsed.value}` : parsed.error;
};
const mask = (text: string, bits = 32): string => {
  const parsed = parseBitmapMask(text, bits);
  return parsed.ok ? `${parsed.value}` : parsed.error;
};

/** From lib/test_bitmap.c, test_bitmap_parselist(), and what it says of them. */
describe('a list, as bitmap_parselist() takes it', () => {
  it.each([
    ['0', '0'],
    ['3', '3'],
    ['0-31', '0-31'],
    ['1-3,7', '1-3,7'],
    ['all', '0-31'],
    ['N', '31'],
    ['0-N', '0-31'],
    ['N-N', '31'],
    ['0-31:1/3', '0,3,6,9,12,15,18,21,24,27,30'],
    ['0-10:2/4', '0-1,4-5,8-9'],
    ['1-31:4/4', '1-31'],
    ['all:1/16', '0,16'],
    ['0-31:0/4', ''],
    ['3,1,2', '1-3'],
    ['', ''],
    ['\n', ''],
    [' 1-2\n', '1-2'],
  ])('"%s"', (text, expected) => {
    expect(list(text)).toBe(expected);
  });

  it.each([
    ['3-1', 'EINVAL'],
    ['x', 'EINVAL'],
    ['1-', 'EINVAL'],
    ['-1', 'EINVAL'],
    ['1,,2', 'EINVAL'],
    ['0-31:5/4', 'EINVAL'],
    ['0-31:1/0', 'EINVAL'],
    ['0x3', 'EINVAL'],
    ['32', 'ERANGE'],
    ['0-32', 'ERANGE'],
  ])('"%s" is %s', (text, fault) => {
    expect(list(text)).toBe(fault);
  });

  it('has no last bit where the kernel knows none', () => {
    const unknown = (text: string): string | undefined => {
      const parsed = parseBitmapList(text, 32, undefined);
      return parsed.ok ? `${parsed.value}` : parsed.error;
    };
    expect([unknown('N'), unknown('all'), unknown('0-3')]).toEqual(['EINVAL', 'EINVAL', '0-3']);
  });

  it('ends somewhere', () => {
    expect(list('1,'.repeat(3000))).toBe('EINVAL');
  });
});

describe('a mask, as bitmap_parse() takes it', () => {
  it.each([
    ['f', 32, '0-3'],
    ['F0', 32, '4-7'],
    ['00000001', 32, '0'],
    ['1,00000000', 64, '32'],
    ['80000000,00000000', 64, '63'],
    ['f\n', 4, '0-3'],
    ['0', 32, ''],
  ])('"%s" of %i bits', (text, bits, expected) => {
    expect(mask(text, bits)).toBe(expected);
  });

  it.each([
    ['', 32, 'EINVAL'],
    ['g', 32, 'EINVAL'],
    ['0x3', 32, 'EINVAL'],
    ['1,', 64, 'EINVAL'],
    ['10', 4, 'EOVERFLOW'],
    ['0,f', 4, 'EOVERFLOW'],
    ['100000000', 64, 'EOVERFLOW'],
  ])('"%s" of %i bits is %s', (text, bits, fault) => {
    expect(mask(text, bits)).toBe(fault);
  });

  it('reads back what the kernel prints, and so does a list', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(99)), (cpus) => {
        const set = CpuSet.from(cpus);
        const words = [3, 2, 1, 0].map((word) => {
          let value = 0;
          for (let bit = 0; bit < 32; bit++) if (set.has(32 * word + bit)) value += 2 ** bit;
          return value.toString(16).padStart(word === 3 ? 1 : 8, '0');
        });
        expect(mask(words.join(','), 100)).toBe(`${set}`);
        expect(list(`${set}`, 100)).toBe(`${set}`);
      }),
    );
  });
});
