import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addRanges, clampToZero, exactly, formatRange, isExact, type Range, range } from './range.ts';

/** A range and a value inside it. */
const uncertain = fc
  .tuple(fc.integer({ min: -50, max: 50 }), fc.nat({ max: 20 }), fc.nat({ max: 20 }))
  .map(([value, below, above]): [Range, number] => [range(value - below, value + above), value]);

const holds = (r: Range, value: number): boolean => r.min <= value && value <= r.max;

describe('ranges', () => {
  it('a sum, a difference and a clamp hold the true figure, and no more than the ends reach', () => {
    fc.assert(
      fc.property(uncertain, uncertain, ([a, x], [b, y]) => {
        expect(holds(addRanges(a, b), x + y)).toBe(true);
        expect(holds(clampToZero(a), Math.max(0, x))).toBe(true);
        expect(addRanges(a, b)).toEqual({ min: a.min + b.min, max: a.max + b.max });
      }),
    );
  });

  it('`clampToZero` lifts only what is negative', () => {
    expect(clampToZero(range(-3, -1))).toEqual(exactly(0));
    expect(clampToZero(range(-3, 4))).toEqual(range(0, 4));
    expect(clampToZero(range(2, 4))).toEqual(range(2, 4));
  });

  it('`formatRange` shows one figure where it is known', () => {
    expect(formatRange(exactly(7))).toBe('7');
    expect(formatRange(range(5, 7))).toBe('5..7');
    expect([isExact(exactly(7)), isExact(range(5, 7))]).toEqual([true, false]);
  });
});
