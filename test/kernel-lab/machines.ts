/** The machines that QEMU makes: what a scenario is played on. */

export type Driver = 'nvme' | 'virtio-net' | 'virtio-blk' | 'virtio-scsi' | 'e1000e' | 'vmxnet3' | 'igb';

export interface Device {
  readonly driver: Driver;
  /** Queues, or pairs of queues; NVMe: beside the admin queue. */
  readonly queues?: number;
  /** NUMA node whose host bridge it hangs on; 0 when absent. */
  readonly node?: number;
}

/** A Debian release's kernel: the series is the folder's and the scenario's name for it. */
export type Series = '5.10' | '6.1' | '6.12' | '7.2';

export interface Machine {
  /** As QEMU's `-smp` takes it. */
  readonly smp: string;
  readonly memoryGiB: number;
  /** xapic: what every QEMU emulates; x2apic needs QEMU 8 or later. */
  readonly remapping: 'none' | 'xapic' | 'x2apic';
  /** NUMA nodes with the CPUs in equal shares; 1 when absent. */
  readonly nodes?: number;
  readonly devices: readonly Device[];
  /** Added to the kernel's command line. */
  readonly append?: string;
}

/** One MSI-X vector per queue and one for the rest, as each driver counts. */
const repeated = (count: number, device: Device): Device[] => Array.from({ length: count }, () => device);

/** Managed (NVMe, virtio-blk) and movable (virtio-net, e1000e) interrupts on four CPUs. */
export const SMALL: Machine = {
  smp: '4,sockets=1,cores=4,threads=1',
  memoryGiB: 2,
  remapping: 'none',
  devices: [
    { driver: 'nvme', queues: 8 },
    { driver: 'virtio-net', queues: 4 },
    { driver: 'virtio-blk', queues: 4 },
    { driver: 'e1000e' },
  ],
};

/** 468 movable interrupts on four CPUs that hold 804 vectors: one CPU cannot take them, two can. */
export const CROWDED: Machine = {
  smp: '4,sockets=1,cores=4,threads=1',
  memoryGiB: 3,
  remapping: 'none',
  devices: [
    ...repeated(3, { driver: 'virtio-net', queues: 64 }),
    { driver: 'virtio-net', queues: 40 },
    { driver: 'nvme', queues: 8 },
    { driver: 'e1000e' },
  ],
};

/** Four sockets of two cores with two threads, each a node with devices of its own. */
export const NUMA16: Machine = {
  smp: '16,sockets=4,cores=2,threads=2',
  memoryGiB: 4,
  remapping: 'none',
  nodes: 4,
  devices: [
    { driver: 'nvme', queues: 32 },
    { driver: 'e1000e' },
    { driver: 'nvme', queues: 16, node: 1 },
    { driver: 'virtio-net', queues: 16, node: 1 },
    { driver: 'nvme', queues: 8, node: 2 },
    { driver: 'vmxnet3', node: 2 },
    { driver: 'nvme', queues: 64, node: 3 },
    { driver: 'virtio-blk', queues: 16, node: 3 },
  ],
};

/** About 500 movable interrupts on eight CPUs in two nodes: what irqbalance was recorded on. */
export const BALANCED: Machine = {
  smp: '8,sockets=2,cores=4,threads=1',
  memoryGiB: 3,
  remapping: 'none',
  nodes: 2,
  devices: [
    ...repeated(4, { driver: 'virtio-net', queues: 64 }),
    { driver: 'nvme', queues: 16 },
    { driver: 'virtio-blk', queues: 8 },
    { driver: 'e1000e' },
  ],
};

/** Network devices with one pair of queues, which packets reach: without remapping a move waits for an interrupt. */
export const BUSY: Machine = {
  smp: '4,sockets=1,cores=4,threads=1',
  memoryGiB: 2,
  remapping: 'none',
  devices: [
    ...repeated(8, { driver: 'virtio-net' }),
    ...repeated(2, { driver: 'e1000e' }),
    { driver: 'nvme', queues: 8 },
    { driver: 'virtio-blk', queues: 4 },
  ],
};

/** The same with eight CPUs in two nodes. */
export const BUSY8: Machine = { ...BUSY, smp: '8,sockets=2,cores=4,threads=1', nodes: 2 };

export function cpuCount(machine: Machine): number {
  return Number.parseInt(machine.smp, 10);
}
