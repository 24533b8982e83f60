import { invariant } from '../../base/assert.ts';
import { MAX_CPUS } from '../../base/cpu-list.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { asNodeId, type NodeId } from '../ids.ts';

/**
 * What the spreading of managed interrupts needs to know of a machine (specification 7.1). Plain data, and not to be
 * changed once it is in use: what follows from it is remembered (spreading-index.ts).
 */
export interface Topology {
  readonly possible: CpuSet;
  readonly present: CpuSet;
  /**
   * The possible CPUs of each node id, `node_to_cpumask`; a node may have none. The length is the kernel's
   * nr_node_ids, which counts: it decides the order in which nodes are served.
   */
  readonly nodes: readonly CpuSet[];
  /**
   * SMT siblings, in groups that share no CPU. The kernel knows only CPUs that have been booted: one in no group has
   * an empty mask.
   */
  readonly siblings: readonly CpuSet[];
  /** CPUs that share an L2 cache (`cluster_cpumask`), in groups as above. */
  readonly clusters: readonly CpuSet[];
}

/** A regular machine: every node is one socket. */
export interface TopologyShape {
  readonly sockets: number;
  /** Of one socket. */
  readonly cores: number;
  /** Of one core. */
  readonly threads: number;
}

/** MAX_NUMNODES of x86: CONFIG_NODES_SHIFT is 10 at most. */
export const MAX_NODES = 1024;

export function cpusOfShape({ sockets, cores, threads }: TopologyShape): number {
  return sockets * cores * threads;
}

/**
 * All CPUs present and booted, numbered as Linux does on x86: the first threads of all cores, socket by socket, then
 * all second threads. Every core has its own L2, so its cluster is its threads, which is also what x86 assumes of a
 * CPU that reports no L2 sharing (specification chapter 16 on 7.7).
 */
export function topologyOfShape(shape: TopologyShape): Topology {
  const { sockets, cores, threads } = shape;
  for (const count of [sockets, cores, threads]) {
    invariant(Number.isSafeInteger(count) && count > 0, `${count} is no number of sockets, cores or threads`);
  }
  const cpus = cpusOfShape(shape);
  invariant(cpus <= MAX_CPUS && sockets <= MAX_NODES, `${sockets}x${cores}x${threads} is too large`);
  const allCores = sockets * cores;
  const nodes = Array.from({ length: sockets }, () => new CpuSet(cpus));
  const siblings = Array.from({ length: allCores }, () => new CpuSet(cpus));
  for (let cpu = 0; cpu < cpus; cpu++) {
    const core = cpu % allCores;
    siblings[core]?.add(cpu);
    nodes[Math.floor(core / cores)]?.add(cpu);
  }
  const all = CpuSet.span(0, cpus - 1);
  return { possible: all, present: all, nodes, siblings, clusters: siblings };
}

/**
 * A machine of which only the nodes are known, if that: every CPU present and a core, and so a cluster, of its own. A
 * kernel that knows no nodes puts all CPUs on node 0.
 */
export function plainTopology(possible: CpuSet, nodes: readonly CpuSet[]): Topology {
  const single = [...possible].map((cpu) => CpuSet.of(cpu));
  return {
    possible,
    present: possible,
    nodes: nodes.length === 0 ? [possible] : nodes,
    siblings: single,
    clusters: single,
  };
}

/** The node of a CPU; undefined when it belongs to none. */
export function nodeOfCpu(topology: Topology, cpu: number): NodeId | undefined {
  const node = topology.nodes.findIndex((cpus) => cpus.has(cpu));
  return node < 0 ? undefined : asNodeId(node);
}
