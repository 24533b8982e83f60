import { CpuSet } from '../base/cpu-set.ts';
import type { Topology } from '../model/spreading/topology.ts';
import { parseCpuListText } from '../parse/cpu-text.ts';
import type { FileTree } from './file-tree.ts';
import { readParsed } from './tree-reader.ts';

const SYS_CPU = 'sys/devices/system/cpu';
const SYS_NODE = 'sys/devices/system/node';

/**
 * What the spreading of managed interrupts needs to know (specification 7.1); undefined where not even the CPUs
 * are listed. Two files for every CPU: not part of what every answer reads.
 */
export function observeTopology(tree: FileTree): Topology | undefined {
  const present = readParsed(tree, `${SYS_CPU}/present`, parseCpuListText);
  if (present === undefined) return undefined;
  const possible = readParsed(tree, `${SYS_CPU}/possible`, parseCpuListText) ?? present;
  const siblings = observeGroups(tree, present, ['thread_siblings_list', 'core_cpus_list']);
  // Without an L2 that reports sharing x86 takes the SMT siblings as the cluster (specification 16, 7.7).
  const clusters = observeGroups(tree, present, [
    'cluster_cpus_list',
    'thread_siblings_list',
    'core_cpus_list',
  ]);
  return { possible, present, nodes: observeNodeMasks(tree, possible), siblings, clusters };
}

/** The groups that CPUs name in the first of these files that is there; one group is named by all its CPUs. */
function observeGroups(tree: FileTree, cpus: CpuSet, files: readonly string[]): CpuSet[] {
  const groups: CpuSet[] = [];
  const grouped = new CpuSet();
  for (const cpu of cpus) {
    if (grouped.has(cpu)) continue;
    const group = firstOf(files, (file) =>
      readParsed(tree, `${SYS_CPU}/cpu${cpu}/topology/${file}`, parseCpuListText),
    );
    // An offline CPU has no topology folder: the kernel's mask is empty too.
    if (group === undefined || group.intersects(grouped)) continue;
    groups.push(group);
    for (const member of group) grouped.add(member);
  }
  return groups;
}

function firstOf<T>(names: readonly string[], read: (name: string) => T | undefined): T | undefined {
  for (const name of names) {
    const found = read(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The possible CPUs of each node id up to the highest possible one, whose number decides the order of nodes.
 * cpulist shows online CPUs only: a CPU that is offline goes where its folder's node link says, else to node 0.
 */
function observeNodeMasks(tree: FileTree, possible: CpuSet): CpuSet[] {
  const possibleNodes = readParsed(tree, `${SYS_NODE}/possible`, parseCpuListText);
  const count = (possibleNodes?.last ?? 0) + 1;
  const nodes = Array.from({ length: count }, () => new CpuSet());
  const placed = new CpuSet();
  for (const [node, mask] of nodes.entries()) {
    for (const cpu of readParsed(tree, `${SYS_NODE}/node${node}/cpulist`, parseCpuListText) ?? []) {
      mask.add(cpu);
      placed.add(cpu);
    }
  }
  for (const cpu of possible.andNot(placed)) {
    const link = tree.list(`${SYS_CPU}/cpu${cpu}`).find((name) => /^node\d+$/.test(name));
    nodes[Number(link?.slice('node'.length) ?? 0)]?.add(cpu);
  }
  return nodes;
}
