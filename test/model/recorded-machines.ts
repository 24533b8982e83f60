/** Machines of captures, their devices and what the drivers did in them (qemu.cmd, the stories in lab/scen). */
import { CpuSet } from '../../src/base/cpu-set.ts';
import type { Act, DeviceUnderTest, Other } from './recorded-drivers.ts';

export interface Recorded {
  readonly capture: string;
  readonly kernel: string;
  readonly cpus: number;
  /** CPUs of each node; all are one without. QEMU numbers the threads of a core one after another. */
  readonly cpusPerNode?: number;
  readonly threads?: number;
  readonly remapping?: boolean;
  readonly housekeeping?: CpuSet;
  readonly devices: Readonly<Record<string, DeviceUnderTest>>;
  readonly steps: readonly (Act | Other)[];
  /** A snapshot after the last step: it shows the handlers. */
  readonly snapshot: string;
}

/** Without the capture and its kernel. */
type Machine = Omit<Recorded, 'capture' | 'kernel'>;

/** A root port of QEMU: one message of MSI-X. */
const port = (line: number, aer = true): DeviceUnderTest => ({
  driver: 'pcieport',
  line,
  msix: 1,
  parameters: { aer: Number(aer) },
});
/** The same on a host bridge of its own, where hotplug is not ACPI's. */
const behindBridge = (line: number, node: number): DeviceUnderTest => ({
  driver: 'pcieport',
  line,
  msix: 1,
  node,
  parameters: { hotplug: 1 },
});
const ahci: DeviceUnderTest = { driver: 'ahci', address: '0000:00:1f.2', line: 16 };
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
const ports = (count: number, aer = true): Record<string, DeviceUnderTest> =>
  Object.fromEntries(LINES.slice(0, count).map((line, n) => [`port${n}`, port(line, aer)]));
/**
 * Where each begins: with its line where it is the first on it, otherwise with its message.
 * @param first the first message
 */
const probePorts = (count: number, first: number): (Act | Other)[] =>
  LINES.slice(0, count).map((line, n) => probe(`port${n}`, LINES.indexOf(line) < n ? first + n : line));

