import { describe, expect, it } from 'vitest';
import {
  drawn,
  type MachineSpec,
  machine,
  rulesOf,
  spreadOn,
} from '../../../test/model/spreading-machines.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { calcVectors, createAffinityMasks, KernelFault } from './spreading.ts';
import { topologyOfShape } from './topology.ts';

const KERNELS = ['4.14', '4.15', '4.20', '5.4', '6.1', '6.12', '7.1'] as const;

/** One row of specification 7.8: what each kernel of KERNELS does; `=` repeats the column before. */
type Row = readonly [what: string, spec: MachineSpec, nvecs: number, masks: readonly string[]];

const EIGHT = { cpus: 8, nodes: 1 };
const EIGHT_HALF_PRESENT = { ...EIGHT, absent: [4, 5, 6, 7] };

const TABLE: readonly Row[] = [
  ['8 CPUs, 1 node', EIGHT, 3, ['[0-2][3-5][6-7]', '=', '=', '=', '=', '=', '=']],
  ['8 CPUs, 2 nodes', { cpus: 8, nodes: 2 }, 1, ['[0-3]', '=', '=', '[0-7]', '=', '=', '=']],
  ['8 CPUs, 2 nodes', { cpus: 8, nodes: 2 }, 2, ['[0-3][4-7]', '=', '=', '=', '=', '=', '=']],
  [
    '8 CPUs, 2 nodes',
    { cpus: 8, nodes: 2 },
    3,
    ['[0-3][4-5][6-7]', '=', '=', '[4-7][0-1][2-3]', '=', '=', '='],
  ],
  ['8 CPUs, 1 node, SMT', { ...EIGHT, smt: true }, 3, ['[0-1,4][2-3,6][5,7]', '=', '=', '=', '=', '=', '=']],
  [
    '8 CPUs, 2 nodes, SMT',
    { cpus: 8, nodes: 2, smt: true },
    5,
    ['[0,4][1,5][2,6][3][7]', '=', '=', '[2,6][3,7][0,4][1][5]', '=', '=', '='],
  ],
  [
    '12 CPUs, 2 nodes',
    { cpus: 12, nodes: 2 },
    5,
    ['[0-2][3-5][6-7][8-9][10-11]', '=', '=', '[6-8][9-11][0-1][2-3][4-5]', '=', '=', '='],
  ],
  [
    '16 CPUs, 4 nodes',
    { cpus: 16, nodes: 4 },
    6,
    [
      '[0-3][4-7][8-9][10-11][12-13][14-15]',
      '=',
      '=',
      '[4-7][8-11][12-13][14-15][0-1][2-3]',
      '=',
      '[4-7][12-15][8-9][10-11][0-1][2-3]',
      '=',
    ],
  ],
  [
    '8 CPUs, 4-7 not present',
    EIGHT_HALF_PRESENT,
    4,
    ['[0-1][2-3][4-5][6-7]', '[0][1][2][3]', '[0,4][1,5][2,6][3,7]', '=', '=', '=', '='],
  ],
  [
    '8 CPUs, 4-7 not present',
    EIGHT_HALF_PRESENT,
    6,
    [
      '[0-1][2-3][4][5][6][7]',
      '[0][1][2][3][0-7][0-7]',
      '[0][1][2][3][4-5][6-7]',
      '[0,6][1,7][2][3][4][5]',
      '=',
      '=',
      '=',
    ],
  ],
  [
    '4 CPUs, 1 node',
    { cpus: 4, nodes: 1 },
    6,
    ['[0][1][2][3][0-3][0-3]', '=', '=', '[0][1][2][3][empty][empty]', '=', '=', '[0][1][2][3][0-3][0-3]'],
  ],
  [
    '8 CPUs in clusters of 4',
    { ...EIGHT, clusterSize: 4 },
    3,
    ['[0-2][3-5][6-7]', '=', '=', '=', '=', '=', '[4-7][0-1][2-3]'],
  ],
  [
    '12 CPUs in clusters of 4',
    { cpus: 12, nodes: 1, clusterSize: 4 },
    5,
    ['[0-2][3-5][6-7][8-9][10-11]', '=', '=', '=', '=', '=', '[8-11][4-5][6-7][0-1][2-3]'],
  ],
];

