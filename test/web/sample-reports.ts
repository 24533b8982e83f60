import { CpuSet } from '../../src/base/cpu-set.ts';
import type { Doubt } from '../../src/model/machine-state.ts';
import { type Answers, answersOf } from './machines.ts';
import { later, machineOf, type SampleDevice, type SampleSpec } from './sample-machine.ts';

/** Machines that no capture has. Each call makes a new one. */
export const SAMPLES = {
  vm: smallVm,
  numa16: fourNodes,
  threadripper: cannotHibernate,
  undecided: undecided64,
  loses: losesInterrupts,
  huge: hugeMachine,
} as const;

export type SampleName = keyof typeof SAMPLES;

/** 2 CPUs, no debugfs: the counts are known, the vector numbers are not. */
function smallVm(): Answers {
  return live({
    source: 'this machine',
    release: '6.12.38+deb13-cloud-amd64',
    profile: '6.12',
    cpus: 2,
    nodes: 1,
    vectorsKnown: false,
    perhapsOld: 2,
    devices: [
      virtio('0000:00:03.0', 'virtio0', 'req', 2),
      virtio('0000:00:04.0', 'virtio1', 'input', 4),
      { ...msix('0000:00:05.0', 'virtio-pci', 'virtio2', 3), requested: 1 },
      { ...msix('0000:00:1f.2', 'ahci', 'ahci', 1), name: () => 'ahci[0000:00:1f.2]' },
    ],
    doubts: [oldVectors(2)],
    missing: [
      {
        path: 'sys/kernel/debug/irq/domains/VECTOR',
        cost: 'vector numbers are not known, and counts are inferred',
      },
    ],
  });
}

/** 16 CPUs on 4 nodes with everything readable, CPU 13 offline. */
function fourNodes(): Answers {
  return live({
    source: 'numa16.tar.gz',
    release: '6.18.2-irqdebug',
    profile: '6.18',
    cpus: 16,
    offline: CpuSet.of(13),
    nodes: 4,
    vectorsKnown: true,
    devices: [
      nvme('0000:41:00.0', 'nvme0', 17, 1),
      nvme('0000:42:00.0', 'nvme1', 17, 1),
      nic('0000:81:00.0', 'i40e', 'enp129s0f0', 17),
      nic('0000:81:00.1', 'i40e', 'enp129s0f1', 17),
      {
        ...msix('0000:c1:00.0', 'mpi3mr', 'mpi3mr0-msix', 17),
        mask: (n) => (n === 0 ? CpuSet.span(0, 15) : CpuSet.of(((n - 1) % 8) * 2, ((n - 1) % 8) * 2 + 1)),
        managed: (n) => n > 0,
      },
      { ...msix('0000:01:00.0', 'xhci_hcd', 'xhci_hcd', 8), requested: 1 },
      { ...msix('0000:00:1f.2', 'ahci', 'ahci', 4), requested: 2 },
    ],
  });
}

/** After lkml 2022-07-28 (five USB cards): 250 vectors would have to share the 200 of CPU 0. */
function cannotHibernate(): Answers {
  const usb = Array.from({ length: 20 }, (_, n) => ({
    ...msix(`0000:${hex(0x21 + n * 3)}:00.0`, 'xhci_hcd', 'xhci_hcd', 10),
    requested: 8,
  }));
  return live({
    source: 'sosreport-workstation-2022-07-28.tar.gz',
    release: '6.1.99-custom',
    profile: '6.1',
    cpus: 32,
    nodes: 1,
    vectorsKnown: true,
    devices: [
      ...usb,
      { ...nvme('0000:01:00.0', 'nvme0', 33, 1) },
      nic('0000:a1:00.0', 'ixgbe', 'eno1', 33),
      nic('0000:a1:00.1', 'ixgbe', 'eno2', 33),
      { ...msix('0000:00:00.2', 'AMD-Vi', 'AMD-Vi', 4) },
      { ...msix('0000:c1:00.0', 'amdgpu', 'amdgpu', 1) },
      { ...msix('0000:22:00.6', 'snd_hda_intel', 'snd_hda_intel:card0', 2) },
      { ...msix('0000:02:00.0', 'pcieport', 'pciehp', 11) },
      { ...msix('0000:46:00.0', 'ahci', 'ahci', 17), requested: 0 },
    ],
  });
}

