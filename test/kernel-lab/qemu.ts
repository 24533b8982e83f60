import { cpuCount, type Device, type Machine } from './machines.ts';

/** What a boot needs besides the machine. */
export interface BootFiles {
  readonly kernel: string;
  readonly initramfs: string;
  /** Raw image on which the guest leaves its tar archive. */
  readonly disk: string;
}

/** All that the model replays; names, because the kernel's command line takes no patterns but a whole system. */
const VECTOR_EVENTS: readonly string[] = [
  ...['config', 'update', 'clear', 'reserve', 'reserve_managed', 'alloc', 'alloc_managed'],
  ...['activate', 'deactivate', 'teardown', 'setup', 'free_moved'],
];
export const TRACE_EVENTS = [
  'irq_matrix:*',
  ...VECTOR_EVENTS.map((event) => `irq_vectors:vector_${event}`),
].join(',');

/** The guest finds its disk by it. */
export const DISK_MODEL = 'LABCAP';

/** The arguments of QEMU, software emulation only: what the machine under it can do does not matter. */
export function qemuArguments(machine: Machine, files: BootFiles): string[] {
  const remapping = machine.remapping !== 'none';
  const command = [
    'console=ttyS0 panic=-1 edd=off nokaslr mitigations=off loglevel=5',
    // A counter instead of a clock: the events of all CPUs in one strict order.
    `trace_buf_size=8M trace_clock=counter trace_event=${TRACE_EVENTS}`,
    ...(remapping ? ['intel_iommu=on'] : []),
    ...(machine.append === undefined ? [] : [machine.append]),
  ];
  const iommu = `intel-iommu,intremap=on,device-iotlb=off,eim=${machine.remapping === 'x2apic' ? 'on' : 'off'}`;
  return [
    ...['-name', 'lab', '-nodefaults', '-display', 'none', '-no-reboot'],
    ...['-accel', 'tcg,thread=multi,tb-size=512'],
    ...['-machine', remapping ? 'q35,kernel-irqchip=split' : 'q35'],
    ...['-cpu', machine.remapping === 'x2apic' ? 'Nehalem,+x2apic' : 'Nehalem'],
    ...['-smp', machine.smp, '-m', `${machine.memoryGiB}G`],
    ...(remapping ? ['-device', iommu] : []),
    ...nodeArguments(machine),
    ...machine.devices.flatMap((device, at) => deviceArguments(device, at + 1)),
    ...['-drive', `if=none,id=cap,format=raw,file=${files.disk},cache=unsafe`],
    ...['-device', `ide-hd,bus=ide.0,drive=cap,model=${DISK_MODEL}`],
    ...['-serial', 'stdio', '-kernel', files.kernel, '-initrd', files.initramfs],
    ...['-append', command.join(' ')],
  ];
}

/** Memory and CPUs in equal shares, and a host bridge for each node but the first. */
function nodeArguments(machine: Machine): string[] {
  const nodes = machine.nodes ?? 1;
  if (nodes === 1) return [];
  const share = cpuCount(machine) / nodes;
  const megabytes = (machine.memoryGiB * 1024) / nodes;
  return Array.from({ length: nodes }, (_, node) => [
    ...['-object', `memory-backend-ram,id=m${node},size=${megabytes}M`],
    ...['-numa', `node,nodeid=${node},memdev=m${node},cpus=${node * share}-${(node + 1) * share - 1}`],
    ...(node === 0
      ? []
      : ['-device', `pxb-pcie,id=pxb${node},bus_nr=${32 * node},numa_node=${node},bus=pcie.0`]),
  ]).flat();
}

/** A device behind a root port of its own, as servers have them. */
function deviceArguments(device: Device, at: number): string[] {
  const bus = device.node ? `pxb${device.node}` : 'pcie.0';
  const port = `pcie-root-port,id=rp${at},bus=${bus},chassis=${at},slot=${at}`;
  return ['-device', port, ...endpoint(device, `d${at}`, `rp${at}`)];
}

const NULL_DISK = 'driver=null-co,size=64M,read-zeroes=on';

/** `id` names the device and, with a letter, what is behind it. */
function endpoint({ driver, queues = 1 }: Device, id: string, bus: string): string[] {
  const drive = ['-drive', `if=none,id=b${id},${NULL_DISK}`];
  const network = ['-netdev', `user,id=b${id}`];
  switch (driver) {
    case 'nvme': {
      const counts = `max_ioqpairs=${queues},msix_qsize=${queues + 1}`;
      return [...drive, '-device', `nvme,id=${id},bus=${bus},serial=${id},drive=b${id},${counts}`];
    }
    case 'virtio-blk': {
      const counts = `num-queues=${queues},vectors=${queues + 1}`;
      return [...drive, '-device', `virtio-blk-pci,id=${id},bus=${bus},drive=b${id},${counts}`];
    }
    case 'virtio-scsi':
      return ['-device', `virtio-scsi-pci,id=${id},bus=${bus},num_queues=${queues},vectors=${queues + 4}`];
    case 'virtio-net': {
      // The user network has one queue; a tap has many, and the host names it.
      const many = ['-netdev', `tap,id=b${id},queues=${queues},script=no,downscript=no,vhost=off`];
      const counts = `mq=on,vectors=${2 * queues + 2}`;
      const nic = `virtio-net-pci,id=${id},bus=${bus},netdev=b${id},${counts},romfile=`;
      return [...(queues === 1 ? network : many), '-device', nic];
    }
    case 'e1000e':
    case 'vmxnet3':
      return [...network, '-device', `${driver},id=${id},bus=${bus},netdev=b${id},romfile=`];
    case 'igb':
      return [...network, '-device', `igb,id=${id},bus=${bus},netdev=b${id}`];
  }
}
