/**
 * Takes a recorded event over into the model where it is not what was predicted, so that one difference does not make a
 * thousand: after a divergence, and where the state was not known in full.
 */
import { CpuSet } from '../base/cpu-set.ts';
import type { TraceEvent } from '../model/events.ts';
import { type IrqDesc, VectorData } from '../model/irq-desc.ts';
import type { Kernel } from '../model/kernel.ts';
import { MANAGED_SHUTDOWN_VECTOR } from '../model/vector-domain.ts';
import type { Step } from './trace-window.ts';

type Fields = ReadonlyMap<string, number>;

/** @param predicted what the model did instead, which is taken back */
export function adopt(
  kernel: Kernel,
  { record, fields }: Pick<Step, 'record' | 'fields'>,
  predicted?: TraceEvent,
): void {
  const { observer } = kernel.matrix;
  // What is put right here is not an event.
  kernel.matrix.observer = undefined;
  if (predicted !== undefined && 'bit' in predicted && 'online' in predicted) takeBack(kernel, predicted);
  const desc = kernel.desc(fields.get('irq') ?? -1);
  if (desc !== undefined) adoptVector(kernel, desc, record.event, fields);
  adoptCounters(kernel, record.event, fields);
  kernel.matrix.observer = observer;
}

/** The vector that was predicted is not in use. */
function takeBack(kernel: Kernel, { name, cpu, bit }: Extract<TraceEvent, { online: number }>): void {
  if (name === 'irq_matrix_alloc') kernel.matrix.free(cpu, bit, false);
  if (name === 'irq_matrix_alloc_managed') kernel.matrix.free(cpu, bit, true);
  if (name === 'irq_matrix_reserve_managed') kernel.matrix.adoptBit(cpu, bit, 'managed', false);
}

function adoptVector(kernel: Kernel, desc: IrqDesc, event: string, fields: Fields): void {
  desc.data ??= new VectorData();
  const { data } = desc;
  const vector = fields.get('vector') ?? 0;
  const cpu = fields.get('cpu') ?? 0;
  switch (event) {
    case 'vector_config':
      data.hwVector = vector;
      data.hwCpu = cpu;
      desc.effective = CpuSet.of(cpu);
      if (vector !== MANAGED_SHUTDOWN_VECTOR) putOn(kernel, desc, data, cpu, vector);
      break;
    case 'vector_clear':
      kernel.vectorDomain.forgetCleanup(desc);
      data.vector = 0;
      data.prevVector = 0;
      data.moveInProgress = false;
      break;
    case 'vector_free_moved':
      kernel.vectorDomain.forgetCleanup(desc);
      data.prevVector = 0;
      data.moveInProgress = false;
      break;
    case 'vector_reserve':
      data.hasReserved = true;
      data.canReserve = true;
      break;
    case 'vector_alloc':
      if (fields.get('reserved') === 1 && fields.get('ret') === 0) data.hasReserved = false;
      break;
    case 'vector_update': {
      kernel.vectorDomain.forgetCleanup(desc);
      const prevCpu = fields.get('prev_cpu') ?? 0;
      data.prevVector = kernel.online.has(prevCpu) ? (fields.get('prev_vector') ?? 0) : 0;
      data.prevCpu = prevCpu;
      data.moveInProgress = data.prevVector !== 0;
      break;
    }
    default:
  }
}

function putOn(kernel: Kernel, desc: IrqDesc, data: VectorData, cpu: number, vector: number): void {
  data.vector = vector;
  data.cpu = cpu;
  desc.activated = true;
  kernel.vectors.table.clear(cpu, vector, 'unused');
  kernel.vectors.table.store(cpu, vector, desc.irq);
}

const BITS: ReadonlyMap<string, readonly ['allocated' | 'managed', boolean]> = new Map([
  ['irq_matrix_alloc', ['allocated', true]],
  ['irq_matrix_alloc_managed', ['allocated', true]],
  ['irq_matrix_assign', ['allocated', true]],
  ['irq_matrix_free', ['allocated', false]],
  ['irq_matrix_reserve_managed', ['managed', true]],
  ['irq_matrix_remove_managed', ['managed', false]],
]);

