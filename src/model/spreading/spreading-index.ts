import { invariant } from '../../base/assert.ts';
import type { CpuSet } from '../../base/cpu-set.ts';
import type { Topology } from './topology.ts';

/** Ascending CPU numbers. */
export type CpuNumbers = Int32Array;

/** For each node id, its CPUs among those being spread. */
export type NodePools = readonly CpuNumbers[];

const NO_GROUP = -1;
const NO_CPUS: CpuNumbers = new Int32Array(0);

/** Disjoint groups of CPUs, with the way from a CPU to its group. */
export interface CpuGroups {
  readonly cpus: readonly CpuNumbers[];
  readonly groupOf: Int32Array;
}

/**
 * A topology as arrays: spreading walks CPUs in order, again and again, and a set has to be searched for each.
 * Built once for a machine.
 */
export interface SpreadingIndex {
  /** One more than the highest possible CPU: the kernel's nr_cpu_ids. */
  readonly cpuCount: number;
  readonly possible: NodePools;
  readonly present: NodePools;
  /** Possible and not present. */
  readonly absent: NodePools;
  readonly siblings: CpuGroups;
  readonly clusters: CpuGroups;
  /** Scratch: `marks[cpu]` is 1 while the CPU waits in the pool being dealt. All 0 between calls. */
  readonly marks: Uint8Array;
}

const known = new WeakMap<Topology, SpreadingIndex>();

export function spreadingIndexOf(topology: Topology): SpreadingIndex {
  let index = known.get(topology);
  if (index === undefined) {
    index = buildIndex(topology);
    known.set(topology, index);
  }
  return index;
}

function buildIndex({ possible, present, nodes, siblings, clusters }: Topology): SpreadingIndex {
  const cpuCount = (possible.last ?? -1) + 1;
  const nodeCpus = groupsOf(nodes, cpuCount, 'node').cpus;
  const pools = (keep: (cpu: number) => boolean): NodePools => nodeCpus.map((cpus) => cpus.filter(keep));
  return {
    cpuCount,
    possible: pools((cpu) => possible.has(cpu)),
    present: pools((cpu) => possible.has(cpu) && present.has(cpu)),
    absent: pools((cpu) => possible.has(cpu) && !present.has(cpu)),
    siblings: groupsOf(siblings, cpuCount, 'group of siblings'),
    clusters: groupsOf(clusters, cpuCount, 'cluster'),
    marks: new Uint8Array(cpuCount),
  };
}

function groupsOf(sets: readonly CpuSet[], cpuCount: number, what: string): CpuGroups {
  const groupOf = new Int32Array(cpuCount).fill(NO_GROUP);
  const cpus = sets.map((set, group) => {
    // A mask may name CPUs that the machine cannot have.
    const numbers = Int32Array.from(set).filter((cpu) => cpu < cpuCount);
    for (const cpu of numbers) {
      invariant(groupOf[cpu] === NO_GROUP, `CPU ${cpu} is in more than one ${what}`);
      groupOf[cpu] = group;
    }
    return numbers;
  });
  return { cpus, groupOf };
}

/** The group of a CPU, itself included; empty when it is in none. */
export function groupOfCpu(groups: CpuGroups, cpu: number): CpuNumbers {
  return groups.cpus[groups.groupOf[cpu] ?? NO_GROUP] ?? NO_CPUS;
}
