import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../base/cpu-set.ts';
import { BestCpu } from './best-cpu.ts';
import { findBestCpu, findBestCpuManaged, findLowestOnline } from './best-cpu-scan.ts';
import {
  ASK_THE_SCAN,
  type Choice,
  FEWEST_MANAGED,
  LOWEST,
  MOST_AVAILABLE,
  type RankedFigures,
} from './cpu-ranking.ts';

/** What machines are indexed in different ways: in two words, and in three words and a bit. */
const SIZES = [62, 100] as const;

/** Figures, the index over them, and masks: objects that are kept and changed, and ones that are made for the moment. */
class Bench {
  readonly cpus: number;
  readonly figures: RankedFigures;
  readonly index: BestCpu;
  readonly masks: readonly CpuSet[];

  /**
   * @param offline CPUs that are not online at first
   * @param asMany rankings for any machine and any mask
   */
  constructor(offline: readonly number[] = [], cpus = 100, asMany?: boolean) {
    this.cpus = cpus;
    this.figures = {
      available: new Uint32Array(cpus),
      managedAllocated: new Uint32Array(cpus),
      online: new Uint32Array(cpus).fill(1),
    };
    const last = cpus - 1;
    this.masks = [
      CpuSet.span(0, last),
      // All that there are, and more.
      CpuSet.span(0, cpus + 40),
      CpuSet.from(Array.from({ length: cpus / 2 }, (_, n) => 2 * n)),
      CpuSet.span(20, last - 29),
      // Nearly the same: the one is turned into the other.
      CpuSet.span(20, last - 29).delete(24),
      CpuSet.span(0, last).delete(last - 2),
      CpuSet.span(0, last)
        .delete(last - 2)
        .delete(12),
      CpuSet.span(40, last),
      CpuSet.span(30, 40),
      new CpuSet(),
      CpuSet.span(cpus + 7, cpus + 40),
    ];
    for (const cpu of offline) this.figures.online[cpu % cpus] = 0;
    this.index = new BestCpu(this.figures, asMany);
  }

  set(name: 'available' | 'managedAllocated', cpu: number, count: number): void {
    const from = this.figures[name][cpu] ?? 0;
    this.figures[name][cpu] = count;
    if (this.figures.online[cpu] === 0) return;
    if (name === 'managedAllocated') this.index.managedMoved(cpu, from, count);
    else if (count === (from + 1) % 2 ** 32) this.#movedByOne(cpu, from, from + 1);
    else if (count === from - 1) this.#movedByOne(cpu, from, count);
    else this.index.availableMoved(cpu, from, count);
  }

  /** As every free and every alloc. */
  #movedByOne(cpu: number, from: number, to: number): void {
    if (to > from) this.index.few?.gained(cpu, from);
    else this.index.few?.lost(cpu, from);
    this.index.many?.availableMoved(cpu, from, to);
  }

  setOnline(cpu: number, online: boolean): void {
    this.figures.online[cpu] = online ? 1 : 0;
    this.index.cameOrWent(cpu);
  }

  /** Every choice of every mask, twice as an object that is known, and once as a new one. */
  check(which: number): void {
    const mask = this.masks[which % this.masks.length] ?? new CpuSet();
    // In turns the last one asked: what follows changes while it is kept up.
    const choices = [MOST_AVAILABLE, FEWEST_MANAGED, LOWEST] as const;
    for (let at = 0; at < choices.length; at++) {
      const choice = choices[(at + which) % choices.length] ?? LOWEST;
      const scanned = this.#scan(choice, mask);
      expect(this.index.best(choice, mask)).toBe(scanned);
      if (choice === MOST_AVAILABLE) expect([scanned, ASK_THE_SCAN]).toContain(this.#atOnce(mask));
      expect(this.index.best(choice, mask.clone())).toBe(scanned);
      expect(this.index.best(choice, mask)).toBe(scanned);
    }
  }

  #atOnce(mask: CpuSet): number | undefined {
    return (this.index.few ?? this.index.many)?.atOnce(mask);
  }

  #scan(choice: Choice, mask: CpuSet): number {
    const { available, managedAllocated, online } = this.figures;
    if (choice === MOST_AVAILABLE) return findBestCpu(mask, online, available);
    if (choice === FEWEST_MANAGED) return findBestCpuManaged(mask, online, managedAllocated);
    return findLowestOnline(mask, online);
  }
}

