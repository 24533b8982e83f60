import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { openRoot } from '../../src/host/open-root.ts';
import type { KernelMachine } from '../../src/model/kernel.ts';
import { type KernelProfile, parseVersion, profileOf } from '../../src/model/kernel-profile.ts';
import { plainTopology } from '../../src/model/spreading/topology.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { sharedPath } from '../shared.ts';
import { actOut } from './recorded-drivers.ts';
import { recordedEvents, recordedTrace } from './recorded-events.ts';
import {
  BIG64,
  EXHAUST,
  EXHAUST2,
  IRQBALANCE,
  ISOLCPUS,
  numa16,
  REBIND,
  type Recorded,
  SMALL,
  SRIOV,
} from './recorded-machines.ts';

function profileFor(text: string): KernelProfile {
  const version = parseVersion(text);
  const profile = version === undefined ? undefined : profileOf(version);
  if (profile === undefined) throw new Error(`no kernel ${text}`);
  return profile;
}

/** Spans of so many CPUs. */
function spans(cpus: number, each: number): CpuSet[] {
  return Array.from({ length: cpus / each }, (_, n) => CpuSet.span(n * each, (n + 1) * each - 1));
}

function machineOf({
  kernel,
  cpus,
  cpusPerNode = cpus,
  threads = 1,
  remapping,
  housekeeping,
}: Recorded): KernelMachine {
  const possible = CpuSet.span(0, cpus - 1);
  const nodes = spans(cpus, cpusPerNode);
  const siblings = spans(cpus, threads);
  const topology = { ...plainTopology(possible, nodes), siblings, clusters: siblings };
  return { profile: profileFor(kernel), possible, nodes, topology, remapping, housekeeping };
}

describe.each<Recorded>([
  { capture: 'small-5.10', kernel: '5.10.223', ...SMALL },
  { capture: 'small-6.1', kernel: '6.1.192', ...SMALL },
  { capture: 'small-6.12', kernel: '6.12.107', ...SMALL },
  { capture: 'small-7.2', kernel: '7.2.12', ...SMALL },
  { capture: 'isolcpus12-6.1', kernel: '6.1.192', ...ISOLCPUS },
  { capture: 'sriov-6.1', kernel: '6.1.192', ...SRIOV },
  { capture: 'afferrir-debugfs', kernel: '6.1.192', ...REBIND },
  { capture: 'exhaust-6.1', kernel: '6.1.192', ...EXHAUST },
  { capture: 'exhaust2ir-6.1', kernel: '6.1.192', ...EXHAUST2 },
  { capture: 'irqbalanceir-6.1', kernel: '6.1.192', ...IRQBALANCE },
  { capture: 'numa16ir-6.1', kernel: '6.1.192', ...numa16('nvme0') },
  { capture: 'numa16ir-6.1', kernel: '6.1.192', ...numa16('nvme1') },
  { capture: 'numa16ir-6.1', kernel: '6.1.192', ...numa16('nvme2') },
  { capture: 'numa16ir-6.1', kernel: '6.1.192', ...numa16('nvme3') },
  { capture: 'big64-debugfs', kernel: '6.1.192', ...BIG64 },
])('the drivers of $capture', (recorded) => {
  const path = recordedTrace(recorded.capture);
  const snapshot = sharedPath(`captures/${recorded.capture}/snap/${recorded.snapshot}.tar.gz`);

  it.skipIf(path === undefined)(
    'do what the kernel recorded, event by event, by handlers of its names',
    () => {
      const story = { ...recorded, machine: machineOf(recorded), path: path ?? '' };
      const { acted, recorded: expected, handlers } = actOut(story, recordedEvents(story.path));
      expect(acted).toEqual(expected);
      const seen = new Map(
        observeTree(openRoot(snapshot)).irqs.map(({ irq, actions }) => [irq as number, actions ?? []]),
      );
      for (const [irq, names] of handlers) expect(seen.get(irq) ?? [], `${irq}`).toEqual(names);
      expect(handlers.size).toBeGreaterThan(20);
    },
  );
});