export const SMALL = {
  cpus: 4,
  snapshot: '03-links_up',
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

const vf = (n: number): string => `eth${n + 1}`;
const VFS = [0, 1, 2, 3, 4, 5, 6];

/** A physical function with 3, no and 7 virtual ones, whose links come up. */
export const SRIOV = {
  cpus: 8,
  remapping: true,
  snapshot: '04-vf7',
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
  snapshot: '02-links_up',
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
  snapshot: '13-rebind_off1',
  devices: {
    ...ports(4, false),
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

const BIG_NET = 64;

/** Many queues on few CPUs. */
export const EXHAUST = {
  cpus: 4,
  snapshot: '06-links_up_default2',
  devices: {
    ...ports(6),
    ahci,
    nvme0: nvme(21, 8),
    virtio0: virtioNet(21, BIG_NET),
    virtio1: virtioNet(22, BIG_NET),
    virtio2: virtioNet(23, BIG_NET),
    virtio3: virtioNet(20, 40),
    eth4: e1000e(22),
  },
  steps: [
    ...probePorts(6, 24),
    { begins: ['start', 12] },
    probe('ahci', 16),
    probe('virtio0', 31),
    probe('virtio1', 160),
    probe('virtio2', 289),
    probe('virtio3', 418),
    probe('nvme0', 499),
    probe('eth4', 504),
    { ...open('eth4', 504), defaultAffinity: CpuSet.of(2) },
  ],
} satisfies Machine;

/** CPU 0 is full: affinities break, and a managed queue finds no room. */
export const EXHAUST2 = {
  cpus: 2,
  remapping: true,
  snapshot: '06-unbound',
  devices: {
    ...ports(6),
    ahci,
    virtio0: virtioNet(21, BIG_NET),
    virtio1: virtioNet(22, BIG_NET),
    eth2: e1000e(23),
    eth3: e1000e(20),
    nvme0: nvme(21, 2),
  },
  steps: [
    ...probePorts(6, 25),
    { begins: ['start', 12] },
    probe('ahci', 16),
    probe('virtio0', 32),
    probe('virtio1', 161),
    { ...probe('eth2', 290), defaultAffinity: CpuSet.of(0) },
    { ...probe('eth3', 293), defaultAffinity: CpuSet.of(0) },
    { ...open('eth2', 290), defaultAffinity: CpuSet.of(0) },
    { ...open('eth3', 293), defaultAffinity: CpuSet.of(0) },
    probe('nvme0', 296),
    remove('virtio1', 162),
  ],
} satisfies Machine;

/** Many queues on two nodes; interrupts move at once, and old vectors are given back in between. */
export const IRQBALANCE = {
  cpus: 8,
  cpusPerNode: 4,
  remapping: true,
  snapshot: '01-before',
  devices: {
    ...ports(7),
    ahci,
    virtio0: virtioNet(21, BIG_NET),
    virtio1: virtioNet(22, BIG_NET),
    virtio2: virtioNet(23, BIG_NET),
    virtio3: virtioNet(20, BIG_NET),
    virtio4: virtioBlk(22, 8),
    nvme0: nvme(21, 16),
    eth4: e1000e(23),
  },
  steps: [
    ...probePorts(7, 25),
    { begins: ['start', 12] },
    probe('ahci', 16),
    probe('virtio0', 33),
    probe('virtio1', 162),
    probe('virtio2', 291),
    probe('virtio3', 420),
    probe('virtio4', 549),
    probe('nvme0', 558),
    probe('eth4', 567),
    open('eth4', 567),
  ],
} satisfies Machine;

/** Four nodes with devices on each; four controllers are probed beside each other, of which one is the driver's. */
export const numa16 = (controller: keyof typeof NUMA16_NVME): Machine => ({
  cpus: 16,
  cpusPerNode: 4,
  threads: 2,
  remapping: true,
  snapshot: '03-links_up',
  devices: {
    port0: port(20),
    port1: port(21),
    port2: behindBridge(11, 3),
    port3: behindBridge(10, 3),
    port4: behindBridge(11, 2),
    port5: behindBridge(10, 2),
    port6: behindBridge(11, 1),
    port7: behindBridge(10, 1),
    ahci,
    virtio1: { ...virtioNet(10, 16), node: 1 },
    virtio0: { ...virtioBlk(10, 16), node: 3 },
    [controller]: NUMA16_NVME[controller].device,
    eth1: e1000e(21),
    eth2: { driver: 'vmxnet3', line: 10, node: 2 },
  },
  steps: [
    probe('port0', 20),
    probe('port1', 21),
    ...[2, 3, 4, 5, 6, 7].map((n) => probe(`port${n}`, 25 + n)),
    { begins: ['start', 12] },
    probe('ahci', 16),
    probe('virtio1', 34),
    probe('virtio0', 67),
    probe(controller, NUMA16_NVME[controller].irq),
    probe('eth1', 144),
    probe('eth2', 147),
    open('eth1', 144),
    open('eth2', 147),
  ],
});

const NUMA16_NVME = {
  nvme0: { irq: 84, device: nvme(20, 32) },
  nvme1: { irq: 85, device: { ...nvme(11, 64), node: 3 } },
  nvme2: { irq: 86, device: { ...nvme(11, 8), node: 2 } },
  nvme3: { irq: 87, device: { ...nvme(11, 16), node: 1 } },
} as const;

/** Everything is built in. */
export const BIG64 = {
  cpus: 64,
  snapshot: '03-links_up',
  devices: {
    ...ports(6, false),
    virtio0: virtioBlk(23, 64),
    virtio1: virtioNet(20, 16),
    eth1: e1000e(22),
    eth2: { driver: 'vmxnet3', line: 21 },
  },
  steps: [
    ...probePorts(6, 24),
    probe('virtio0', 30),
    { begins: ['set up', 95] },
    probe('virtio1', 178),
    probe('eth1', 211),
    probe('eth2', 214),
    { begins: ['start', 4] },
    open('eth1', 211),
    open('eth2', 214),
  ],
} satisfies Machine;
