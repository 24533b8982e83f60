import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { type KernelProfile, parseVersion, profileOf } from '../../src/model/kernel-profile.ts';
import { type Act, actOut, type DeviceUnderTest, type Other } from './recorded-drivers.ts';
import { recordedEvents, recordedTrace } from './recorded-events.ts';

interface Recorded {
  readonly capture: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly nodes?: readonly CpuSet[];
  readonly remapping?: boolean;
  readonly housekeeping?: CpuSet;
  readonly devices: Readonly<Record<string, DeviceUnderTest>>;
  readonly steps: readonly (Act | Other)[];
}

function profileFor(text: string): KernelProfile {
  const version = parseVersion(text);
  const profile = version === undefined ? undefined : profileOf(version);
  if (profile === undefined) throw new Error(`no kernel ${text}`);
  return profile;
}

/** A root port of QEMU: one message of MSI-X. */
const port = (line: number): DeviceUnderTest => ({ driver: 'pcieport', line, msix: 1 });
const probe = (device: string, irq: number): Act => ({
  device,
  does: 'probe',
  begins: ['set up', irq],
});
const open = (device: string, irq: number): Act => ({
  device,
  does: 'open',
  begins: ['start', irq],
});

const SMALL = {
  cpus: 4,
  devices: {
    port1: port(21),
    port2: port(22),
    port3: port(23),
    port4: port(20),
    ahci: { driver: 'ahci', line: 16 },
    eth1: { driver: 'e1000e', line: 20 },
  },
  steps: [
    probe('port1', 21),
    probe('port2', 22),
    probe('port3', 23),
    probe('port4', 20),
    { begins: ['start', 12] },
    probe('ahci', 16),
    probe('eth1', 48),
    open('eth1', 48),
  ],
} satisfies Partial<Recorded>;

const vfs = (device: string, count: number, begins: Act['begins']): Act => ({
  device,
  does: `vfs ${count}`,
  begins,
});
const vf = (n: number): string => `eth0v${n}`;
const VFS = [0, 1, 2, 3, 4, 5, 6];

/** A physical function with 3, no and 7 virtual ones, whose links come up. */
const SRIOV = {
  cpus: 8,
  remapping: true,
  devices: {
    port1: port(21),
    port2: port(22),
    ahci: { driver: 'ahci', line: 16 },
    eth0: { driver: 'igb', line: 21 },
  },
  steps: [
    probe('port1', 21),
    probe('port2', 22),
    { begins: ['start', 12] },
    probe('ahci', 16),
    probe('eth0', 37),
    open('eth0', 37),
    vfs('eth0', 3, ['set up', 46]),
    ...VFS.slice(0, 3).map((n) => open(vf(n), 46 + 3 * n)),
    vfs('eth0', 0, ['stop', 46]),
    vfs('eth0', 7, ['set up', 46]),
    ...VFS.map((n) => open(vf(n), 46 + 3 * n)),
  ],
} satisfies Partial<Recorded>;

describe.each<Recorded>([
  { capture: 'sriov-6.1', kernel: '6.1.192', ...SRIOV },
  { capture: 'small-5.10', kernel: '5.10.223', ...SMALL },
  { capture: 'small-6.1', kernel: '6.1.192', ...SMALL },
  { capture: 'small-6.12', kernel: '6.12.107', ...SMALL },
  { capture: 'small-7.2', kernel: '7.2.12', ...SMALL },
])('the drivers of $capture', (recorded) => {
  const path = recordedTrace(recorded.capture);

  it.skipIf(path === undefined)('do what the kernel recorded, event by event', () => {
    const { kernel, cpus, nodes, remapping, housekeeping } = recorded;
    const possible = CpuSet.span(0, cpus - 1);
    const machine = {
      profile: profileFor(kernel),
      possible,
      nodes: nodes ?? [possible],
      remapping,
      housekeeping,
    };
    const [acted, expected] = actOut({ ...recorded, machine, path: path ?? '' }, recordedEvents(path ?? ''));
    expect(acted).toEqual(expected);
  });
});
