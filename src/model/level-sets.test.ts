import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LevelSets, MAX_LEVEL, NO_LEVEL } from './level-sets.ts';

/** Near each other, as counters are; far apart, as after hotplug; and the ends. */
const anyLevel = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 90, max: 110 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom(NO_LEVEL, 1, MAX_LEVEL - 1, MAX_LEVEL) },
);

describe('LevelSets', () => {
  for (const places of [1, 31, 33, 1500]) {
    it(`answers the lowest place of the highest level after every change (${places} places)`, () => {
      const put = fc.record({ place: fc.nat(places - 1), level: anyLevel });
      fc.assert(
        fc.property(fc.array(put, { maxLength: 200 }), (puts) => {
          const sets = new LevelSets(places);
          const levels: number[] = Array(places).fill(NO_LEVEL);
          for (const { place, level } of puts) {
            sets.put(place, level);
            levels[place] = level;
            const highest = Math.max(...levels);
            expect(sets.top()).toBe(highest);
            if (highest !== NO_LEVEL) expect(sets.lowestOf(highest)).toBe(levels.indexOf(highest));
          }
        }),
        { numRuns: 100 },
      );
    });
  }

  it('finds places again that lie more than a window below a place that has gone', () => {
    const sets = new LevelSets(100);
    sets.put(70, 5);
    sets.put(80, 6);
    sets.put(3, 200);
    expect(sets.top()).toBe(200);
    sets.put(3, NO_LEVEL);
    expect(sets.top()).toBe(6);
    sets.put(80, NO_LEVEL);
    expect(sets.lowestOf(sets.top())).toBe(70);
    sets.put(70, NO_LEVEL);
    expect(sets.top()).toBe(NO_LEVEL);
  });
});
