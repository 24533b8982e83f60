import { describe, expect, it } from 'vitest';
import { TestMachine } from '../../test/model/test-machine.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { Knowledge, learnFromAllocation } from './knowledge.ts';

const BOTH = CpuSet.span(0, 1);

describe('what is known of the allocator', () => {
  it('is everything at first: any choice is certain', () => {
    const knowledge = new Knowledge();
    expect(knowledge.isCertain(BOTH, 0, 200, false)).toBe(true);
    expect(knowledge.isCertain(BOTH, 0, 200, true)).toBe(true);
  });

  it('is nothing after it was forgotten', () => {
    const knowledge = new Knowledge();
    knowledge.knowMap(0);
    knowledge.forget();
    expect(knowledge.full).toBe(false);
    expect(knowledge.isCertain(BOTH, 0, 33, false)).toBe(false);
    expect(knowledge.isCertain(BOTH, 0, 33, true)).toBe(false);
  });

  it('decides a vector only with the counters of every CPU and the map below it', () => {
    const knowledge = new Knowledge();
    knowledge.forget();
    knowledge.knowMap(0, 40);
    knowledge.knowCounters(0);
    expect(knowledge.isCertain(BOTH, 0, 39, false)).toBe(false);
    knowledge.knowCounters(1);
    expect(knowledge.isCertain(BOTH, 0, 39, false)).toBe(true);
    expect(knowledge.isCertain(BOTH, 0, 40, false)).toBe(false);
    expect(knowledge.isCertain(BOTH, 1, 39, false)).toBe(false);
  });

  it('decides a managed vector only where no managed bit is hidden', () => {
    const knowledge = new Knowledge();
    knowledge.forget();
    expect(knowledge.isCertain(BOTH, 0, 39, true)).toBe(false);
    knowledge.hideManaged(0, 1);
    expect(knowledge.isCertain(BOTH, 0, 39, true)).toBe(false);
    knowledge.hideManaged(0, 0);
    expect(knowledge.isCertain(BOTH, 0, 39, true)).toBe(true);
  });

  it('never shrinks while the trace goes on', () => {
    const knowledge = new Knowledge();
    knowledge.forget();
    knowledge.knowMap(0, 60);
    knowledge.knowMap(0, 50);
    expect(knowledge.frontier(0)).toBe(60);
  });
});

describe('an allocation', () => {
  it('shows that every vector below is in use, but for the system’s and the managed ones', () => {
    const { kernel } = new TestMachine('6.1', 2);
    const knowledge = new Knowledge();
    knowledge.forget();
    kernel.matrix.adoptBit(1, 36, 'managed', true);
    learnFromAllocation(kernel, knowledge, 1, 52);
    const below = kernel.matrix.allocatedBits(1);
    // 32 is what 6.1 cleans up with, 50 the cascade.
    expect(below).toEqual([33, 34, 35, ...Array.from({ length: 13 }, (_, n) => 37 + n), 51]);
    expect(knowledge.frontier(1)).toBe(53);
    expect(kernel.matrix.allocatedBits(0)).not.toContain(33);
  });

  it('below what is known already tells nothing more', () => {
    const { kernel } = new TestMachine('6.1', 2);
    const knowledge = new Knowledge();
    knowledge.forget();
    knowledge.knowMap(1, 60);
    learnFromAllocation(kernel, knowledge, 1, 40);
    expect(kernel.matrix.allocatedBits(1)).toEqual([]);
    expect(knowledge.frontier(1)).toBe(60);
  });
});
