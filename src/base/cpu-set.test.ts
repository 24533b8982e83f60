import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuSet } from './cpu-set.ts';

const cpus = fc.uniqueArray(fc.nat({ max: 200 }), { maxLength: 40 });
const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);

describe('CpuSet', () => {
  it('`and`, `or`, `andNot` and the comparisons agree with a plain Set', () => {
    fc.assert(
      fc.property(cpus, cpus, (left, right) => {
        const [a, b] = [CpuSet.from(left), CpuSet.from(right)];
        const inRight = new Set(right);
        const common = left.filter((cpu) => inRight.has(cpu));
        expect([...a.and(b)]).toEqual(sorted(common));
        expect([...a.or(b)]).toEqual(sorted(new Set([...left, ...right])));
        expect([...a.andNot(b)]).toEqual(sorted(left.filter((cpu) => !inRight.has(cpu))));
        expect(a.intersects(b)).toBe(common.length > 0);
        expect(a.isSubsetOf(b)).toBe(common.length === left.length);
        expect(a.equals(b)).toBe(common.length === left.length && left.length === right.length);
      }),
    );
  });

  it('`size`, `isEmpty`, `first`, `last` and `has` agree with a plain Set, after deletions too', () => {
    fc.assert(
      fc.property(cpus, cpus, (added, deleted) => {
        const set = CpuSet.from(added);
        for (const cpu of deleted) set.delete(cpu);
        const gone = new Set(deleted);
        const left = sorted(added.filter((cpu) => !gone.has(cpu)));
        expect([set.size, set.isEmpty, set.first, set.last]).toEqual([
          left.length,
          left.length === 0,
          left[0],
          left.at(-1),
        ]);
        for (const cpu of [...added, ...deleted, 300]) expect(set.has(cpu)).toBe(left.includes(cpu));
      }),
    );
  });

  it('sets of different capacity are equal and are subsets as if padded with zeros', () => {
    const wide = new CpuSet(8192).add(3);
    const narrow = CpuSet.of(3);
    expect(wide.equals(narrow)).toBe(true);
    expect(narrow.equals(wide)).toBe(true);
    expect(wide.clone().add(4000).isSubsetOf(narrow)).toBe(false);
    expect(String(narrow.or(CpuSet.of(4000)))).toBe('3,4000');
  });

  it('`add` sets the highest bit of a word without touching its neighbours', () => {
    expect([...CpuSet.of(31, 32, 63, 64)]).toEqual([31, 32, 63, 64]);
    expect(CpuSet.of(31).first).toBe(31);
    expect(CpuSet.of(31).last).toBe(31);
  });

  it('`span` holds both ends, and nothing when the end is below the start', () => {
    expect([...CpuSet.span(30, 33)]).toEqual([30, 31, 32, 33]);
    expect([...CpuSet.span(7, 7)]).toEqual([7]);
    expect(CpuSet.span(1, 0).isEmpty).toBe(true);
  });

  it('`clone` is a set of its own, and so are the results of the algebra', () => {
    const set = CpuSet.of(1, 2);
    const copy = set.clone().add(5);
    const both = set.and(set).delete(1);
    expect([set, copy, both].map(String)).toEqual(['1-2', '1-2,5', '2']);
  });

  it('`toString` and JSON give the kernel’s list form', () => {
    expect(String(CpuSet.of(8, 0, 1, 2, 3))).toBe('0-3,8');
    expect(JSON.stringify({ mask: CpuSet.of(0, 2) })).toBe('{"mask":"0,2"}');
    expect(String(new CpuSet())).toBe('');
  });

  it('`first`, `intersects` and `isSubsetOf` follow CPUs that come and go below the first one', () => {
    const set = CpuSet.of(200);
    const low = CpuSet.of(40);
    const ask = () => [set.first, set.intersects(low), set.isSubsetOf(low)];
    expect(ask()).toEqual([200, false, false]);
    set.add(40);
    expect(ask()).toEqual([40, true, false]);
    set.delete(200);
    expect(ask()).toEqual([40, true, true]);
    set.delete(40);
    expect(ask()).toEqual([undefined, false, true]);
    expect(set.add(300).first).toBe(300);
    expect(set.add(1).first).toBe(1);
  });
});