function adoptCounters(kernel: Kernel, event: string, fields: Fields): void {
  const { matrix } = kernel;
  const globalAvailable = fields.get('global_avl');
  if (globalAvailable === undefined) return;
  const cpu = fields.get('cpu');
  const bit = fields.get('bit');
  if (cpu !== undefined && bit !== undefined && cpu < matrix.shape.cpuCount) {
    const [map, taken] = BITS.get(event) ?? [];
    if (map !== undefined && taken !== undefined) matrix.adoptBit(cpu, bit, map, taken);
    if (event === 'irq_matrix_alloc_managed') matrix.adoptBit(cpu, bit, 'managed', true);
    matrix.adoptCpu(cpu, {
      available: fields.get('avl') ?? 0,
      allocated: fields.get('alloc') ?? 0,
      managed: fields.get('managed') ?? 0,
    });
  }
  matrix.adoptGlobals({
    globalAvailable,
    globalReserved: fields.get('global_rsvd') ?? 0,
    totalAllocated: fields.get('total_alloc') ?? 0,
  });
}

/**
 * The record tells where an interrupt is or was, before the model runs what it does next: its vector, as far as it was
 * not known (a procfs snapshot shows only the CPU).
 */
export function relabel(kernel: Kernel, desc: IrqDesc, step: Step): void {
  const { event } = step.record;
  const { data } = desc;
  if (data === undefined) return;
  const get = (key: string): number => step.fields.get(key) ?? 0;
  if (event === 'vector_update') moveLabel(kernel, desc, get('prev_cpu'), get('prev_vector'));
  else if (event === 'vector_clear') {
    moveLabel(kernel, desc, get('cpu'), get('vector'));
    relabelOld(kernel, desc, data, get('prev_cpu'), get('prev_vector'));
  } else if (event === 'vector_free_moved') relabelOld(kernel, desc, data, get('cpu'), get('vector'));
}

function relabelOld(kernel: Kernel, desc: IrqDesc, data: VectorData, cpu: number, vector: number): void {
  if (data.prevCpu !== cpu) kernel.vectorDomain.forgetCleanup(desc);
  data.prevCpu = cpu;
  data.prevVector = vector;
}

function moveLabel(kernel: Kernel, desc: IrqDesc, cpu: number, vector: number): void {
  const { data } = desc;
  if (data === undefined || vector === 0 || (data.vector === vector && data.cpu === cpu)) return;
  const { matrix, vectors } = kernel;
  if (data.vector !== 0) {
    matrix.adoptBit(data.cpu, data.vector, 'allocated', false);
    vectors.table.clear(data.cpu, data.vector, 'unused');
  }
  makeRoom(kernel, cpu, vector);
  matrix.adoptBit(cpu, vector, 'allocated', true);
  if (data.isManaged) matrix.adoptBit(cpu, vector, 'managed', true);
  vectors.table.store(cpu, vector, desc.irq);
  data.vector = vector;
  data.cpu = cpu;
}

/** An interrupt whose vector was only assumed gives it up for the one that is known to have it. */
function makeRoom(kernel: Kernel, cpu: number, vector: number): void {
  const { matrix, vectors } = kernel;
  const holder = vectors.table.at(cpu, vector);
  vectors.table.clear(cpu, vector, 'unused');
  if (typeof holder !== 'number') return;
  const other = kernel.desc(holder)?.data;
  if (other === undefined || other.vector !== vector || other.cpu !== cpu) return;
  for (let free = matrix.shape.allocEnd - 1; free >= matrix.shape.allocStart; free--) {
    if (matrix.isSystem(free) || matrix.isAllocated(cpu, free) || matrix.isManaged(cpu, free)) continue;
    matrix.adoptBit(cpu, free, 'allocated', true);
    vectors.table.store(cpu, free, holder);
    other.vector = free;
    return;
  }
}
