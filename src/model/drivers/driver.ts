/**
 * What a driver of the catalogue is: what it asks of the kernel for one device, in which order, and when. Each is
 * written from its source, which it names; what a driver does besides interrupts is left out.
 */
import type { CpuSet } from '../../base/cpu-set.ts';
import type { Turns } from '../../base/turns.ts';
import type { LogLevel } from '../events.ts';
import type { KernelProfile } from '../kernel-profile.ts';
import type { IrqVectorsRequest } from '../msi/irq-vectors.ts';
import type { MsiCapability, PciFunction } from '../msi/pci-device.ts';

/** Where a driver's entry was read. */
export interface DriverSource {
  /** Path in the kernel's tree. */
  readonly file: string;
  readonly functions: readonly string[];
  /** Of the kernel that was read: `6.1`. */
  readonly kernel: string;
}

/**
 * A number that a device's description may give: a property of the hardware, an option of the module, or a setting
 * that is made once the driver is bound (`ethtool -L`, devlink).
 */
export interface DriverParameter {
  readonly is: 'device' | 'module' | 'setting';
  readonly meaning: string;
  readonly min: number;
  readonly max: number;
  /** What it is where the description does not say. */
  readonly default: number;
}

/**
 * A device as its driver sees it, and the machine behind it: all that a driver can ask. Messages are numbered as the
 * driver numbers them, from 0. Results are the kernel's: a count, 0, or a negative errno.
 */
export interface DriverDevice {
  /** The instance, which the actions of its interrupts carry: `nvme0`, `eth1`, `virtio2`. */
  readonly name: string;
  readonly fn: PciFunction;
  readonly profile: KernelProfile;
  /** `num_possible_cpus()` and `num_online_cpus()` are the sizes of these; live. */
  readonly possible: CpuSet;
  readonly present: CpuSet;
  readonly online: CpuSet;
  /** `cpumask_of_node()`; every CPU where the node is none. */
  cpusOfNode(node: number): CpuSet;
  /** `topology_sibling_cpumask()`: groups that share no CPU; one that is in none has no siblings. */
  readonly siblings: readonly CpuSet[];
  /** A parameter that the driver declares. */
  parameter(name: string): number;

  /** `pci_enable_device()`. */
  enable(): number;
  /** `pci_disable_device()`. */
  disable(): void;
  /** `pci_alloc_irq_vectors_affinity()`, and `pci_enable_msix_range()` with `types: ['msix']`. */
  allocIrqVectors(request: IrqVectorsRequest): number;
  /** The same, for {@link Driver.probeInTurns}. */
  allocIrqVectorsInTurns(request: IrqVectorsRequest): Turns<number>;
  /** `pci_free_irq_vectors()`. */
  freeIrqVectors(): void;
  /**
   * `pci_msix_alloc_irq_at()`: one more message of MSI-X, with a mask of its own; its number, or a negative errno. Only
   * kernels whose devices have MSI domains of their own do it (`pci_msix_can_alloc_dyn()`).
   */
  allocIrqAt(mask: CpuSet): number;
  /** `pci_msix_free_irq()`; its handler is gone. */
  freeIrqAt(message: number): void;
  /** What is enabled: `pci_dev::msix_enabled`, `msi_enabled`. */
  readonly mode: 'msix' | 'msi' | 'intx';
  /** `pci_irq_get_affinity()`. */
  irqAffinity(message: number): CpuSet | undefined;

  /** `request_irq()`. */
  requestIrq(message: number, action: string, how?: RequestFlags): number;
  /** `free_irq()`. */
  freeIrq(message: number): void;
  enableIrq(message: number): void;
  disableIrq(message: number): void;
  /** `irq_set_affinity()`; with it IRQ_NO_BALANCING is set: user space may not move it any more. */
  pinIrq(message: number, mask: CpuSet): number;
  /** IRQ_NO_BALANCING is cleared; the affinity stays. */
  unpinIrq(message: number): void;
  /** `irq_set_affinity_hint()`, `irq_set_affinity_and_hint()`: published, and set; undefined takes the hint back. */
  setAffinityAndHint(message: number, mask: CpuSet | undefined): void;
  /** `irq_update_affinity_hint()`: published only. */
  updateAffinityHint(message: number, mask: CpuSet | undefined): void;

