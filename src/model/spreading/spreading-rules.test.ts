import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../../test/model/spreading-machines.ts';
import type { SpreadingRules } from './spreading-rules.ts';

/** The spreading rows of table 12.1 and chapter 7, a column per tree, written out by hand; `-` is "no". */
const TABLE = `
                    4.14       4.15       4.16       4.20       5.4        6.1        6.8        6.12       6.18       7.1
spreadBase          possible   present    possible   both       both       both       both       both       both       both
spreadByNodeSize    -          -          -          -          yes        yes        yes        yes        yes        yes
spreadJoinsNodes    -          -          -          -          yes        yes        yes        yes        yes        yes
spreadWholeNodes    -          -          -          yes        yes        -          -          -          -          -
heapSort            single-pop single-pop single-pop single-pop single-pop single-pop single-pop double-pop double-pop double-pop
spreadLeavesEmpty   -          -          -          -          yes        yes        yes        yes        -          -
emptySetFaults      yes        yes        yes        yes        yes        yes        yes        -          -          -
affinitySets        none       none       none       none       computed   computed   computed   computed   computed   computed
managesAllMessages  yes        yes        yes        yes        -          -          -          -          -          -
spreadByCluster     -          -          -          -          -          -          -          -          -          yes
`;

const [header = '', ...rows] = TABLE.trim().split('\n');
const WORDS: Readonly<Record<string, unknown>> = { yes: true, '-': false, both: 'present-then-rest' };

describe('spreading rules', () => {
  const kernels = header.trim().split(/\s+/);

  it.each(kernels)('%s has every row of the table', (kernel) => {
    const rules = rulesOf(kernel);
    const column = kernels.indexOf(kernel);
    for (const line of rows) {
      const [feature = '', ...cells] = line.split(/\s+/);
      const cell = cells[column] ?? '';
      expect([feature, rules[feature as keyof SpreadingRules]]).toEqual([feature, WORDS[cell] ?? cell]);
    }
    expect(rows).toHaveLength(10);
  });
});
