import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCpuSequence } from './cpu-list.ts';
import { formatNumberList } from './number-list.ts';

describe('formatNumberList', () => {
  it.each([
    [[], ''],
    [[0], '0'],
    [[0, 1], '0-1'],
    [[0, 2], '0,2'],
    [[5, 6, 7, 9, 11, 12], '5-7,9,11-12'],
  ])('prints %j as %j', (numbers, text) => {
    expect(formatNumberList(numbers)).toBe(text);
  });

  it('reads back as the same numbers, in the fewest parts', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 120 })), (numbers) => {
        const ascending = numbers.sort((a, b) => a - b);
        const text = formatNumberList(ascending);
        expect(parseCpuSequence(text)).toEqual({ ok: true, value: ascending });
        const starts = ascending.filter((n, at) => ascending[at - 1] !== n - 1).length;
        expect(text === '' ? 0 : text.split(',').length).toBe(starts);
      }),
    );
  });
});
