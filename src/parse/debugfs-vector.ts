/** One line of the per-CPU table. */
export interface VectorCpuRow {
  readonly cpu: number;
  readonly available: number;
  readonly managed: number;
  /** `mac`; undefined on kernels without the column (≤ 5.0). */
  readonly managedAllocated: number | undefined;
  readonly allocated: number;
  /** Vector numbers in use (`alloc_map`). */
  readonly vectors: readonly number[];
}

/** /sys/kernel/debug/irq/domains/VECTOR (`irq_matrix_debug_show()`, kernel/irq/matrix.c). */
export interface DebugfsVector {
  readonly mapped: number | undefined;
  readonly flags: number | undefined;
  readonly onlineBitmaps: number;
  readonly globalAvailable: number;
  readonly globalReserved: number;
  readonly totalAllocated: number;
  readonly system: readonly number[];
  /** Online CPUs only, ascending. */
  readonly cpus: readonly VectorCpuRow[];
  /** Lines of the table that were left out with `...` in a mail: the dump is an excerpt. */
  readonly excerpt: boolean;
}
