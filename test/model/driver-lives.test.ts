import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { profileNamed } from '../../src/model/kernel-profile.ts';
import { plainTopology } from '../../src/model/spreading/topology.ts';
import { type Act, actOut, type Begin, type Story } from './recorded-drivers.ts';
import { recordedEvents } from './recorded-events.ts';

/**
 * Debian's 6.1.192 and 7.2.12 in QEMU 10: each device behind a root port; links up; a suspend that `pm_test` ends when all devices
 * sleep; the same with the links down; links up; every device unbound and bound again.
 */
const FIXTURES = join(import.meta.dirname, '../fixtures/drivers');

/** What differs: numbers that depend on how devices that resume at the same time take turns. */
interface Kernel {
  readonly kernel: string;
  readonly trace: string;
  /** Of virtio1 after the first suspend, of the configuration and its first queue; of virtio2 after the second. */
  readonly virtio1: readonly [number, number];
  readonly virtio2: number;
  /** Last numbers of nvme0 after the first suspend and after the second. */
  readonly nvme: readonly [number, number];
  /** The USB controller's interrupts are set up anew when it resumes. */
  readonly usbAnew: boolean;
}

const KERNELS: readonly Kernel[] = [
  { kernel: '6.1.192', trace: 'lives-6.1', virtio1: [39, 42], virtio2: 46, nvme: [43, 45], usbAnew: true },
  { kernel: '7.2.12', trace: 'lives-7.2', virtio1: [42, 43], virtio2: 43, nvme: [41, 50], usbAnew: false },
];
const possible = CpuSet.span(0, 3);
const PORTS = [21, 22, 23, 20, 21, 22, 23, 20];

const DEVICES: Story['devices'] = {
  ...Object.fromEntries(PORTS.map((line, n) => [`port${n}`, { driver: 'pcieport', line, msix: 1 }])),
  ahci: { driver: 'ahci', line: 16 },
  nvme0: { driver: 'nvme', line: 21, parameters: { queues: 3 } },
  virtio0: { driver: 'virtio_net', line: 22, parameters: { queue_pairs: 2 } },
  virtio1: { driver: 'virtio_blk', line: 23, parameters: { queues: 3 } },
  virtio2: { driver: 'virtio_scsi', line: 20, parameters: { queues: 2 } },
  eth1: { driver: 'e1000e', line: 21 },
  eth2: { driver: 'vmxnet3', line: 23 },
  eth3: { driver: 'igb', line: 22 },
  // QEMU's is reset when it resumes.
  usb1: { driver: 'xhci_hcd', line: 20, parameters: { interrupters: 16, resets: 1 } },
};

const act = (device: string, does: Act['does'], what: Begin[0], irq: number, later = 0): Act => ({
  device,
  does,
  begins: [what, irq, later],
});

