import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../base/cpu-set.ts';
import { spreadingIndexOf } from './spreading-index.ts';
import { nodeOfCpu, topologyOfShape } from './topology.ts';

describe('topologyOfShape', () => {
  it('numbers the first threads of all cores, then the second threads', () => {
    const { possible, present, nodes, siblings, clusters } = topologyOfShape({
      sockets: 2,
      cores: 4,
      threads: 2,
    });
    expect(`${possible}`).toBe('0-15');
    expect(`${present}`).toBe('0-15');
    expect(nodes.map(String)).toEqual(['0-3,8-11', '4-7,12-15']);
    expect(siblings.map(String)).toEqual(['0,8', '1,9', '2,10', '3,11', '4,12', '5,13', '6,14', '7,15']);
    expect(clusters).toEqual(siblings);
  });

  it('goes as far as Linux, and refuses what is none', () => {
    expect(topologyOfShape({ sockets: 8, cores: 512, threads: 2 }).possible.size).toBe(8192);
    expect(() => topologyOfShape({ sockets: 8, cores: 513, threads: 2 })).toThrow('8x513x2 is too large');
    expect(() => topologyOfShape({ sockets: 2, cores: 0, threads: 2 })).toThrow('0 is no number of sockets');
  });

  it('tells the node of a CPU', () => {
    const topology = topologyOfShape({ sockets: 2, cores: 4, threads: 2 });
    expect([3, 4, 11, 12, 16].map((cpu) => nodeOfCpu(topology, cpu))).toEqual([0, 1, 0, 1, undefined]);
  });
});

describe('spreadingIndexOf', () => {
  it('leaves out CPUs that the machine cannot have', () => {
    const base = topologyOfShape({ sockets: 1, cores: 4, threads: 1 });
    const index = spreadingIndexOf({ ...base, possible: CpuSet.of(0, 1, 3), present: CpuSet.of(0, 2) });
    expect([index.possible, index.present, index.absent].map(([pool]) => [...(pool ?? [])])).toEqual([
      [0, 1, 3],
      [0],
      [1, 3],
    ]);
  });

  it('refuses a CPU on two nodes', () => {
    const base = topologyOfShape({ sockets: 1, cores: 4, threads: 1 });
    const nodes = [CpuSet.of(0, 1), CpuSet.of(1, 2, 3)];
    expect(() => spreadingIndexOf({ ...base, nodes })).toThrow('CPU 1 is in more than one node');
  });
});
