import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeapSort, kernelSort } from './kernel-sort.ts';

const VARIANTS: readonly HeapSort[] = ['single-pop', 'double-pop'];

/** The order in which n entries with equal keys come out: their former positions. */
function orderOfEqual(n: number, variant: HeapSort): number[] {
  const entries = Array.from({ length: n }, (_, at) => at);
  kernelSort(entries, () => 0, variant);
  return entries;
}

const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

describe('kernelSort', () => {
  // Specification 7.5.1.
  it.each([
    [1, [0], [0]],
    [2, [1, 0], [1, 0]],
    [3, [1, 2, 0], [2, 1, 0]],
    [4, [1, 2, 3, 0], [1, 3, 2, 0]],
    [5, [1, 2, 3, 4, 0], [3, 1, 4, 2, 0]],
    [6, [1, 2, 3, 4, 5, 0], [1, 3, 4, 5, 2, 0]],
    [7, [1, 2, 3, 4, 5, 6, 0], [3, 1, 4, 5, 6, 2, 0]],
    [8, [1, 2, 3, 4, 5, 6, 7, 0], [1, 3, 4, 5, 6, 7, 2, 0]],
    [16, [...upTo(1, 15), 0], [1, ...upTo(3, 15), 2, 0]],
  ])('orders %i equal keys as the kernel does, before and after the double pop', (n, single, double) => {
    expect(orderOfEqual(n, 'single-pop')).toEqual(single);
    expect(orderOfEqual(n, 'double-pop')).toEqual(double);
  });

  it('on a tie walks down to the left child, since the double pop to the right one', () => {
    const order = (variant: HeapSort): number[] => {
      const entries = [0, 1, 1].map((key, at) => ({ key, at }));
      kernelSort(entries, (a, b) => a.key - b.key, variant);
      return entries.map(({ at }) => at);
    };
    expect(order('single-pop')).toEqual([0, 2, 1]);
    expect(order('double-pop')).toEqual([0, 1, 2]);
  });

  it('does nothing to an empty list', () => {
    for (const variant of VARIANTS) expect(orderOfEqual(0, variant)).toEqual([]);
  });

  it.each(VARIANTS)('%s sorts any list', (variant) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 200 }), (values) => {
        const sorted = [...values];
        kernelSort(sorted, (a, b) => a - b, variant);
        expect(sorted).toEqual([...values].sort((a, b) => a - b));
      }),
    );
  });

  it.each(VARIANTS)('%s sorts every list of up to six keys out of three', (variant) => {
    for (let length = 1; length <= 6; length++) {
      for (let code = 0; code < 3 ** length; code++) {
        const values = Array.from({ length }, (_, at) => Math.floor(code / 3 ** at) % 3);
        const sorted = [...values];
        kernelSort(sorted, (a, b) => a - b, variant);
        expect(sorted).toEqual([...values].sort());
      }
    }
  });
});
