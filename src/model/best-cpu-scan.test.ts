import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../base/cpu-set.ts';
import { findBestCpu, findBestCpuManaged, findFirstCpu, findLowestOnline } from './best-cpu-scan.ts';

const ALL_ON = Uint32Array.of(1, 1, 1, 1);
const ALL = CpuSet.span(0, 3);

describe('findBestCpu', () => {
  it('`findBestCpu` picks the online CPU with the most available', () => {
    expect(findBestCpu(ALL, ALL_ON, Uint32Array.of(3, 5, 9, 4))).toBe(2);
  });

  it('`findBestCpu` picks the lowest CPU on a tie', () => {
    expect(findBestCpu(ALL, ALL_ON, Uint32Array.of(3, 9, 9, 9))).toBe(1);
  });

  it('`findBestCpu` never picks a CPU with nothing available', () => {
    expect(findBestCpu(ALL, ALL_ON, Uint32Array.of(0, 0, 0, 0))).toBe(-1);
  });

  it('`findBestCpu` skips CPUs that are offline or not in the mask', () => {
    expect(findBestCpu(CpuSet.of(0, 2), Uint32Array.of(1, 1, 0, 1), Uint32Array.of(1, 7, 8, 9))).toBe(0);
  });

  it('`findBestCpu` treats a counter that wrapped below zero as the largest', () => {
    expect(findBestCpu(ALL, ALL_ON, Uint32Array.of(9, -1, 9, 9))).toBe(1);
  });

  it('`findBestCpu` ignores mask bits beyond the last CPU, and answers -1 to an empty mask', () => {
    expect(findBestCpu(CpuSet.of(3, 4000), ALL_ON, Uint32Array.of(1, 1, 1, 1))).toBe(3);
    expect(findBestCpu(CpuSet.of(4000), ALL_ON, Uint32Array.of(1, 1, 1, 1))).toBe(-1);
    expect(findBestCpu(new CpuSet(), ALL_ON, Uint32Array.of(1, 1, 1, 1))).toBe(-1);
  });
});

describe('findBestCpuManaged', () => {
  it('`findBestCpuManaged` picks the online CPU with the fewest managed allocations', () => {
    expect(findBestCpuManaged(ALL, ALL_ON, Uint32Array.of(3, 1, 9, 4))).toBe(1);
  });

  it('`findBestCpuManaged` picks the highest CPU on a tie', () => {
    expect(findBestCpuManaged(ALL, ALL_ON, Uint32Array.of(2, 2, 2, 4))).toBe(2);
    expect(findBestCpuManaged(ALL, ALL_ON, new Uint32Array(4))).toBe(3);
  });

  it('`findBestCpuManaged` picks even a CPU whose counter wrapped below zero, if there is no other', () => {
    expect(findBestCpuManaged(CpuSet.of(1), ALL_ON, Uint32Array.of(0, -1, 0, 0))).toBe(1);
  });

  it('`findBestCpuManaged` skips CPUs that are offline or not in the mask', () => {
    expect(findBestCpuManaged(CpuSet.of(1, 2, 3), Uint32Array.of(1, 1, 1, 0), new Uint32Array(4))).toBe(2);
    expect(findBestCpuManaged(CpuSet.of(3), Uint32Array.of(1, 1, 1, 0), new Uint32Array(4))).toBe(-1);
  });
});

describe('findFirstCpu', () => {
  it('picks the lowest online CPU of the mask that has a vector, however few', () => {
    const available = Uint32Array.of(0, 9, 1, 9);
    const online = Uint32Array.of(1, 0, 1, 1);
    expect(findFirstCpu(CpuSet.of(0, 1, 2, 3), online, available)).toBe(2);
    expect(findFirstCpu(CpuSet.of(3, 9), online, available)).toBe(3);
    expect(findFirstCpu(CpuSet.of(0, 1), online, available)).toBe(-1);
  });
});

describe('findLowestOnline', () => {
  it('`findLowestOnline` picks the lowest CPU of the mask that is online', () => {
    expect(findLowestOnline(CpuSet.of(1, 2, 3), Uint32Array.of(1, 0, 1, 1))).toBe(2);
    expect(findLowestOnline(CpuSet.of(1), Uint32Array.of(1, 0, 1, 1))).toBe(-1);
  });
});

describe('against sorting', () => {
  it('both choices agree with sorting the candidates', () => {
    const cpu = fc.record({
      online: fc.nat(1),
      inMask: fc.boolean(),
      count: fc.constantFrom(0, 1, 2, 3, 2 ** 32 - 1),
    });
    fc.assert(
      fc.property(fc.array(cpu, { minLength: 1, maxLength: 70 }), (cpus) => {
        const mask = CpuSet.from(cpus.flatMap((c, at) => (c.inMask ? [at] : [])));
        const online = Uint32Array.from(cpus, (c) => c.online);
        const counts = Uint32Array.from(cpus, (c) => c.count);
        const candidates = cpus.map((c, at) => ({ ...c, at })).filter((c) => c.online === 1 && c.inMask);
        const most = candidates
          .filter((c) => c.count > 0)
          .sort((a, b) => b.count - a.count || a.at - b.at)[0];
        const fewest = [...candidates].sort((a, b) => a.count - b.count || b.at - a.at)[0];
        expect(findBestCpu(mask, online, counts)).toBe(most?.at ?? -1);
        expect(findBestCpuManaged(mask, online, counts)).toBe(fewest?.at ?? -1);
      }),
      { numRuns: 500 },
    );
  });
});