const anyCpu = fc.nat(99);
const anyCount = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 220 }) },
  // Wrapped, and told apart by the scan alone; what a ranking does not count apart.
  { weight: 1, arbitrary: fc.constantFrom(2 ** 32 - 1, 2 ** 32 - 2, 2 ** 31, 65534, 65535, 65536) },
);
const anyName = fc.constantFrom('available' as const, 'managedAllocated' as const);
const anyStep: fc.Arbitrary<(bench: Bench) => void> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(anyName, anyCpu, anyCount).map(
      ([name, cpu, count]) =>
        (bench: Bench) =>
          bench.set(name, cpu % bench.cpus, count),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(anyCpu, fc.boolean()).map(
      ([cpu, online]) =>
        (bench: Bench) =>
          bench.setOnline(cpu % bench.cpus, online),
    ),
  },
  {
    weight: 6,
    // A vector given back or taken; of none left, or of too many given back, the counter wraps.
    arbitrary: fc.tuple(anyCpu, fc.constantFrom(1, -1)).map(([number, by]) => (bench: Bench) => {
      const cpu = number % bench.cpus;
      const count = bench.figures.available[cpu] ?? 0;
      bench.set('available', cpu, by > 0 || count > 0 ? (count + by) % 2 ** 32 : count);
    }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(10), anyCpu, fc.boolean()).map(([which, cpu, add]) => (bench: Bench) => {
      const mask = bench.masks[which];
      if (add) mask?.add(cpu);
      else mask?.delete(cpu);
    }),
  },
  {
    weight: 1,
    // More than a ranking takes up one by one.
    arbitrary: fc.tuple(anyName, anyCount).map(([name, count]) => (bench: Bench) => {
      for (let cpu = 0; cpu < bench.cpus; cpu++) bench.set(name, cpu, (count + (cpu % 3)) % 2 ** 32);
    }),
  },
);

