import type { MatrixShape } from './matrix-layout.ts';

/** The whole state of a matrix as plain data: comparable, JSON, and what a matrix can be built from. */
export interface MatrixSnapshot {
  readonly shape: MatrixShape;
  readonly globalAvailable: number;
  readonly globalReserved: number;
  readonly systembitsInalloc: number;
  readonly totalAllocated: number;
  readonly onlineMaps: number;
  /** Bits taken on every CPU, ascending. */
  readonly systemMap: readonly number[];
  /** One per CPU number. */
  readonly cpus: readonly CpuMapSnapshot[];
}

/** `struct cpumap`, kernel/irq/matrix.c. */
export interface CpuMapSnapshot {
  readonly available: number;
  readonly allocated: number;
  readonly managed: number;
  /** 0 where the kernel has no such counter. */
  readonly managedAllocated: number;
  readonly initialized: boolean;
  readonly online: boolean;
  readonly allocMap: readonly number[];
  readonly managedMap: readonly number[];
}
