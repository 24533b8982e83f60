import { CpuSet } from '../base/cpu-set.ts';

/** What the model needs of an interrupt's outermost `irq_chip` and of the way it is connected. */
export interface IrqChip {
  /** As /proc/interrupts shows it: `PCI-MSI`, `IR-IO-APIC`. */
  readonly name: string;
  /** It has an affinity setter. */
  readonly settable: boolean;
  /**
   * Behind interrupt remapping: its target may be changed at any time (`IRQ_MOVE_PCNTXT`), and the old vector is given
   * back without waiting for an interrupt. Otherwise both wait for the next interrupt (specification 4.10, 5.5.2).
   */
  readonly remapped: boolean;
  /** Masks while its affinity is set before startup, as PCI-MSI does (`IRQCHIP_AFFINITY_PRE_STARTUP`). */
  readonly affinityBeforeStartup: boolean;
}

/** `struct apic_chip_data` (arch/x86/kernel/apic/vector.c, specification 4.1). Fields keep stale values, as there. */
export class VectorData {
  /** Current vector, 0 for none; giving it back leaves `cpu`, and so do the next two when a move ends. */
  vector = 0;
  cpu = 0;
  /** The vector that waits for its clean-up on `prevCpu`, 0 for none. */
  prevVector = 0;
  prevCpu = 0;
  /** What the upper levels program: the vector, or 239 for what must not arrive. */
  hwVector = 0;
  hwCpu = 0;
  /** The new target is programmed, the first interrupt there has not been seen. */
  moveInProgress = false;
  /** Queued for its clean-up on `prevCpu`. */
  cleanupPending = false;
  isManaged = false;
  canReserve = false;
  hasReserved = false;

  /** An independent copy; what another policy keeps besides comes with it. */
  clone(): VectorData {
    return Object.assign(new VectorData(), this);
  }
}

/** Masks are replaced, never changed in place, so one that is empty will do for all. */
const NO_CPUS = new CpuSet();

/** IRQF_SHARED, include/linux/interrupt.h. */
export const IRQF_SHARED = 0x80;

/** What a driver says of its handler. */
export interface IrqAction {
  readonly flags: number;
  readonly name: string;
}

/** Where nothing is said of a handler it shares. */
export const SHARABLE: IrqAction = { flags: IRQF_SHARED, name: '' };

/** `struct irq_desc` with its irq_data: one interrupt number (specification 5.2). */
export class IrqDesc {
  readonly irq: number;
  readonly chip: IrqChip;
  /** NUMA node, -1 for none. */
  node: number;
  /** IRQD_AFFINITY_MANAGED. */
  readonly managed: boolean;
  /** The stored mask; what smp_affinity shows while no move is pending. */
  affinity: CpuSet;
  effective: CpuSet = NO_CPUS;
  /** Kept when the flag is cleared. */
  pendingMask: CpuSet = NO_CPUS;
  /** IRQD_SETAFFINITY_PENDING. */
  movePending = false;
  affinitySet: boolean;
  /** IRQD_ACTIVATED: the domains have programmed the hardware. */
  activated = false;
  started = false;
  disabled = true;
  masked = true;
  /** Disable depth; 0 is enabled. */
  depth = 1;
  /** How many handlers are installed. */
  actions = 0;
  /** What the first of them said. */
  action: IrqAction = SHARABLE;
  managedShutdown: boolean;
  /** IRQD_CAN_RESERVE, the core's word on reservation mode. */
  canReserve = false;
  /** Not to be moved by user space (IRQF_NOBALANCING), as the timer's. */
  noBalancing = false;
  perCpu = false;
  suspended = false;
  /** It was started when it was suspended: if a CPU shut it down meanwhile, resume starts it again. */
  resumes = false;
  /** What a driver published for user space; never read by the kernel (M4). */
  hint: CpuSet | undefined;
  /** The vector domain's own record; undefined while the interrupt is not on it. */
  data: VectorData | undefined;

  constructor(
    irq: number,
    chip: IrqChip,
    node: number,
    affinity: CpuSet,
    managed: boolean,
    affinitySet: boolean,
  ) {
    this.irq = irq;
    this.chip = chip;
    this.node = node;
    this.affinity = affinity;
    this.managed = managed;
    this.affinitySet = affinitySet;
    this.managedShutdown = managed;
  }

  /** An independent copy; masks are shared. */
  clone(): IrqDesc {
    const { irq, chip, node, affinity, managed, affinitySet } = this;
    const copy = Object.assign(new IrqDesc(irq, chip, node, affinity, managed, affinitySet), this);
    copy.data = this.data?.clone();
    return copy;
  }

  /** What /proc/irq/N/smp_affinity shows. */
  get shownAffinity(): CpuSet {
    return this.movePending ? this.pendingMask : this.affinity;
  }

  /** User space may set the affinity (`irq_can_set_affinity_usr()`). */
  get settableByUser(): boolean {
    return this.settable && !this.managed;
  }

  /** `irq_can_set_affinity()`. */
  get settable(): boolean {
    return this.chip.settable && !this.perCpu && !this.noBalancing;
  }
}