describe('createAffinityMasks', () => {
  it.each(TABLE)('%s: %j, %i messages, in every kernel', (_what, spec, nvecs, masks) => {
    const topology = machine(spec);
    let expected = '';
    for (const [at, kernel] of KERNELS.entries()) {
      if (masks[at] !== '=') expected = masks[at] ?? '';
      expect([kernel, drawn(spreadOn(kernel, topology, nvecs))]).toEqual([kernel, expected]);
    }
  });

  it('leaves one leading and one trailing message to the default affinity, and unmanaged since 5.0', () => {
    for (const kernel of KERNELS) {
      const made = spreadOn(kernel, machine(EIGHT), 6, { preVectors: 1, postVectors: 1 });
      expect(drawn(made)).toBe('[0-7][0-1][2-3][4-5][6-7][0-7]');
      const managed = made.descriptors?.map(({ isManaged }) => isManaged);
      const outer = kernel.startsWith('4.');
      expect(managed).toEqual([outer, true, true, true, true, outer]);
    }
  });

  // The mail of 7.5.1, and S27.
  it.each([
    ['4.20', [0, 1, 2, 3]],
    ['5.4', [1, 2, 3, 0]],
    ['6.1', [1, 2, 3, 0]],
    ['6.12', [1, 3, 2, 0]],
  ])('S27: 16 messages over 128 CPUs on 4 nodes, kernel %s: nodes in the order %j', (kernel, order) => {
    const expected = order.flatMap((node) =>
      [0, 8, 16, 24].map((from) => `[${32 * node + from}-${32 * node + from + 7}]`),
    );
    expect(drawn(spreadOn(kernel, machine({ cpus: 128, nodes: 4 }), 16))).toBe(expected.join(''));
  });

  it('S27 on 7.0: the same nodes, and inside a node the clusters in H2 order', () => {
    // Eight clusters of four CPUs per node, each of the four messages of a node would cut one: plain dealing.
    const wide = drawn(spreadOn('7.0', machine({ cpus: 128, nodes: 4, clusterSize: 4 }), 16));
    expect(wide).toBe(drawn(spreadOn('6.12', machine({ cpus: 128, nodes: 4 }), 16)));
    // Four clusters of eight per node.
    const fitting = drawn(spreadOn('7.0', machine({ cpus: 128, nodes: 4, clusterSize: 8 }), 16));
    const clusters = [1, 3, 2, 0];
    const expected = [1, 3, 2, 0].flatMap((node) =>
      clusters.map((cluster) => `[${32 * node + 8 * cluster}-${32 * node + 8 * cluster + 7}]`),
    );
    expect(fitting).toBe(expected.join(''));
  });

  // Chapter 16, the row below the table of 7.8: seen on 7.2, where each CPU is its own cluster.
  it('S6: four messages on four CPUs: one CPU each, and from 7.0 in the order of the sort', () => {
    const topology = topologyOfShape({ sockets: 1, cores: 4, threads: 1 });
    for (const kernel of ['4.15', '4.20', '6.1', '6.12']) {
      expect(drawn(spreadOn(kernel, topology, 4))).toBe('[0][1][2][3]');
    }
    for (const kernel of ['7.0', '7.2']) expect(drawn(spreadOn(kernel, topology, 4))).toBe('[1][3][2][0]');
  });

  it('S9: two messages on four CPUs: halves, in every kernel', () => {
    const topology = topologyOfShape({ sockets: 1, cores: 4, threads: 1 });
    for (const kernel of [...KERNELS, '7.2']) expect(drawn(spreadOn(kernel, topology, 2))).toBe('[0-1][2-3]');
  });

  it('S26: more messages than CPUs from calc_sets: empty masks and a warning up to 6.16, then the default', () => {
    const topology = machine({ cpus: 4, nodes: 1 });
    const calcSets = (n: number): number[] => [n];
    for (const kernel of ['5.4', '6.1', '6.12']) {
      const made = spreadOn(kernel, topology, 6, { calcSets });
      expect(drawn(made)).toBe('[0][1][2][3][empty][empty]');
      expect(made.warnings).toEqual(['groupCpusEvenly: groups without a CPU']);
      expect(made.descriptors?.every(({ isManaged }) => isManaged)).toBe(true);
    }
    for (const kernel of ['6.18', '7.1']) {
      const made = spreadOn(kernel, topology, 6, { calcSets });
      expect(drawn(made)).toBe('[0][1][2][3][0-3][0-3]');
      expect(made.warnings).toEqual([]);
      expect(made.descriptors?.every(({ isManaged }) => isManaged)).toBe(true);
    }
  });

  it('calls calc_sets even when nothing is left to spread, and spreads each set on its own', () => {
    const asked: number[] = [];
    const calcSets = (n: number): number[] => {
      asked.push(n);
      return n === 0 ? [] : [n - 1, 1];
    };
    expect(spreadOn('6.1', machine(EIGHT), 2, { preVectors: 2, calcSets }).descriptors).toBeUndefined();
    expect(drawn(spreadOn('6.1', machine(EIGHT), 4, { preVectors: 1, calcSets }))).toBe(
      '[0-7][0-3][4-7][0-7]',
    );
    expect(asked).toEqual([0, 3]);
    expect(drawn(spreadOn('4.20', machine(EIGHT), 2, { calcSets }))).toBe('[0-3][4-7]');
    expect(asked).toEqual([0, 3]);
  });

  it('a set too large for the CPUs leaves its surplus empty, or moves the next set forward', () => {
    const topology = machine({ cpus: 2, nodes: 1 });
    const sets = { calcSets: () => [3, 2] };
    expect(drawn(spreadOn('6.12', topology, 5, sets))).toBe('[0][1][empty][0][1]');
    expect(drawn(spreadOn('6.18', topology, 5, sets))).toBe('[0][1][0][1][0-1]');
  });

  it('makes no masks for more than four sets, with a warning, nor for a set of size 0 since 6.12', () => {
    const five = spreadOn('6.1', machine(EIGHT), 5, { calcSets: () => [1, 1, 1, 1, 1] });
    expect(five).toEqual({ descriptors: undefined, warnings: ['createAffinityMasks: more than 4 sets'] });
    const zero = { calcSets: () => [5, 0] };
    expect(spreadOn('6.12', machine(EIGHT), 5, zero)).toEqual({ descriptors: undefined, warnings: [] });
    expect(() => spreadOn('6.1', machine(EIGHT), 5, zero)).toThrow(KernelFault);
    expect(() => spreadOn('6.1', machine(EIGHT), 5, zero)).toThrow('kernel bad pointer in group_cpus_evenly');
  });

  it('sets beyond the array are a fault, sets that reach the trailing messages are cut', () => {
    const beyond = { postVectors: 1, calcSets: () => [4, 4] };
    expect(() => spreadOn('6.1', machine(EIGHT), 7, beyond)).toThrow('sets beyond the array');
    expect(drawn(spreadOn('6.1', machine(EIGHT), 8, beyond))).toBe(
      '[0-1][2-3][4-5][6-7][0-1][2-3][4-5][0-7]',
    );
  });

  it('D-2: 4.20 divides by zero when the second stage has fewer messages left than nodes', () => {
    // The four present CPUs of node 0 take four of five messages; the other CPUs lie on two nodes.
    const topology = { ...machine({ cpus: 12, nodes: 3 }), present: CpuSet.span(0, 3) };
    let caught: unknown;
    try {
      spreadOn('4.20', topology, 5);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(KernelFault);
    expect(caught).toMatchObject({ fault: 'divide error', where: 'irq_build_affinity_masks' });
    expect(drawn(spreadOn('5.4', topology, 5))).toBe('[0,10-11][1,4-5][2,6][3,7][8-9]');
  });

  it('with fewer messages than nodes, 4.20 overwrites, 5.4 adds whole nodes, 6.1 adds what is being spread', () => {
    // Nodes of two; CPUs 1, 5 and 7 are not present.
    const topology = { ...machine({ cpus: 8, nodes: 4 }), present: CpuSet.of(0, 2, 3, 4, 6) };
    expect(drawn(spreadOn('4.20', topology, 3))).toBe('[0-1][4-5][6-7]');
    expect(drawn(spreadOn('5.4', topology, 3))).toBe('[0-1,6-7][2-5][4-7]');
    expect(drawn(spreadOn('6.1', topology, 3))).toBe('[0-1,6][2-3,5][4,7]');
  });

  it('keeps the machine unchanged and answers the same again', () => {
    const topology = machine({ cpus: 16, nodes: 4, smt: true, clusterSize: 2 });
    for (const kernel of KERNELS) {
      const once = drawn(spreadOn(kernel, topology, 7));
      expect(drawn(spreadOn(kernel, topology, 7))).toBe(once);
    }
    expect(topology).toEqual(machine({ cpus: 16, nodes: 4, smt: true, clusterSize: 2 }));
  });

  it('refuses what is no number of messages', () => {
    const none = { preVectors: -1, postVectors: 0 };
    const topology = machine(EIGHT);
    expect(() => createAffinityMasks(rulesOf('6.1'), topology, 2, none, topology.possible)).toThrow(
      '-1 is no number of messages',
    );
  });
});

describe('calcVectors', () => {
  const topology = machine(EIGHT_HALF_PRESENT);
  const calc = (
    kernel: string,
    min: number,
    max: number,
    pre = 0,
    post = 0,
    calcSets?: (n: number) => number[],
  ) => calcVectors(rulesOf(kernel), topology, min, max, { preVectors: pre, postVectors: post, calcSets });

  it('is at most one message per possible CPU (4.15: present) beside those that are not spread', () => {
    expect(calc('6.1', 1, 64)).toBe(8);
    expect(calc('4.15', 1, 64)).toBe(4);
    expect(calc('4.14', 1, 64)).toBe(8);
    expect(calc('6.1', 3, 64, 1, 2)).toBe(11);
    expect(calc('6.1', 1, 5, 1)).toBe(5);
  });

  it('is 0 when the smallest number has no room for those that are not spread', () => {
    expect(calc('6.1', 2, 64, 1, 2)).toBe(0);
    expect(calc('6.1', 3, 64, 1, 2)).toBe(11);
  });

  it('takes all there is room for when the driver divides them (5.1), their sum in 5.0, and ignores it before', () => {
    const twice = (): number[] => [6, 6];
    expect(calc('7.1', 1, 64, 1, 0, twice)).toBe(64);
    expect(calc('5.1', 1, 64, 1, 0, twice)).toBe(64);
    expect(calc('5.0', 1, 64, 1, 0, twice)).toBe(13);
    expect(calc('4.20', 1, 64, 1, 0, twice)).toBe(9);
  });
});
