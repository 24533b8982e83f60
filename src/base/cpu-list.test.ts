import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ensure } from './assert.ts';
import { MAX_CPUS, parseCpuList, parseCpuMask, parseCpuSequence } from './cpu-list.ts';
import { CpuSet } from './cpu-set.ts';

const cpus = fc.uniqueArray(fc.nat({ max: 300 }), { maxLength: 40 });

/** The kernel's `%*pb`: 32-bit groups in hexadecimal, the highest first. */
function hexMask(set: CpuSet, words: number): string {
  const groups = Array.from({ length: words }, (_, word) => {
    let value = 0;
    for (let bit = 0; bit < 32; bit++) if (set.has(word * 32 + bit)) value += 2 ** bit;
    return value.toString(16).padStart(8, '0');
  });
  return groups.reverse().join(',');
}

function errorOf(text: string, parse: typeof parseCpuList = parseCpuList) {
  const result = parse(text);
  return result.ok ? undefined : result.error;
}

describe('parseCpuList', () => {
  it('reads back what a set prints', () => {
    fc.assert(
      fc.property(cpus, (numbers) => {
        const set = CpuSet.from(numbers);
        const result = parseCpuList(`${set}\n`);
        expect(result.ok && result.value.equals(set)).toBe(true);
      }),
    );
  });

  it('takes nothing but a line end as the empty set', () => {
    const result = parseCpuList('\n');
    expect(result.ok && result.value.isEmpty).toBe(true);
  });

  it.each([
    ['3-1', 1, '3-1', 'a range whose end is not below its start'],
    ['0,5-4', 3, '5-4', 'a range whose end is not below its start'],
    ['a', 1, 'a', 'a CPU number or a range like 0-3'],
    ['0-3,', 5, '', 'a CPU number or a range like 0-3'],
    ['  1,,2', 5, '', 'a CPU number or a range like 0-3'],
    ['-1', 1, '-1', 'a CPU number or a range like 0-3'],
    ['0-7:2/4', 1, '0-7:2/4', 'a CPU number or a range like 0-3'],
    ['8192', 1, '8192', 'CPU numbers below 8192'],
    ['99999999', 1, '99999999', 'a CPU number or a range like 0-3'],
    ['0-8191,0', 8, '0', 'no more than 8192 CPUs in all'],
  ])('refuses %j at column %i', (text, column, part, expected) => {
    expect(errorOf(text)).toEqual({ column, text: part, expected });
  });

  it('takes the highest CPU that Linux can have', () => {
    const result = parseCpuList(`${MAX_CPUS - 1}`);
    expect(result.ok && result.value.last).toBe(8191);
  });
});

describe('parseCpuSequence', () => {
  it('keeps the order and the duplicates of a request', () => {
    expect(parseCpuSequence(' 3,0-1,3\n')).toEqual({ ok: true, value: [3, 0, 1, 3] });
  });

  it('takes exactly as many CPUs as Linux can have', () => {
    const result = parseCpuSequence('0-8191');
    expect(result.ok && result.value.length).toBe(MAX_CPUS);
  });
});

describe('parseCpuMask', () => {
  it('reads back every mask that the kernel prints, with any number of leading zero groups', () => {
    fc.assert(
      fc.property(cpus, fc.nat({ max: 3 }), (numbers, padding) => {
        const set = CpuSet.from(numbers);
        const words = Math.ceil(((set.last ?? 0) + 1) / 32) + padding;
        const result = parseCpuMask(`${hexMask(set, words)}\n`);
        expect(result.ok && result.value.equals(set)).toBe(true);
      }),
    );
  });

  it('reads short groups as the kernel prints the first one', () => {
    const result = parseCpuMask('1,0000000f');
    expect(result.ok && String(result.value)).toBe('0-3,32');
  });

  it.each([
    ['', 1, ''],
    ['ff,', 4, ''],
    ['0x3', 1, '0x3'],
    ['123456789', 1, '123456789'],
    ['1,g', 3, 'g'],
  ])('refuses %j at column %i', (text, column, part) => {
    expect(errorOf(text, parseCpuMask)).toEqual({
      column,
      text: part,
      expected: 'a hexadecimal group of up to 8 digits',
    });
  });

  it('refuses a mask that is far longer than any machine', () => {
    const error = ensure(errorOf('0,'.repeat(2000), parseCpuMask), 'error');
    expect(error.expected).toBe('a shorter mask');
    expect(error.text.length).toBeLessThanOrEqual(40);
  });
});