describe('BestCpu', () => {
  for (const cpus of SIZES) {
    it(`\`best\` is what the scans find, after every change, for every choice and mask (${cpus} CPUs)`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(anyStep, fc.nat(10)), { maxLength: 150 }),
          fc.array(anyCpu, { maxLength: 90 }),
          fc.boolean(),
          (steps, offline, asMany) => {
            const bench = new Bench(offline, cpus, asMany);
            for (const [step, asked] of steps) {
              step(bench);
              bench.check(asked);
            }
          },
        ),
        { numRuns: 120 },
      );
    });
  }

  it('counters that came back from below zero are told apart again', () => {
    for (const cpus of SIZES) {
      const bench = new Bench([], cpus);
      const [all = new CpuSet()] = bench.masks;
      bench.set('available', 7, 2 ** 32 - 1);
      bench.set('available', 9, 3);
      expect(bench.index.best(MOST_AVAILABLE, all)).toBe(7);
      bench.set('available', 7, 0);
      expect(bench.index.best(MOST_AVAILABLE, all)).toBe(9);
      bench.set('available', 7, 1);
      bench.set('available', 9, 0);
      expect(bench.index.best(MOST_AVAILABLE, all)).toBe(7);
      const { few, many } = bench.index;
      expect(few?.best(all) ?? many?.best(MOST_AVAILABLE, all)).toBe(7);
    }
  });

  it('`atOnce` sees that the mask it was asked for last has changed', () => {
    for (const cpus of SIZES) {
      const bench = new Bench([], cpus);
      const mask = CpuSet.span(0, cpus - 1);
      for (let cpu = 0; cpu < cpus; cpu++) bench.set('available', cpu, 10);
      for (let again = 0; again < 3; again++) bench.index.best(MOST_AVAILABLE, mask);
      const { few, many } = bench.index;
      expect((few ?? many)?.atOnce(mask)).toBe(0);
      mask.delete(0);
      expect([1, ASK_THE_SCAN]).toContain((few ?? many)?.atOnce(mask));
      expect(bench.index.best(MOST_AVAILABLE, mask)).toBe(1);
    }
  });

  it('a CPU that rises above all others is the best at once', () => {
    for (const cpus of SIZES) {
      const bench = new Bench([], cpus);
      const [all = new CpuSet()] = bench.masks;
      for (let cpu = 0; cpu < cpus; cpu++) bench.set('available', cpu, 10);
      expect(bench.index.best(MOST_AVAILABLE, all)).toBe(0);
      for (let count = 11; count < 14; count++) bench.set('available', 50, count);
      bench.set('available', 40, 11);
      const { few, many } = bench.index;
      expect((few ?? many)?.atOnce(all)).toBe(50);
      for (let count = 12; count > 8; count--) bench.set('available', 50, count);
      expect(bench.index.best(MOST_AVAILABLE, all)).toBe(40);
    }
  });

  it('a mask that was not asked for during more changes than are noted is right all the same', () => {
    const bench = new Bench();
    const [all = new CpuSet(), , half = new CpuSet()] = bench.masks;
    const ask = (mask: CpuSet) => bench.index.best(MOST_AVAILABLE, mask);
    for (let cpu = 0; cpu < bench.cpus; cpu++) bench.set('available', cpu, 10);
    expect([half, half, all].map(ask)).toEqual([0, 0, 0]);
    for (let n = 0; n < 300; n++) bench.set('available', 2 * (n % 40), 11 - (Math.floor(n / 40) % 2));
    bench.set('available', 88, 12);
    expect([half, all].map(ask)).toEqual([88, 88]);
    bench.set('available', 88, 9);
    expect([all, half].map(ask)).toEqual([40, 40]);
  });

  it('`best` follows a CPU through gifts and takings that nobody asks about in between', () => {
    const bench = new Bench();
    const all = bench.masks[0] ?? new CpuSet();
    const half = bench.masks[2] ?? new CpuSet();
    for (let cpu = 0; cpu < bench.cpus; cpu++) bench.set('available', cpu, 10);
    for (const mask of [all, half, half]) expect(bench.index.best(MOST_AVAILABLE, mask)).toBe(0);
    bench.set('available', 60, 11);
    expect(bench.index.best(MOST_AVAILABLE, all)).toBe(60);
    bench.set('available', 60, 9);
    bench.set('available', 60, 12);
    expect(bench.index.best(MOST_AVAILABLE, half)).toBe(60);
    bench.set('available', 60, 10);
    expect(bench.index.best(MOST_AVAILABLE, half)).toBe(0);
    expect(bench.index.best(MOST_AVAILABLE, all)).toBe(0);
  });

  it('`best` knows a CPU that was offline when its mask was first asked for', () => {
    const bench = new Bench([90]);
    for (let cpu = 0; cpu < bench.cpus; cpu++) bench.set('available', cpu, 10);
    const narrow = CpuSet.span(20, 70);
    const wide = CpuSet.span(20, 71).add(90);
    for (const mask of [narrow, narrow, wide]) expect(bench.index.best(MOST_AVAILABLE, mask)).toBe(20);
    bench.set('available', 90, 11);
    bench.setOnline(90, true);
    expect(bench.index.best(MOST_AVAILABLE, wide)).toBe(90);
  });

  it('`best` knows a CPU beyond all others of its mask that comes online', () => {
    const bench = new Bench([90]);
    for (let cpu = 0; cpu < bench.cpus; cpu++) bench.set('available', cpu, 10);
    const narrow = CpuSet.span(20, 70);
    const wide = CpuSet.span(21, 70).add(90);
    for (const mask of [narrow, narrow, wide]) bench.index.best(MOST_AVAILABLE, mask);
    bench.set('available', 90, 11);
    bench.setOnline(90, true);
    expect(bench.index.best(MOST_AVAILABLE, wide)).toBe(90);
  });

  it('`best` of a mask that was the same as another one, while a CPU was offline, has that CPU when it comes', () => {
    const bench = new Bench([90]);
    for (let cpu = 0; cpu < bench.cpus; cpu++) bench.set('available', cpu, cpu === 90 ? 11 : 10);
    const without = CpuSet.span(20, 95).delete(90);
    const withIt = CpuSet.span(20, 95);
    const ask = (mask: CpuSet) => bench.index.best(MOST_AVAILABLE, mask);
    expect([without, without, withIt, withIt].map(ask)).toEqual([20, 20, 20, 20]);
    bench.setOnline(90, true);
    expect([withIt, without, withIt].map(ask)).toEqual([90, 20, 90]);
  });

  it('`best` of a mask that lost its best CPU is the next one, and is that CPU again with the mask before', () => {
    const bench = new Bench();
    for (let cpu = 0; cpu < bench.cpus; cpu++) bench.set('available', cpu, 10);
    const whole = CpuSet.span(20, 70);
    const less = CpuSet.span(20, 70).delete(20);
    const ask = (mask: CpuSet) => bench.index.best(MOST_AVAILABLE, mask);
    expect([whole, whole, less, whole, less].map(ask)).toEqual([20, 20, 21, 20, 21]);
  });

  it('`best` sees a change of the CPU that changed last before a mask was first ranked', () => {
    const bench = new Bench();
    const [all = new CpuSet(), , half = new CpuSet()] = bench.masks;
    const ask = (mask: CpuSet) => bench.index.best(MOST_AVAILABLE, mask);
    for (let cpu = 0; cpu < bench.cpus; cpu++) bench.set('available', cpu, 10);
    bench.set('available', 60, 11);
    expect([half, half].map(ask)).toEqual([60, 60]);
    bench.set('available', 60, 9);
    expect([half, all].map(ask)).toEqual([0, 0]);
  });

  it('`best` is right after more changes than the log has positions for', () => {
    const bench = new Bench();
    for (let cpu = 0; cpu < bench.cpus; cpu++) bench.set('available', cpu, 10);
    bench.check(0);
    bench.check(2);
    for (let n = 0; n < 2 ** 20 + 5; n++) bench.index.availableMoved(n % bench.cpus, 10, 10);
    bench.set('available', 77, 11);
    bench.check(0);
    bench.check(2);
  });

  it('masks that were not asked for lately are forgotten, and memory stays bounded', () => {
    const bench = new Bench();
    for (let cpu = 0; cpu < bench.cpus; cpu++) bench.set('available', cpu, cpu % 7);
    for (let round = 0; round < 3; round++) {
      for (let from = 0; from < 40; from++) {
        const mask = CpuSet.span(from, from + 50);
        for (let again = 0; again < 3; again++) {
          const { available, online } = bench.figures;
          expect(bench.index.best(MOST_AVAILABLE, mask)).toBe(findBestCpu(mask, online, available));
        }
      }
      expect(bench.index.byteLength).toBeLessThan(6000);
    }
  });
});
