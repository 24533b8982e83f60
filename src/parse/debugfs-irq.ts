import type { CpuSet } from '../base/cpu-set.ts';

/** /sys/kernel/debug/irq/irqs/N (`irq_debug_show()`, kernel/irq/debugfs.c), what the model needs of it. */
export interface DebugfsIrq {
  /** PCI address or other device name; undefined for `(null)` or an absent line. */
  readonly device: string | undefined;
  /** Flag names below `dstate:`, e.g. IRQD_ACTIVATED. */
  readonly dstate: ReadonlySet<string>;
  readonly node: number | undefined;
  readonly affinity: CpuSet | undefined;
  readonly effective: CpuSet | undefined;
  /** Empty set when the line is empty; undefined when there is none. */
  readonly pending: CpuSet | undefined;
  /** Domain names from the outermost in, e.g. [`PCI-MSI-3`, `VECTOR`]. */
  readonly domains: readonly string[];
  /** Chip names in the same order. */
  readonly chips: readonly string[];
  /** The VECTOR level; undefined when the interrupt is not on it. */
  readonly vector: DebugfsIrqVector | undefined;
}

export interface DebugfsIrqVector {
  /** 0 when none is assigned. */
  readonly vector: number;
  /** `Target:`; undefined for `Legacy PIC all CPUs` and `Not assigned`. */
  readonly target: number | undefined;
  readonly legacyPic: boolean;
  readonly previousVector: number | undefined;
  readonly previousTarget: number | undefined;
  /** The five flags exist since 4.20. */
  readonly moveInProgress: boolean | undefined;
  readonly isManaged: boolean | undefined;
  readonly canReserve: boolean | undefined;
  readonly hasReserved: boolean | undefined;
  readonly cleanupPending: boolean | undefined;
}