/** 64 CPUs without debugfs, an older kernel: too little is known to decide. */
function undecided64(): Answers {
  return live({
    source: 'sosreport-db07.tar.xz',
    release: '5.14.0-427.el9.x86_64',
    profile: '5.14',
    cpus: 64,
    nodes: 2,
    vectorsKnown: false,
    perhapsOld: 62,
    devices: [
      nvme('0000:17:00.0', 'nvme0', 65, 1),
      nvme('0000:18:00.0', 'nvme1', 65, 1),
      nic('0000:31:00.0', 'mlx5_core', 'mlx5_comp', 71),
      nic('0000:31:00.1', 'mlx5_core', 'mlx5_comp', 71),
      { ...msix('0000:98:00.0', 'qedf', 'qedf', 48), managed: () => undefined },
    ],
    doubts: [
      oldVectors(62),
      { kind: 'managed', irqs: [], text: 'it cannot be told whether 48 interrupts are managed: qedf' },
    ],
    missing: [
      {
        path: 'sys/kernel/debug/irq/domains/VECTOR',
        cost: 'vector numbers are not known, and counts are inferred',
      },
    ],
  });
}

/** CPU 2 is full: whoever may run only on CPU 1 and 2 is lost when CPU 1 goes, though the others have room. */
function losesInterrupts(): Answers {
  const only = (...cpus: number[]) => ({ mask: () => CpuSet.of(...cpus) });
  return live({
    source: 'sosreport-pinned.tar.gz',
    release: '6.1.99-custom',
    profile: '6.1',
    cpus: 4,
    nodes: 1,
    vectorsKnown: true,
    devices: [
      { ...msix('0000:01:00.0', 'mpi3mr', 'mpi3mr0-msix', 170), ...only(2), managed: () => true },
      { ...msix('0000:02:00.0', 'ixgbe', 'eno1-TxRx', 31), ...only(2) },
      { ...msix('0000:03:00.0', 'ixgbe', 'eno2-TxRx', 20), ...only(1, 2) },
      nic('0000:04:00.0', 'i40e', 'enp4s0', 5),
    ],
  });
}

/** 1,152 CPUs, 16 nodes, 6,000 interrupts. */
function hugeMachine(): Answers {
  const disks = Array.from({ length: 32 }, (_, n) => nvme(`${domain(n)}:41:00.0`, `nvme${n}`, 129, 9));
  const nics = Array.from({ length: 16 }, (_, n) =>
    nic(`${domain(n)}:81:00.0`, 'mlx5_core', `mlx5_comp@${n}`, 96),
  );
  return live({
    source: 'this machine',
    release: '6.6.119-hpc',
    profile: '6.6',
    cpus: 1152,
    offline: CpuSet.span(1140, 1151),
    nodes: 16,
    vectorsKnown: true,
    devices: [...disks, ...nics],
  });
}

/** Read anew for each answer; the counts of a live machine go up. */
function live(spec: SampleSpec): Answers {
  const machine = machineOf(spec);
  let ticks = 0;
  return answersOf(() => later(machine, ++ticks));
}

function oldVectors(count: number): Doubt {
  const text = `${count} interrupts may hold a second vector on a CPU that was left, until the next interrupt`;
  return { kind: 'old-vectors', irqs: [], text };
}

function msix(address: string, driver: string, prefix: string, irqs: number): SampleDevice {
  return { address, driver, irqs, name: (n) => (irqs === 1 ? prefix : `${prefix}-${n}`) };
}

function virtio(address: string, device: string, queue: string, queues: number): SampleDevice {
  return {
    address,
    driver: 'virtio-pci',
    irqs: queues + 1,
    name: (n) => (n === 0 ? `${device}-config` : `${device}-${queue}.${n - 1}`),
    mask: (n) => (n === 0 ? CpuSet.span(0, 1) : CpuSet.of((n - 1) % 2)),
    managed: (n) => n > 0 && queue === 'req',
  };
}

/** The admin queue may go anywhere; each other queue is managed, over `width` CPUs. */
function nvme(address: string, name: string, irqs: number, width: number): SampleDevice {
  return {
    address,
    driver: 'nvme',
    irqs,
    name: (n) => `${name}q${n}`,
    ...(width === 1
      ? { mask: (n) => (n === 0 ? CpuSet.span(0, irqs - 2) : CpuSet.of(n - 1)) }
      : { mask: (n) => (n === 0 ? CpuSet.span(0, 8) : CpuSet.span((n - 1) * width, n * width - 1)) }),
    managed: (n) => n > 0,
  };
}

function nic(address: string, driver: string, name: string, irqs: number): SampleDevice {
  return {
    address,
    driver,
    irqs,
    name: (n) => (n === 0 ? `${driver}-${address}:misc` : `${name}-TxRx-${n - 1}`),
  };
}

function hex(n: number): string {
  return n.toString(16).padStart(2, '0');
}

function domain(n: number): string {
  return n.toString(16).padStart(4, '0');
}
