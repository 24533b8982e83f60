/** The allocator's and the vector domain's events of a capture, in the words of `printedFields()`. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { ensure } from '../../src/base/assert.ts';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { type KernelEvent, printedFields } from '../../src/model/events.ts';
import { type IrqChip, IrqDesc } from '../../src/model/irq-desc.ts';
import { Kernel, type KernelMachine } from '../../src/model/kernel.ts';
import { msiChip } from '../../src/model/msi/message-irqs.ts';
import { parseFtrace } from '../../src/parse/ftrace.ts';
import { adopt } from '../../src/replay/adopt.ts';
import { type Step, stepOf } from '../../src/replay/trace-window.ts';
import { sharedPath } from '../shared.ts';

export type RecordedEvent = Step;

/** Undefined where the captures are not here. */
export function recordedTrace(capture: string): string | undefined {
  return sharedPath(`captures/${capture}/trace.txt.gz`);
}

/** Only what the model emits too; kprobes and marks are left out. */
export function recordedEvents(path: string): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const record of parseFtrace(gunzipSync(readFileSync(path)).toString('utf8'), path)) {
    if (record.kind === 'lost') throw new Error(`${path}: events were lost`);
    if (/^(irq_matrix|vector)_/.test(record.event)) events.push(stepOf(record));
  }
  return events;
}

/** `vector_setup: irq=43 is_legacy=0 ret=0`; without the APIC id, which is not modelled. */
export function asRecorded({ record, fields }: RecordedEvent): string {
  const pairs = [...fields].filter(([key]) => key !== 'apicdest');
  return `${record.event}: ${pairs.map(([key, value]) => `${key}=${value}`).join(' ')}`;
}

/** An event of the model in the same form; log lines by their text. */
export function asModelled(event: KernelEvent): string {
  if (event.name === 'printk') return `${event.level}: ${event.text}`;
  if (event.name === 'WARN') return `WARN: ${event.where}`;
  return `${event.name}: ${printedFields(event)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')}`;
}

/**
 * The machine as recorded events leave it: the maps and counters bit by bit, and which interrupt numbers exist. What
 * these interrupts are is not known; they only take their places.
 */
export function kernelAfter(machine: KernelMachine, events: readonly RecordedEvent[]): Kernel {
  const kernel = new Kernel(machine);
  follow(kernel, events);
  return kernel;
}

/** Does to a machine what was recorded; interrupts that the model set up itself end where the record has them. */
export function follow(kernel: Kernel, events: readonly RecordedEvent[]): void {
  const chip = msiChip(kernel.profile, kernel.remapping !== undefined, 'msix', '0000:00:00.0');
  for (const [n, event] of events.entries()) {
    followOne(kernel, event, chip);
    const data = kernel.desc(event.fields.get('irq') ?? -1)?.data;
    if (data === undefined) continue;
    const { prevCpu } = data;
    adopt(kernel, event);
    if (event.record.event !== 'vector_update') continue;
    // What is noted of the place before: nothing where there was none, or where it is given back at once, as on a CPU
    // that dies.
    const next = events.slice(n + 1).find(({ thread }) => thread === event.thread);
    if (event.fields.get('prev_vector') !== 0 && next?.record.event !== 'irq_matrix_free') continue;
    Object.assign(data, { prevVector: 0, prevCpu, moveInProgress: false });
  }
}

function followOne(kernel: Kernel, event: RecordedEvent, chip: IrqChip): void {
  const { record, fields } = event;
  const { matrix } = kernel;
  const field = (key: string): number => ensure(fields.get(key), `${key} of ${asRecorded(event)}`);
  const onCpu = (): CpuSet => CpuSet.of(field('cpu'));
  const expectBit = (bit: number): void => {
    if (bit !== field('bit')) throw new Error(`bit ${bit}, not as in ${asRecorded(event)}`);
  };
  switch (record.event) {
    case 'irq_matrix_assign_system':
      matrix.assignSystem(0, field('bit'), false);
      break;
    case 'irq_matrix_online':
      kernel.cpuStarting(record.cpu);
      break;
    case 'irq_matrix_offline':
      kernel.online.delete(record.cpu);
      matrix.offline(record.cpu);
      break;
    case 'irq_matrix_assign':
      matrix.assign(field('cpu'), field('bit'));
      break;
    case 'irq_matrix_reserve':
      matrix.reserve();
      break;
    case 'irq_matrix_remove_reserved':
      matrix.removeReserved();
      break;
    case 'irq_matrix_reserve_managed':
      matrix.reserveManaged(onCpu());
      break;
    case 'irq_matrix_remove_managed':
      matrix.removeManaged(onCpu());
      break;
    case 'irq_matrix_alloc':
      // A vector for a reserved interrupt takes its reservation along.
      expectBit(matrix.alloc(onCpu(), matrix.globalReserved !== field('global_rsvd')));
      break;
    case 'irq_matrix_alloc_managed':
      expectBit(matrix.allocManaged(onCpu()));
      break;
    case 'irq_matrix_free':
      matrix.free(field('cpu'), field('bit'), matrix.isManaged(field('cpu'), field('bit')));
      kernel.vectors.table.clear(field('cpu'), field('bit'), 'unused');
      break;
    case 'vector_setup':
      if (field('ret') === 0) {
        kernel.addIrq(new IrqDesc(field('irq'), chip, -1, kernel.defaultAffinity, false, false));
      }
      break;
    case 'vector_teardown':
      kernel.removeIrq(field('irq'));
      break;
  }
}
