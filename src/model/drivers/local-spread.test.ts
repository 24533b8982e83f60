import { describe, expect, it } from 'vitest';
import { ensure } from '../../base/assert.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { profileNamed } from '../kernel-profile.ts';
import { defaultRssQueues } from './local-spread.ts';

const queues = (release: string, online: CpuSet, siblings: readonly CpuSet[]): number =>
  defaultRssQueues({ online, siblings, profile: ensure(profileNamed(release), release) });

/** Core n has the CPUs n and n + `count`. */
const cores = (count: number): CpuSet[] => Array.from({ length: count }, (_, n) => CpuSet.of(n, n + count));

describe('the number of queues that network drivers take without being told', () => {
  it('is half of the cores, rounded up, and all of them up to two', () => {
    const onCores = (count: number) => queues('6.1.192', CpuSet.span(0, 2 * count - 1), cores(count));
    expect([1, 2, 3, 4, 5, 16].map(onCores)).toEqual([1, 2, 2, 2, 3, 8]);
  });

  it('counts a core with one CPU online, none without, and CPUs without siblings', () => {
    expect(queues('6.1.192', CpuSet.from([0, 5, 6]), cores(4))).toBe(2);
    expect(queues('6.1.192', CpuSet.from([0, 1, 2, 3, 6]), cores(4))).toBe(2);
    expect(queues('6.1.192', CpuSet.span(0, 9), [])).toBe(5);
  });

  it('before 5.18 is the CPUs, up to eight', () => {
    expect(queues('5.10.223', CpuSet.span(0, 3), cores(2))).toBe(4);
    expect(queues('5.10.223', CpuSet.span(0, 63), cores(32))).toBe(8);
  });
});
