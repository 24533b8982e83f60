import { CpuSet } from '../../src/base/cpu-set.ts';
import { spreadingRulesNamed } from '../../src/model/kernel-profile.ts';
import {
  type AffinityMasks,
  createAffinityMasks,
  type IrqAffinity,
  type SpreadingRules,
  type Topology,
} from '../../src/model/spreading/spreading.ts';

/** The machines of the golden table, specification 7.8. */
export interface MachineSpec {
  readonly cpus: number;
  /** Equal parts, in order; with SMT the second threads go to the node of the first. */
  readonly nodes: number;
  /** CPU i and i + n/2 are siblings. */
  readonly smt?: boolean;
  readonly absent?: readonly number[];
  /** CPUs of one cluster; absent: the cluster masks are empty. */
  readonly clusterSize?: number;
}

export function machine({ cpus, nodes, smt = false, absent = [], clusterSize }: MachineSpec): Topology {
  const all = Array.from({ length: cpus }, (_, cpu) => cpu);
  const cores = smt ? cpus / 2 : cpus;
  const groupBy = (count: number, key: (cpu: number) => number): CpuSet[] =>
    Array.from({ length: count }, (_, group) => CpuSet.from(all.filter((cpu) => key(cpu) === group)));
  return {
    possible: CpuSet.from(all),
    present: CpuSet.from(all.filter((cpu) => !absent.includes(cpu))),
    nodes: groupBy(nodes, (cpu) => Math.floor((cpu % cores) / (cores / nodes))),
    siblings: smt ? groupBy(cores, (cpu) => cpu % cores) : [],
    clusters:
      clusterSize === undefined ? [] : groupBy(cpus / clusterSize, (cpu) => Math.floor(cpu / clusterSize)),
  };
}

export function rulesOf(kernel: string): SpreadingRules {
  const rules = spreadingRulesNamed(kernel);
  if (rules === undefined) throw new Error(`no kernel ${kernel}`);
  return rules;
}

export function spreadOn(
  kernel: string,
  topology: Topology,
  nvecs: number,
  affinity: Partial<IrqAffinity> = {},
): AffinityMasks {
  const request = { preVectors: 0, postVectors: 0, ...affinity };
  return createAffinityMasks(rulesOf(kernel), topology, nvecs, request, topology.possible);
}

/** `[0-1][2-3]`, as in the table; `none` without an array. */
export function drawn({ descriptors }: AffinityMasks): string {
  return descriptors?.map(({ mask }) => `[${mask.isEmpty ? 'empty' : mask}]`).join('') ?? 'none';
}
