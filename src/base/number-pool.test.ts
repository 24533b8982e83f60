import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberPool } from './number-pool.ts';

/** The same by looking at every place. */
function firstFreeByHand(pool: NumberPool, count: number, from: number, alignment: number): number {
  for (let at = Math.ceil(from / alignment) * alignment; ; at += alignment) {
    const run = Array.from({ length: count }, (_, k) => at + k);
    if (!run.some((n) => pool.has(n))) return at;
  }
}

describe('NumberPool', () => {
  it('hands out the lowest free run', () => {
    const pool = new NumberPool();
    pool.take(0, 3);
    pool.take(4);
    expect([pool.firstFree(1), pool.firstFree(2), pool.firstFree(1, 4)]).toEqual([3, 5, 5]);
    pool.release(1, 2);
    expect([pool.firstFree(1), pool.firstFree(3), pool.firstFree(4)]).toEqual([1, 1, 5]);
  });

  it('begins an aligned run at a multiple of the alignment, even past a free number', () => {
    const pool = new NumberPool();
    pool.take(0);
    expect([pool.firstFree(4, 0, 4), pool.firstFree(1, 0, 1)]).toEqual([4, 1]);
  });

  it('finds what a search place by place finds', () => {
    const takes = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 5 })), { maxLength: 20 });
    const alignments = fc.constantFrom(1, 2, 4, 8);
    fc.assert(
      fc.property(
        takes,
        takes,
        fc.nat(70),
        fc.integer({ min: 1, max: 9 }),
        alignments,
        (taken, freed, from, n, to) => {
          const pool = new NumberPool();
          for (const [first, count] of taken) pool.take(first, count);
          for (const [first, count] of freed) pool.release(first, count);
          expect(pool.firstFree(n, from, to)).toBe(firstFreeByHand(pool, n, from, to));
        },
      ),
    );
  });

  it('copies are independent', () => {
    const pool = new NumberPool();
    pool.take(0);
    const copy = pool.clone();
    copy.take(1);
    pool.release(0);
    expect([pool.size, copy.size]).toEqual([0, 2]);
  });
});
