import { describe, expect, it } from 'vitest';
import { MemoryTree } from '../../test/memory-tree.ts';
import { observeTopology } from './observe-topology.ts';

const CPU = 'sys/devices/system/cpu';
const NODE = 'sys/devices/system/node';

const TWO_NODES: Readonly<Record<string, string>> = {
  [`${CPU}/present`]: '0-3\n',
  [`${CPU}/possible`]: '0-5\n',
  [`${CPU}/cpu0/topology/thread_siblings_list`]: '0,2\n',
  [`${CPU}/cpu2/topology/thread_siblings_list`]: '0,2\n',
  [`${CPU}/cpu1/topology/thread_siblings_list`]: '1\n',
  [`${CPU}/cpu1/topology/cluster_cpus_list`]: '0-1\n',
  [`${CPU}/cpu0/topology/cluster_cpus_list`]: '0-1\n',
  [`${NODE}/possible`]: '0-1\n',
  [`${NODE}/node0/cpulist`]: '0,2\n',
  [`${NODE}/node1/cpulist`]: '1\n',
};

function topologyOf(files: Readonly<Record<string, string>>): ReturnType<typeof observeTopology> {
  return observeTopology(new MemoryTree('test', { files: new Map(Object.entries(files)) }));
}

describe('observeTopology', () => {
  it('reads each group once, and knows nothing of a CPU without a topology folder', () => {
    const topology = topologyOf(TWO_NODES);
    expect(topology?.siblings.map(String)).toEqual(['0,2', '1']);
    expect(topology?.clusters.map(String)).toEqual(['0-1']);
    expect(String(topology?.present)).toBe('0-3');
    expect(String(topology?.possible)).toBe('0-5');
  });

  it('takes the SMT siblings as the cluster where no cluster is shown', () => {
    const {
      [`${CPU}/cpu0/topology/cluster_cpus_list`]: _a,
      [`${CPU}/cpu1/topology/cluster_cpus_list`]: _b,
      ...rest
    } = TWO_NODES;
    expect(topologyOf(rest)?.clusters.map(String)).toEqual(['0,2', '1']);
  });

  it('puts CPUs that are in no cpulist where their node link says, else into node 0', () => {
    const files = { ...TWO_NODES, [`${CPU}/cpu3/node1`]: '' };
    expect(topologyOf(files)?.nodes.map(String)).toEqual(['0,2,4-5', '1,3']);
  });

  it('is undefined where the CPUs are not listed', () => {
    expect(topologyOf({})).toBeUndefined();
  });
});
