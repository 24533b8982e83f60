import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../base/cpu-set.ts';
import { virtioNetMasks } from './virtio-net-masks.ts';

const masks = (online: CpuSet, pairs: number): string[] => virtioNetMasks(online, pairs).map(String);

describe('the masks of virtio_net', () => {
  it('are one CPU each where there are as many pairs', () => {
    expect(masks(CpuSet.span(0, 3), 4)).toEqual(['0', '1', '2', '3']);
  });

  it('give the first pairs one more where the CPUs do not divide', () => {
    expect(masks(CpuSet.span(0, 7), 3)).toEqual(['0-2', '3-5', '6-7']);
  });

  it('begin again where there are fewer CPUs than pairs', () => {
    expect(masks(CpuSet.span(0, 2), 4)).toEqual(['0', '1', '2', '0']);
  });

  it('are dealt out among those that are online', () => {
    expect(masks(CpuSet.from([0, 2, 3]), 2)).toEqual(['0,2', '3']);
    expect(masks(CpuSet.of(5), 3)).toEqual(['5', '5', '5']);
  });

  it.each([1, 2, 3, 4, 5, 7, 8, 9])(
    'hold every CPU exactly once for %i pairs on 8 CPUs or fewer',
    (pairs) => {
      const all = virtioNetMasks(CpuSet.span(0, 7), pairs);
      expect(all).toHaveLength(pairs);
      const dealt = all.flatMap((mask) => [...mask]).sort((a, b) => a - b);
      expect(dealt.slice(0, 8)).toEqual(pairs <= 8 ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 0, 1, 2, 3, 4, 5, 6]);
    },
  );
});
