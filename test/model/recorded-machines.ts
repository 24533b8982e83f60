/** Machines of captures, their devices and what the drivers did in them (qemu.cmd, the stories in lab/scen). */
import { CpuSet } from '../../src/base/cpu-set.ts';
import type { Act, DeviceUnderTest, Other } from './recorded-drivers.ts';

export interface Recorded {
  readonly capture: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly nodes?: readonly CpuSet[];
  readonly remapping?: boolean;
  readonly housekeeping?: CpuSet;
  readonly devices: Readonly<Record<string, DeviceUnderTest>>;
  readonly steps: readonly (Act | Other)[];
}

/** Without the capture and its kernel. */
type Machine = Omit<Recorded, 'capture' | 'kernel'>;

/** A root port of QEMU: one message of MSI-X. */
const port = (line: number): DeviceUnderTest => ({ driver: 'pcieport', line, msix: 1 });
const ahci: DeviceUnderTest = { driver: 'ahci', line: 16 };
const e1000e = (line: number): DeviceUnderTest => ({ driver: 'e1000e', line });
const nvme = (line: number, queues: number): DeviceUnderTest => ({
  driver: 'nvme',
  line,
  parameters: { queues },
});
const virtioBlk = (line: number, queues: number): DeviceUnderTest => ({
  driver: 'virtio_blk',
  line,
  parameters: { queues },
});
const virtioNet = (line: number, pairs: number): DeviceUnderTest => ({
  driver: 'virtio_net',
  line,
  parameters: { queue_pairs: pairs },
});

const probe = (device: string, irq: number): Act => ({ device, does: 'probe', begins: ['set up', irq] });
const open = (device: string, irq: number): Act => ({ device, does: 'open', begins: ['start', irq] });
const remove = (device: string, irq: number, later = 0): Act => ({
  device,
  does: 'remove',
  begins: ['stop', irq, later],
});
const vfs = (device: string, count: number, begins: Act['begins']): Act => ({
  device,
  does: `vfs ${count}`,
  begins,
});

/** Root ports on bus 0, from the first slot on: their lines go round. */
const LINES = [21, 22, 23, 20, 21, 22, 23, 20, 21];
const ports = (count: number): Record<string, DeviceUnderTest> =>
  Object.fromEntries(LINES.slice(0, count).map((line, n) => [`port${n}`, port(line)]));
/**
 * Where each begins: with its line where it is the first on it, otherwise with its message.
 * @param first the first message
 */
const probePorts = (count: number, first: number): (Act | Other)[] =>
  LINES.slice(0, count).map((line, n) => probe(`port${n}`, LINES.indexOf(line) < n ? first + n : line));

export const SMALL = {
  cpus: 4,
  devices: {
    ...ports(4),
    ahci,
    nvme0: nvme(21, 8),
    virtio0: virtioNet(22, 4),
    virtio1: virtioBlk(23, 4),
    eth1: e1000e(20),
  },
  steps: [
    ...probePorts(4, 24),
    { begins: ['start', 12] },
    probe('ahci', 16),
    probe('virtio0', 29),
    probe('virtio1', 38),
    probe('nvme0', 43),
    probe('eth1', 48),
    open('eth1', 48),
  ],
} satisfies Machine;

const vf = (n: number): string => `eth0v${n}`;
const VFS = [0, 1, 2, 3, 4, 5, 6];

/** A physical function with 3, no and 7 virtual ones, whose links come up. */
export const SRIOV = {
  cpus: 8,
  remapping: true,
  devices: { ...ports(2), ahci, nvme0: nvme(22, 8), eth0: { driver: 'igb', line: 21 } },
  steps: [
    ...probePorts(2, 25),
    { begins: ['start', 12] },
    probe('ahci', 16),
    probe('nvme0', 28),
    probe('eth0', 37),
    open('eth0', 37),
    vfs('eth0', 3, ['set up', 46]),
    ...VFS.slice(0, 3).map((n) => open(vf(n), 46 + 3 * n)),
    vfs('eth0', 0, ['stop', 46]),
    vfs('eth0', 7, ['set up', 46]),
    ...VFS.map((n) => open(vf(n), 46 + 3 * n)),
  ],
} satisfies Machine;

/** Managed interrupts keep off CPUs 1 and 2. */
export const ISOLCPUS = {
  cpus: 4,
  housekeeping: CpuSet.of(0, 3),
  devices: {
    ...ports(9),
    ahci,
    virtio0: virtioNet(21, 4),
    virtio1: virtioBlk(22, 4),
    virtio2: virtioBlk(23, 2),
    virtio3: { driver: 'virtio_scsi', line: 20, parameters: { queues: 4 } },
    eth1: e1000e(21),
  },
  steps: [
    ...probePorts(9, 24),
    { begins: ['start', 12] },
    probe('ahci', 16),
    probe('virtio0', 34),
    probe('virtio1', 43),
    probe('virtio2', 48),
    probe('virtio3', 51),
    probe('eth1', 72),
    open('eth1', 72),
  ],
} satisfies Machine;

/** Everything is built in, so one probe runs beside another; a controller is bound again while CPU 1 is offline. */
export const REBIND = {
  cpus: 4,
  remapping: true,
  devices: {
    ...ports(4),
    nvme0: nvme(21, 2),
    virtio0: virtioNet(22, 4),
    virtio1: virtioBlk(23, 4),
    eth1: e1000e(20),
  },
  steps: [
    ...probePorts(4, 25),
    probe('virtio1', 29),
    probe('nvme0', 34),
    probe('virtio0', 38),
    probe('eth1', 47),
    { begins: ['start', 4] },
    open('eth1', 47),
    remove('nvme0', 37, 1),
    probe('nvme0', 34),
  ],
} satisfies Machine;
