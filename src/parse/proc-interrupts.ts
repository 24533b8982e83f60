/** One interrupt of /proc/interrupts. */
export interface InterruptRow {
  readonly irq: number;
  /** Deliveries per header column (see {@link ProcInterrupts.cpus}), modulo 2^32. */
  readonly counts: Uint32Array;
  /** `IO-APIC`, `IR-PCI-MSI`, `PCI-MSIX-0000:00:01.0`; undefined where the row shows none. */
  readonly chip: string | undefined;
  /** The number the chip's domain uses; undefined in the glued forms (`PCI-MSI-edge`). */
  readonly hwirq: number | undefined;
  /** `edge`, `fasteoi`, … as shown; undefined where the row shows none. */
  readonly flow: string | undefined;
  /** Action names in order; empty where none is shown. Names may hold spaces. */
  readonly actions: readonly string[];
}

/** An architecture row: NMI, LOC, RES, ERR … */
export interface ArchRow {
  readonly label: string;
  /** One number per header column, or a single total (ERR, MIS up to 7.1). */
  readonly counts: Uint32Array;
  readonly text: string;
}

export interface ProcInterrupts {
  /** CPU numbers of the header's columns: only online CPUs are listed, so column index ≠ CPU number. */
  readonly cpus: readonly number[];
  readonly rows: readonly InterruptRow[];
  readonly arch: readonly ArchRow[];
}
