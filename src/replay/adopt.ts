/**
 * Takes a recorded event over into the model where it is not what was predicted, so that one difference does not make a
 * thousand: after a divergence, after lost events, and where the state before the trace was not known in full.
 */
import { CpuSet } from '../base/cpu-set.ts';
import type { TraceEvent } from '../model/events.ts';
import { VectorData } from '../model/irq-desc.ts';
import type { Kernel } from '../model/kernel.ts';
import { MANAGED_SHUTDOWN_VECTOR } from '../model/vector-domain.ts';
import type { Step } from './trace-window.ts';

export function adopt(kernel: Kernel, { record, fields }: Step, predicted?: TraceEvent): void {
  const observer = kernel.matrix.observer;
  // What is put right here is not an event.
  kernel.matrix.observer = undefined;
  if (predicted !== undefined && 'bit' in predicted && 'online' in predicted) takeBack(kernel, predicted);
  adoptVector(kernel, record.event, fields);
  adoptCounters(kernel, record.event, fields);
  kernel.matrix.observer = observer;
}

/** The vector that was predicted is not in use. */
function takeBack(kernel: Kernel, { name, cpu, bit }: Extract<TraceEvent, { online: number }>): void {
  if (name === 'irq_matrix_alloc') kernel.matrix.free(cpu, bit, false);
  if (name === 'irq_matrix_alloc_managed') kernel.matrix.free(cpu, bit, true);
  if (name === 'irq_matrix_reserve_managed') kernel.matrix.adoptBit(cpu, bit, 'managed', false);
}

function adoptVector(kernel: Kernel, event: string, fields: ReadonlyMap<string, number>): void {
  const desc = kernel.desc(fields.get('irq') ?? -1);
  if (desc === undefined) return;
  desc.data ??= new VectorData();
  const { data } = desc;
  const vector = fields.get('vector') ?? 0;
  const cpu = fields.get('cpu') ?? 0;
  if (event === 'vector_config') {
    data.hwVector = vector;
    data.hwCpu = cpu;
    desc.effective = CpuSet.of(cpu);
    if (vector === MANAGED_SHUTDOWN_VECTOR) return;
    data.vector = vector;
    data.cpu = cpu;
    kernel.vectors.table.clear(cpu, vector, 'unused');
    kernel.vectors.table.store(cpu, vector, desc.irq);
    desc.activated = true;
  } else if (event === 'vector_clear') {
    data.vector = 0;
    data.prevVector = 0;
    data.moveInProgress = false;
  } else if (event === 'vector_free_moved') {
    data.prevVector = 0;
    data.moveInProgress = false;
    data.cleanupPending = false;
  } else if (event === 'vector_reserve') {
    data.hasReserved = true;
    data.canReserve = true;
  } else if (event === 'vector_alloc' && fields.get('reserved') === 1 && fields.get('ret') === 0) {
    data.hasReserved = false;
  } else if (event === 'vector_update') {
    const previous = fields.get('prev_vector') ?? 0;
    const on = fields.get('prev_cpu') ?? 0;
    data.prevVector = kernel.online.has(on) ? previous : 0;
    data.prevCpu = on;
    data.moveInProgress = data.prevVector !== 0;
  }
}

const TAKES: ReadonlySet<string> = new Set(['irq_matrix_alloc', 'irq_matrix_alloc_managed', 'irq_matrix_assign']);

function adoptCounters(kernel: Kernel, event: string, fields: ReadonlyMap<string, number>): void {
  const { matrix } = kernel;
  const globalAvailable = fields.get('global_avl');
  if (globalAvailable === undefined) return;
  const cpu = fields.get('cpu');
  const bit = fields.get('bit');
  if (cpu !== undefined && bit !== undefined && cpu < matrix.shape.cpuCount) {
    if (TAKES.has(event)) matrix.adoptBit(cpu, bit, 'allocated', true);
    else if (event === 'irq_matrix_free') matrix.adoptBit(cpu, bit, 'allocated', false);
    else if (event === 'irq_matrix_reserve_managed') matrix.adoptBit(cpu, bit, 'managed', true);
    else if (event === 'irq_matrix_remove_managed') matrix.adoptBit(cpu, bit, 'managed', false);
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