const all = ({ virtio1, virtio2, nvme, usbAnew }: Kernel): Story['steps'] => [
  // Line 20 is there already: the USB controller was enabled when it was found (a quirk).
  ...PORTS.map((line, n) => act(`port${n}`, 'probe', 'set up', n < 3 ? line : 24 + n)),
  { begins: ['start', 12] },
  act('ahci', 'probe', 'set up', 16),
  act('virtio0', 'probe', 'set up', 33),
  act('virtio1', 'probe', 'set up', 38),
  act('virtio2', 'probe', 'set up', 42),
  act('eth1', 'probe', 'set up', 51),
  act('eth2', 'probe', 'set up', 54),
  act('eth3', 'probe', 'set up', 59),
  act('usb1', 'probe', 'set up', 68),
  act('eth1', 'open', 'start', 51),
  act('eth2', 'open', 'start', 54),
  act('eth3', 'open', 'start', 59),
  // With the links up.
  act('eth2', 'suspend', 'stop', 54),
  act('eth3', 'suspend', 'stop', 59),
  act('eth1', 'suspend', 'stop', 51),
  act('virtio2', 'suspend', 'stop', 43),
  act('virtio1', 'suspend', 'stop', 39),
  act('virtio0', 'suspend', 'stop', 34),
  { begins: ['stop', 50] },
  act('virtio0', 'resume', 'set up', 34),
  act('virtio1', 'resume', 'set up', virtio1[0]),
  act('virtio2', 'resume', 'set up', 46),
  act('eth1', 'resume', 'set up', 51),
  act('eth3', 'resume', 'set up', 54),
  act('eth2', 'resume', 'set up', 63),
  ...(usbAnew ? [act('usb1', 'resume', 'stop', 68)] : []),
  act('eth1', 'stop', 'stop', 51),
  act('eth2', 'stop', 'stop', 63),
  act('eth3', 'stop', 'stop', 54),
  // With the links down.
  act('eth3', 'suspend', 'take down', 54),
  act('eth1', 'suspend', 'take down', 51),
  act('virtio2', 'suspend', 'stop', 47),
  act('virtio1', 'suspend', 'stop', virtio1[1]),
  act('virtio0', 'suspend', 'stop', 35),
  { begins: ['stop', nvme[0]] },
  act('virtio0', 'resume', 'set up', 33),
  act('virtio1', 'resume', 'set up', 39),
  act('virtio2', 'resume', 'set up', virtio2),
  act('eth1', 'resume', 'set up', 51),
  act('eth3', 'resume', 'set up', 54),
  ...(usbAnew ? [act('usb1', 'resume', 'stop', 68)] : []),
  act('eth1', 'open', 'start', 51),
  act('eth2', 'open', 'start', 63),
  act('eth3', 'open', 'start', 54),
  act('virtio0', 'remove', 'stop', 34),
  act('virtio0', 'probe', 'set up', 33),
  act('virtio1', 'remove', 'stop', 40),
  act('virtio1', 'probe', 'set up', 39),
  act('virtio2', 'remove', 'stop', virtio2 + 1),
  act('virtio2', 'probe', 'set up', virtio2),
  act('eth1', 'remove', 'stop', 51),
  act('eth1', 'probe', 'set up', 51),
  act('eth3', 'remove', 'stop', 54),
  act('eth3', 'probe', 'set up', 54),
  act('eth2', 'remove', 'stop', 63),
  act('eth2', 'probe', 'set up', 63),
  act('usb1', 'remove', 'stop', 68),
  act('usb1', 'probe', 'set up', 68),
  act('port0', 'remove', 'stop', 24),
  act('port0', 'probe', 'set up', 24),
];

/** It resumes beside the others, in a work queue: it has a story of its own. */
const nvmeAlone = ({ nvme: [awake, again] }: Kernel): Story['steps'] => [
  act('nvme0', 'probe', 'set up', 47),
  { begins: ['set up', 51] },
  act('nvme0', 'suspend', 'stop', 50),
  act('nvme0', 'resume', 'set up', 33),
  { begins: ['set up', 51] },
  act('nvme0', 'suspend', 'stop', awake),
  { begins: ['set up', 33] },
  act('nvme0', 'resume', 'set up', 38),
  { begins: ['set up', 51] },
  act('nvme0', 'remove', 'stop', again),
  act('nvme0', 'probe', 'set up', 38),
  { begins: ['stop', 34] },
];

describe.each(KERNELS)('drivers on $kernel', (recorded) => {
  it.each([
    ['all but nvme', all],
    ['nvme', nvmeAlone],
  ])('probe, sleep, wake up and let go as it recorded, event by event: %s', (_who, stepsOf) => {
    const profile = profileNamed(recorded.kernel);
    if (profile === undefined) throw new Error(`no kernel ${recorded.kernel}`);
    const topology = plainTopology(possible, [possible]);
    const machine = { profile, possible, nodes: [possible], topology, remapping: false };
    const path = join(FIXTURES, `${recorded.trace}-trace.txt.gz`);
    const steps = stepsOf(recorded);
    const { acted, recorded: expected } = actOut(
      { path, machine, devices: DEVICES, steps },
      recordedEvents(path),
    );
    expect(acted).toEqual(expected);
    const acts = steps.filter((step) => 'does' in step);
    expect(expected.filter((line) => line.startsWith('#'))).toHaveLength(acts.length);
  });
});
