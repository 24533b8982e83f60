import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../../test/model/spreading-machines.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { createAffinityMasks, KernelFault, type Topology } from './spreading.ts';

const SINCE_5_4 = ['5.4', '5.10', '6.1', '6.8', '6.12', '6.18', '7.0', '7.2'] as const;
const ALL = ['4.14', '4.15', '4.16', '4.20', '5.0', '5.3', ...SINCE_5_4] as const;

/** Any machine: nodes and cores anywhere, some CPUs not present, nodes without CPUs, clusters or none. */
const anyTopology: fc.Arbitrary<Topology> = fc
  .record({
    nodeCount: fc.integer({ min: 1, max: 9 }),
    cpus: fc.array(
      fc.record({
        node: fc.nat(8),
        core: fc.nat(2),
        cluster: fc.nat(3),
        possible: fc.nat(9).map((n) => n > 0),
        present: fc.nat(4).map((n) => n > 0),
      }),
      { minLength: 1, maxLength: 70 },
    ),
    clustered: fc.boolean(),
  })
  .map(({ nodeCount, cpus, clustered }) => {
    const numbers = [...cpus.keys()].filter((cpu) => cpu === 0 || cpus[cpu]?.possible === true);
    const isPresent = (cpu: number): boolean => cpu === 0 || cpus[cpu]?.present === true;
    const node = (cpu: number): number => (cpus[cpu]?.node ?? 0) % nodeCount;
    const groupsBy = (key: (cpu: number) => string, of: readonly number[]): CpuSet[] => {
      const groups = new Map<string, CpuSet>();
      for (const cpu of of) groups.set(key(cpu), (groups.get(key(cpu)) ?? new CpuSet()).add(cpu));
      return [...groups.values()];
    };
    const present = numbers.filter(isPresent);
    return {
      possible: CpuSet.from(numbers),
      present: CpuSet.from(present),
      nodes: Array.from({ length: nodeCount }, (_, id) =>
        CpuSet.from(numbers.filter((cpu) => node(cpu) === id)),
      ),
      siblings: groupsBy((cpu) => `${node(cpu)}.${cpus[cpu]?.cluster}.${cpus[cpu]?.core}`, present),
      clusters: clustered ? groupsBy((cpu) => `${node(cpu)}.${cpus[cpu]?.cluster}`, present) : [],
    };
  });

const anySets = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });

interface Made {
  readonly sets: readonly CpuSet[][];
  readonly topology: Topology;
}

/** Spreads sets of these sizes with `pre` messages before them and `post` behind; the masks of each set. */
function setsMade(
  kernel: string,
  topology: Topology,
  sizes: readonly number[],
  pre: number,
  post: number,
): Made & { readonly outer: readonly CpuSet[] } {
  const n = sizes.reduce((sum, size) => sum + size, 0);
  const affinity = { preVectors: pre, postVectors: post, calcSets: () => sizes };
  const made = createAffinityMasks(rulesOf(kernel), topology, pre + n + post, affinity, topology.possible);
  const masks = (made.descriptors ?? []).map(({ mask }) => mask);
  let at = pre;
  const sets = sizes.map((size) => {
    at += size;
    return masks.slice(at - size, at);
  });
  return { sets, topology, outer: [...masks.slice(0, pre), ...masks.slice(pre + n)] };
}

function union(masks: readonly CpuSet[]): CpuSet {
  return masks.reduce((all, mask) => all.or(mask), new CpuSet());
}

function sumOfSizes(masks: readonly CpuSet[]): number {
  return masks.reduce((sum, mask) => sum + mask.size, 0);
}

describe('spreading over any machine', () => {
  it('since 5.4 every possible CPU is in a mask of each set, however few messages the set has', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SINCE_5_4), anyTopology, anySets, (kernel, topology, sizes) => {
        // Sets that are too large move the next one forward from 6.17 on: the borders are not known here.
        const fitting = sizes.map((size) => Math.min(size, topology.present.size));
        for (const masks of setsMade(kernel, topology, fitting, 1, 1).sets) {
          expect(union(masks).toString()).toBe(topology.possible.toString());
        }
      }),
    );
  });

  it('the masks of a set share no CPU, unless a message was left over and has the default affinity', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SINCE_5_4), anyTopology, anySets, (kernel, topology, sizes) => {
        const fitting = sizes.map((size) => Math.min(size, topology.present.size));
        for (const masks of setsMade(kernel, topology, fitting, 0, 0).sets) {
          const spread =
            rulesOf(kernel).spreadWholeNodes && masks.length <= topology.nodes.length ? [] : masks;
          expect(sumOfSizes(spread)).toBe(union(spread).size);
        }
      }),
    );
  });

  it('no message has an empty mask while there are no more messages than present CPUs', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('4.14', '4.15', '4.16', ...SINCE_5_4),
        anyTopology,
        fc.integer({ min: 1, max: 40 }),
        (kernel, topology, n) => {
          const count = Math.min(n, topology.present.size);
          for (const masks of spreadable(kernel, topology, count)) expect(masks.isEmpty).toBe(false);
        },
      ),
    );
  });

  it('present CPUs are shared out fairly inside a node: the masks of one set differ by one CPU of it at most', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('6.1', '6.12'),
        anyTopology,
        fc.integer({ min: 1, max: 40 }),
        (kernel, any, n) => {
          const topology = { ...any, nodes: [any.possible] };
          const count = Math.min(n, topology.present.size);
          const [masks = []] = setsMade(kernel, topology, [count], 0, 0).sets;
          const sizes = masks.map((mask) => mask.and(topology.present).size);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('messages before and behind have the default affinity, in every kernel', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL),
        anyTopology,
        fc.nat(3),
        fc.nat(3),
        (kernel, topology, pre, post) => {
          const { outer } = setsMade(kernel, topology, [1], pre, post);
          for (const mask of outer) expect(mask.equals(topology.possible)).toBe(true);
        },
      ),
    );
  });

  it('every kernel answers; only those with an even second stage, 4.17 to 5.3, may divide by zero (D-2)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL),
        anyTopology,
        fc.integer({ min: 1, max: 80 }),
        (kernel, topology, n) => {
          try {
            spreadable(kernel, topology, n);
          } catch (error) {
            if (!(error instanceof KernelFault)) throw error;
            expect([kernel, error.fault]).toEqual([kernel, 'divide error']);
            expect(['4.20', '5.0', '5.3']).toContain(kernel);
            expect(topology.possible.equals(topology.present)).toBe(false);
          }
        },
      ),
    );
  });
});

/** The masks of `n` messages; those of a kernel that faults are not judged here. */
function spreadable(kernel: string, topology: Topology, n: number): readonly CpuSet[] {
  const affinity = { preVectors: 0, postVectors: 0 };
  const made = createAffinityMasks(rulesOf(kernel), topology, n, affinity, topology.possible);
  return (made.descriptors ?? []).map(({ mask }) => mask);
}
