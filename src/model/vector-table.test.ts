import { describe, expect, it } from 'vitest';
import { VectorTable } from './vector-table.ts';

describe('VectorTable', () => {
  it('what `clone` gives and its original never see what the other one writes', () => {
    const table = new VectorTable();
    table.store(0, 33, 100);
    table.store(1, 34, 101);
    const copy = table.clone();
    table.store(0, 40, 102);
    copy.clear(1, 34, 'shutdown');
    copy.store(2, 50, 103);
    copy.reset(0);
    expect([table.at(0, 33), table.at(0, 40), table.at(1, 34), table.at(2, 50)]).toEqual([
      100,
      102,
      101,
      'unused',
    ]);
    expect([copy.at(0, 33), copy.at(0, 40), copy.at(1, 34), copy.at(2, 50)]).toEqual([
      'unused',
      'unused',
      'shutdown',
      103,
    ]);
  });

  it('a copy of a copy, and a second copy, start from what was there', () => {
    const table = new VectorTable();
    table.store(0, 33, 100);
    const copy = table.clone();
    const deep = copy.clone();
    copy.clear(0, 33, 'unused');
    table.store(0, 34, 101);
    const second = table.clone();
    table.clear(0, 34, 'unused');
    expect([deep.used(0), copy.used(0), second.used(0), table.used(0)]).toEqual([[33], [], [33, 34], [33]]);
  });
});