  /**
   * `pci_enable_sriov()`, with 0 `pci_disable_sriov()`: the virtual functions come, and their driver binds them, before it
   * returns; or they go. 0 or a negative errno.
   */
  setVfs(count: number): number;

  print(level: LogLevel, text: string): void;
}

export interface RequestFlags {
  /** IRQF_SHARED. */
  readonly shared?: boolean;
  /** IRQF_NO_AUTOEN: it stays disabled until `enableIrq`. */
  readonly noAutoEnable?: boolean;
}

/**
 * @template S what the driver remembers of a device between two calls: plain data, changed in place, that a copy of a
 *   machine can copy
 */
export interface Driver<S = unknown> {
  /** As in sysfs: `nvme`. */
  readonly name: string;
  /** Names of its devices where a description gives none: `nvme` makes nvme0, nvme1, ... */
  readonly instance: string;
  /**
   * For people, in one or two sentences: how many vectors and from what, managed or not, when they are requested, what
   * suspend does.
   */
  readonly summary: string;
  readonly sources: readonly DriverSource[];
  readonly parameters: Readonly<Record<string, DriverParameter>>;
  /** The capabilities of its devices where a description gives none; lines come from the description only. */
  capabilities(parameter: (name: string) => number): DriverCapabilities;

  /** Binds a device. A negative errno where it cannot, with everything undone. */
  probe(device: DriverDevice): S | number;
  /** The same where the driver probes in a work queue: other probes may run in between. */
  probeInTurns?(device: DriverDevice): Turns<S | number>;
  /** `ndo_open()` of a network driver: the link is brought up. */
  open?(device: DriverDevice, state: S): number;
  /** `ndo_stop()`. */
  stop?(device: DriverDevice, state: S): void;
  /** A CPU is about to go, and still online: only drivers with a hotplug state of their own have it. */
  cpuGoes?(device: DriverDevice, state: S, cpu: number): void;
  /** A CPU came or went, after the machine dealt with it: only drivers with a hotplug state of their own have it. */
  cpusChanged?(device: DriverDevice, state: S): void;
  /** The negative errno with which its power management callback refuses: the machine does not sleep. */
  readonly refusesSuspend?: number;
  /** Its power management callback before CPUs go down; interrupts it gives up here need no place on the last CPU. */
  suspend?(device: DriverDevice, state: S): void;
  /** Its counterpart; a negative errno where the device does not come back. */
  resume?(device: DriverDevice, state: S): number;
  /** Unbinds the device. */
  remove(device: DriverDevice, state: S): void;
  /**
   * Of a physical function: a new number of virtual functions is written to sriov_numvfs (`sriov_configure()`). It
   * calls `setVfs`; the number, 0 for none, or a negative errno.
   */
  configureVfs?(device: DriverDevice, state: S, count: number): number;
  /** What drives its virtual functions, and what a description may take for granted of them. */
  readonly vf?: { readonly driver: string; readonly max: (parameter: (name: string) => number) => number };
  /**
   * What the physical function grants each of `count` virtual functions, as parameters of their driver, where that
   * depends on what it got itself. Those that are not named keep their defaults.
   */
  vfParameters?(device: DriverDevice, state: S, count: number): Readonly<Record<string, number>>;
}

export interface DriverCapabilities {
  /** Entries of the MSI-X table; undefined without MSI-X. */
  readonly msix?: number | undefined;
  readonly msi?: MsiCapability | undefined;
}

/** A driver with its own state, as one among others: only its own functions ever see that state. */
export function defineDriver<S>(driver: Driver<S>): Driver {
  return driver as Driver;
}
