import type { CpuEventName, GlobalEventName, MatrixEvent } from './events.ts';
import type { Matrix } from './matrix.ts';

const GLOBAL_EVENTS: ReadonlySet<string> = new Set<GlobalEventName>([
  'irq_matrix_online',
  'irq_matrix_offline',
  'irq_matrix_reserve',
  'irq_matrix_remove_reserved',
]);

function isGlobal(name: GlobalEventName | CpuEventName): name is GlobalEventName {
  return GLOBAL_EVENTS.has(name);
}

/** A tracepoint of the allocator with the figures that the matrix has at this moment. */
export function matrixEventOf(
  matrix: Matrix,
  name: MatrixEvent['name'],
  cpu: number,
  bit: number,
): MatrixEvent {
  const globals = {
    onlineMaps: matrix.onlineMaps,
    globalAvailable: matrix.globalAvailable,
    globalReserved: matrix.globalReserved,
    totalAllocated: matrix.totalAllocated,
  };
  if (name === 'irq_matrix_assign_system') return { name, bit, ...globals };
  if (isGlobal(name)) return { name, cpu, ...globals };
  const { maps } = matrix;
  return {
    name,
    bit,
    cpu,
    online: maps.online[cpu] ?? 0,
    available: maps.available[cpu] ?? 0,
    allocated: maps.allocated[cpu] ?? 0,
    managed: maps.managed[cpu] ?? 0,
    ...globals,
  };
}
