import { invariant } from '../base/assert.ts';
import type { Matrix } from './matrix.ts';
import {
  GLOBAL_AVAILABLE,
  GLOBAL_RESERVED,
  type MatrixLayout,
  type MatrixShape,
  ONLINE_MAPS,
  SYSTEMBITS_INALLOC,
  setBits,
  TOTAL_ALLOCATED,
} from './matrix-layout.ts';

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

export function snapshotOf(matrix: Matrix): MatrixSnapshot {
  const { shape, maps } = matrix;
  return {
    shape,
    globalAvailable: matrix.globalAvailable,
    globalReserved: matrix.globalReserved,
    systembitsInalloc: matrix.systembitsInalloc,
    totalAllocated: matrix.totalAllocated,
    onlineMaps: matrix.onlineMaps,
    systemMap: matrix.systemBits(),
    cpus: Array.from({ length: shape.cpuCount }, (_, cpu) => ({
      available: maps.available[cpu] ?? 0,
      allocated: maps.allocated[cpu] ?? 0,
      managed: maps.managed[cpu] ?? 0,
      managedAllocated: maps.managedAllocated[cpu] ?? 0,
      initialized: maps.initialized[cpu] !== 0,
      online: maps.online[cpu] !== 0,
      allocMap: matrix.allocatedBits(cpu),
      managedMap: matrix.managedBits(cpu),
    })),
  };
}

/** Into the words of a new matrix of its shape. */
export function writeSnapshot(words: Uint32Array, layout: MatrixLayout, snapshot: MatrixSnapshot): void {
  const { cpuCount, matrixBits } = snapshot.shape;
  invariant(snapshot.cpus.length === cpuCount, `${snapshot.cpus.length} maps for ${cpuCount} CPUs`);
  words[GLOBAL_AVAILABLE] = snapshot.globalAvailable;
  words[GLOBAL_RESERVED] = snapshot.globalReserved;
  words[SYSTEMBITS_INALLOC] = snapshot.systembitsInalloc;
  words[TOTAL_ALLOCATED] = snapshot.totalAllocated;
  words[ONLINE_MAPS] = snapshot.onlineMaps;
  setBits(words, layout.systemMap, snapshot.systemMap, matrixBits);
  setBits(words, layout.closedMap, snapshot.systemMap, matrixBits);
  for (const [cpu, map] of snapshot.cpus.entries()) {
    words[layout.available + cpu] = map.available;
    words[layout.allocated + cpu] = map.allocated;
    words[layout.managed + cpu] = map.managed;
    words[layout.managedAllocated + cpu] = map.managedAllocated;
    words[layout.initialized + cpu] = map.initialized ? 1 : 0;
    words[layout.online + cpu] = map.online ? 1 : 0;
    setBits(words, layout.allocMap + cpu * layout.mapWords, map.allocMap, matrixBits);
    setBits(words, layout.managedMap + cpu * layout.mapWords, map.managedMap, matrixBits);
  }
}
