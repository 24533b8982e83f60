import type { CpuSet } from '../base/cpu-set.ts';
import type { DebugfsIrq } from '../parse/debugfs-irq.ts';
import type { DebugfsVector } from '../parse/debugfs-vector.ts';
import type { ProcCmdline } from '../parse/proc-cmdline.ts';
import type { ProcInterrupts } from '../parse/proc-interrupts.ts';
import type { ProcStat } from '../parse/proc-stat.ts';
import type { ProcVersion } from '../parse/proc-version.ts';

/**
 * What could be seen of a machine: every field may be absent, and absent is undefined, never 0. The raw form;
 * observe/infer.ts derives the `MachineState`.
 */
export interface Observation {
  readonly source: string;
  readonly live: boolean;
  readonly version: ProcVersion | undefined;
  readonly cmdline: ProcCmdline | undefined;
  readonly cpus: ObservedCpus;
  readonly nodes: readonly ObservedNode[];
  /** /proc/irq/default_smp_affinity. */
  readonly defaultAffinity: CpuSet | undefined;
  readonly interrupts: ProcInterrupts | undefined;
  /** Every interrupt seen anywhere, ascending. */
  readonly irqs: readonly ObservedIrq[];
  readonly devices: readonly ObservedDevice[];
  readonly vectorDomain: DebugfsVector | undefined;
  /**
   * Built with IA32 emulation and not switched off at boot (vector 0x80 is a system vector, unless the CPU runs
   * FRED); undefined when not readable.
   */
  readonly ia32Emulation: boolean | undefined;
  /** The CPU has FRED (flag in /proc/cpuinfo); undefined when not readable. */
  readonly fred: boolean | undefined;
  readonly stat: ProcStat | undefined;
  /** Seconds since boot. */
  readonly uptimeS: number | undefined;
  /** True when /sys/kernel/irq could be listed (exists for every descriptor). */
  readonly hasSysKernelIrq: boolean;
  /** True when /proc/irq could be listed. */
  readonly hasProcIrq: boolean;
  /** True when PCI devices could be listed. */
  readonly hasPci: boolean;
  /** Paths that exist and could not be read. */
  readonly denied: readonly string[];
}

export interface ObservedCpus {
  readonly online: CpuSet | undefined;
  readonly possible: CpuSet | undefined;
  readonly present: CpuSet | undefined;
}

export interface ObservedNode {
  readonly node: number;
  readonly cpus: CpuSet;
}

/** One interrupt from /proc/interrupts, /proc/irq/N, /sys/kernel/irq/N, msi_irqs and debugfs together. */
export interface ObservedIrq {
  readonly irq: number;
  /** Action names; empty when not requested; undefined when no source tells. */
  readonly actions: readonly string[] | undefined;
  readonly chip: string | undefined;
  readonly hwirq: number | undefined;
  /** CPU number → deliveries, modulo 2^32. A view, not a Map: a wide machine has a million of them. */
  readonly counts: ReadonlyMap<number, number> | undefined;
  /** /proc/irq/N exists (requested at least once, or a legacy interrupt). */
  readonly hasProcDir: boolean;
  readonly affinity: CpuSet | undefined;
  readonly effective: CpuSet | undefined;
  readonly hint: CpuSet | undefined;
  /** -1 where the kernel says that it has none. */
  readonly node: number | undefined;
  /** Permission bits of smp_affinity; undefined when modes are not the kernel's own. */
  readonly affinityMode: number | undefined;
  /** PCI address, from msi_irqs, the chip's name, an old hwirq number, or the action's name. */
  readonly device: string | undefined;
  /** `msi` or `msix` where msi_irqs or the chip tells. */
  readonly msi: 'msi' | 'msix' | undefined;
  readonly debug: DebugfsIrq | undefined;
}

export interface ObservedDevice {
  /** PCI address, `0000:00:1f.2`. */
  readonly bdf: string;
  readonly driver: string | undefined;
  /** -1 where the kernel says that it has none. */
  readonly numaNode: number | undefined;
  /** Vendor, device and class ids as in sysfs (`0x8086`). */
  readonly vendor: string | undefined;
  readonly device: string | undefined;
  readonly class: string | undefined;
  /** IRQ numbers in msi_irqs, ascending. */
  readonly msiIrqs: readonly { readonly irq: number; readonly kind: 'msi' | 'msix' | undefined }[];
}
