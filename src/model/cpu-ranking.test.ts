import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../base/cpu-set.ts';
import { findBestCpu } from './best-cpu-scan.ts';
import { CpuRanking, MOST_AVAILABLE } from './cpu-ranking.ts';

/** Near each other, as counters are; far apart, as after hotplug; and none left. */
const anyCount = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 90, max: 110 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 60000) },
);

function ranked(cpus: number) {
  const figures = {
    available: new Uint32Array(cpus),
    managedAllocated: new Uint32Array(cpus),
    online: new Uint32Array(cpus).fill(1),
  };
  const ranking = new CpuRanking(MOST_AVAILABLE, { first: 0, last: cpus - 1, members: undefined }, figures);
  ranking.settleAll();
  const set = (cpu: number, count: number): number => {
    figures.available[cpu] = count;
    ranking.settle(cpu);
    return ranking.best();
  };
  return { figures, ranking, set };
}

describe('CpuRanking', () => {
  // One word of each set, two, and more than a word tells of.
  for (const cpus of [1, 31, 33, 1500]) {
    it(`is what the scan finds after every change (${cpus} CPUs)`, () => {
      const all = CpuSet.span(0, cpus - 1);
      const change = fc.record({ cpu: fc.nat(cpus - 1), count: anyCount });
      fc.assert(
        fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
          const { figures, set } = ranked(cpus);
          for (const { cpu, count } of changes) {
            expect(set(cpu, count)).toBe(findBestCpu(all, figures.online, figures.available));
          }
        }),
        { numRuns: 100 },
      );
    });
  }

  it('finds CPUs again that lie more than a window below one that has gone', () => {
    const { set } = ranked(100);
    expect([set(70, 5), set(80, 6), set(3, 200), set(3, 0), set(80, 0), set(70, 0)]).toEqual([
      70, 80, 3, 80, 70, -1,
    ]);
  });

  it('answers although a CPU that is offline has far more than all others', () => {
    const { figures, set } = ranked(40);
    figures.online[7] = 0;
    expect([set(3, 5), set(7, 60000), set(3, 4)]).toEqual([3, 3, 3]);
  });
});
