import { CpuSet } from '../../src/base/cpu-set.ts';
import { type SampleDevice, SampleMachine } from './sample-machine.ts';

/** What the page is looked at with. Each call makes a new machine. */
export const SAMPLES = {
  vm: smallVm,
  numa16: fourNodes,
  threadripper: cannotHibernate,
  undecided: undecided64,
  huge: hugeMachine,
} as const;

export type SampleName = keyof typeof SAMPLES;

/** 2 CPUs, no debugfs: the counts are known, the vector numbers are not. */
function smallVm(): SampleMachine {
  return new SampleMachine({
    source: 'this machine',
    release: '6.12.38+deb13-cloud-amd64',
    profile: '6.12',
    cpus: 2,
    nodes: 1,
    vectorsKnown: false,
    descending: true,
    systemInWindow: [50, 128],
    windowEnd: 235,
    slack: (cpu) => (cpu === 1 ? 2 : 0),
    devices: [
      virtio('0000:00:03.0', 'virtio0', 'req', 2),
      virtio('0000:00:04.0', 'virtio1', 'input', 4),
      { ...msix('0000:00:05.0', 'virtio-pci', 'virtio2', 3), requested: 1 },
      { ...msix('0000:00:1f.2', 'ahci', 'ahci', 1), name: () => 'ahci[0000:00:1f.2]' },
    ],
    doubts: ['IRQ 28 and IRQ 29 were moved and may still hold their old vectors on CPU 1.'],
    missing: [
      { path: '/sys/kernel/debug/irq/domains/VECTOR', cost: 'vector numbers; figures are inferred' },
      { path: '/sys/kernel/debug/irq/irqs', cost: 'whether a move is in progress' },
    ],
    findings: [
      {
        severity: 'note',
        code: 'no-debugfs',
        text: 'Vector numbers are not shown: this kernel has no irq debugfs.',
      },
    ],
  });
}

/** 16 CPUs on 4 nodes with everything readable, CPU 13 offline. */
function fourNodes(): SampleMachine {
  return new SampleMachine({
    source: 'numa16.tar.gz',
    release: '6.18.2-irqdebug',
    profile: '6.18',
    cpus: 16,
    offline: CpuSet.of(13),
    nodes: 4,
    vectorsKnown: true,
    descending: true,
    systemInWindow: [50, 128],
    windowEnd: 235,
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
    findings: [
      {
        severity: 'warning',
        code: 'managed-shutdown',
        text: 'nvme0q14 and nvme1q14 are shut down: CPU 13, the only CPU of their masks, is offline.',
      },
      {
        severity: 'note',
        code: 'reserved',
        text: '9 interrupts are reserved and not requested: they hold no vector.',
      },
    ],
  });
}

/** After lkml 2022-07-28 (five USB cards): 250 vectors would have to share the 200 of CPU 0. */
function cannotHibernate(): SampleMachine {
  const usb = Array.from({ length: 20 }, (_, n) => ({
    ...msix(`0000:${hex(0x21 + n * 3)}:00.0`, 'xhci_hcd', 'xhci_hcd', 10),
    requested: 8,
  }));
  return new SampleMachine({
    source: 'sosreport-workstation-2022-07-28.tar.gz',
    release: '5.19.0-rc7-custom',
    profile: '5.19',
    cpus: 32,
    nodes: 1,
    vectorsKnown: true,
    descending: false,
    systemInWindow: [32, 50, 128],
    windowEnd: 236,
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
    findings: [
      {
        severity: 'error',
        code: 'hibernate-refused',
        text: 'Hibernation and suspend are refused: 250 vectors would have to fit 200 on CPU 0.',
      },
      {
        severity: 'warning',
        code: 'many-from-one-driver',
        text: 'xhci_hcd holds 160 of the 250 vectors that have to move: 20 controllers with 8 each.',
      },
      { severity: 'note', code: 'reserved', text: '57 interrupts are reserved and not requested.' },
    ],
  });
}

/** 64 CPUs without debugfs, an older kernel: too little is known to decide. */
function undecided64(): SampleMachine {
  return new SampleMachine({
    source: 'sosreport-db07.tar.xz',
    release: '5.14.0-427.el9.x86_64',
    profile: '5.14',
    cpus: 64,
    nodes: 2,
    vectorsKnown: false,
    descending: false,
    systemInWindow: [32, 50, 128],
    windowEnd: 236,
    slack: (cpu) => (cpu * 5 + 2) % 3,
    devices: [
      nvme('0000:17:00.0', 'nvme0', 65, 1),
      nvme('0000:18:00.0', 'nvme1', 65, 1),
      nic('0000:31:00.0', 'mlx5_core', 'mlx5_comp', 71),
      nic('0000:31:00.1', 'mlx5_core', 'mlx5_comp', 71),
      { ...msix('0000:98:00.0', 'qedf', 'qedf', 48), managed: () => undefined },
    ],
    doubts: [
      'The driver qedf is not in the catalogue: whether its 48 interrupts are managed cannot be told.',
      '62 moved interrupts may still hold a vector on the CPU they left.',
    ],
    missing: [{ path: '/sys/kernel/debug/irq/domains/VECTOR', cost: 'vector numbers; figures are inferred' }],
    findings: [
      {
        severity: 'warning',
        code: 'hibernate-undecided',
        text: 'Whether hibernation fits cannot be decided: between 197 and 261 vectors have to move to the 197..199 of CPU 0.',
      },
    ],
  });
}

/** 1,152 CPUs, 16 nodes, 6,000 interrupts. */
function hugeMachine(): SampleMachine {
  const disks = Array.from({ length: 32 }, (_, n) => nvme(`${domain(n)}:41:00.0`, `nvme${n}`, 129, 9));
  const nics = Array.from({ length: 16 }, (_, n) =>
    nic(`${domain(n)}:81:00.0`, 'mlx5_core', `mlx5_comp@${n}`, 96),
  );
  return new SampleMachine({
    source: 'this machine',
    release: '6.6.119-hpc',
    profile: '6.6',
    cpus: 1152,
    offline: CpuSet.span(1140, 1151),
    nodes: 16,
    vectorsKnown: true,
    descending: false,
    systemInWindow: [50, 128],
    windowEnd: 236,
    devices: [...disks, ...nics],
    findings: [
      {
        severity: 'error',
        code: 'hibernate-refused',
        text: 'Hibernation is refused: 1,573 vectors for 170 on CPU 0.',
      },
    ],
  });
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
