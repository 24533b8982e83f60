import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { profileNamed } from '../../src/model/kernel-profile.ts';
import { plainTopology } from '../../src/model/spreading/topology.ts';
import { type Act, actOut, type Begin, type Story } from './recorded-drivers.ts';
import { recordedEvents } from './recorded-events.ts';

/**
 * Debian's 6.1.192 in QEMU 10: each device behind a root port; links up; a suspend that `pm_test` ends when all devices
 * sleep; the same with the links down; links up; every device unbound and bound again.
 */
const path = join(import.meta.dirname, '../fixtures/drivers/lives-6.1-trace.txt.gz');
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

const ALL: Story['steps'] = [
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
  act('virtio1', 'resume', 'set up', 39),
  act('virtio2', 'resume', 'set up', 46),
  act('eth1', 'resume', 'set up', 51),
  act('eth3', 'resume', 'set up', 54),
  act('eth2', 'resume', 'set up', 63),
  act('usb1', 'resume', 'stop', 68),
  act('eth1', 'stop', 'stop', 51),
  act('eth2', 'stop', 'stop', 63),
  act('eth3', 'stop', 'stop', 54),
  // With the links down.
  act('eth3', 'suspend', 'take down', 54),
  act('eth1', 'suspend', 'take down', 51),
  act('virtio2', 'suspend', 'stop', 47),
  act('virtio1', 'suspend', 'stop', 42),
  act('virtio0', 'suspend', 'stop', 35),
  { begins: ['stop', 43] },
  act('virtio0', 'resume', 'set up', 33),
  act('virtio1', 'resume', 'set up', 39),
  act('virtio2', 'resume', 'set up', 46),
  act('eth1', 'resume', 'set up', 51),
  act('eth3', 'resume', 'set up', 54),
  act('usb1', 'resume', 'stop', 68),
  act('eth1', 'open', 'start', 51),
  act('eth2', 'open', 'start', 63),
  act('eth3', 'open', 'start', 54),
  act('virtio0', 'remove', 'stop', 34),
  act('virtio0', 'probe', 'set up', 33),
  act('virtio1', 'remove', 'stop', 40),
  act('virtio1', 'probe', 'set up', 39),
  act('virtio2', 'remove', 'stop', 47),
  act('virtio2', 'probe', 'set up', 46),
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
const NVME: Story['steps'] = [
  act('nvme0', 'probe', 'set up', 47),
  { begins: ['set up', 51] },
  act('nvme0', 'suspend', 'stop', 50),
  act('nvme0', 'resume', 'set up', 33),
  { begins: ['set up', 51] },
  act('nvme0', 'suspend', 'stop', 43),
  { begins: ['set up', 33] },
  act('nvme0', 'resume', 'set up', 38),
  { begins: ['set up', 51] },
  act('nvme0', 'remove', 'stop', 45),
  act('nvme0', 'probe', 'set up', 38),
  { begins: ['stop', 34] },
];

describe('drivers on a real kernel', () => {
  it.each([
    ['all but nvme', ALL],
    ['nvme', NVME],
  ])('probe, sleep, wake up and let go as it recorded, event by event: %s', (_who, steps) => {
    const profile = profileNamed('6.1.192');
    if (profile === undefined) throw new Error('no kernel 6.1.192');
    const topology = plainTopology(possible, [possible]);
    const machine = { profile, possible, nodes: [possible], topology, remapping: false };
    const { acted, recorded } = actOut({ path, machine, devices: DEVICES, steps }, recordedEvents(path));
    expect(acted).toEqual(recorded);
    expect(recorded.filter((line) => line.startsWith('#'))).toHaveLength(
      steps.filter((step) => 'does' in step).length,
    );
  });
});
