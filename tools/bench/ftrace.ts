import { parseFtrace, traceFields } from '../../src/parse/ftrace.ts';
import type { BenchResult } from './proc-interrupts.ts';

const LINES = 400_000;
const WARM_UPS = 2;
const RUNS = 9;
const ROUNDED_TO = 1000;

/**
 * A trace as 6.1 prints it, 39 MB: allocations with their vectors on many CPUs, and a trace mark now and then. One
 * string, as it comes out of a file: the parser must not be measured flattening what we concatenated.
 */
export function ftraceSample(lines = LINES): string {
  const parts = ['# tracer: nop\n#\n', `# entries-in-buffer/entries-written: ${lines}/${lines}   #P:96\n#\n`];
  for (let line = 0; line < lines; line++) {
    const task = TASKS[line % TASKS.length] ?? '';
    const cpu = `${line % 96}`.padStart(3, '0');
    parts.push(
      `${task.padStart(16)}-${`${line % 5000}`.padEnd(7)} [${cpu}] d..1. ${`${line}`.padStart(12)}: ${eventOf(line)}\n`,
    );
  }
  return Buffer.from(parts.join('')).toString('latin1');
}

/** Median time and peak memory of reading all events and the fields of each. */
export function benchFtrace(): BenchResult {
  const text = ftraceSample();
  for (let i = 0; i < WARM_UPS; i++) readAll(text);
  const times: number[] = [];
  let peak = 0;
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now();
    const events = readAll(text);
    times.push(performance.now() - start);
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
    if (events !== LINES) throw new Error('the sample was misread');
  }
  times.sort((a, b) => a - b);
  const medianMs = times[times.length >> 1] ?? Number.NaN;
  const perSecond = Math.round(LINES / medianMs) * ROUNDED_TO;
  return {
    name: `ftrace text with fields, ${LINES} lines, ${perSecond.toLocaleString('en')} lines/s`,
    inputBytes: text.length,
    medianMs,
    minMs: times[0] ?? Number.NaN,
    peakGrowthBytes: peak,
  };
}

const TASKS = ['<idle>', 'kworker/u16:4', 'insmod', 'irq/25-aerdrv', 'migration/3'];

function eventOf(line: number): string {
  const irq = line % 900;
  const globals = `online_maps=96 global_avl=${18000 - irq}, global_rsvd=14, total_alloc=${irq}`;
  switch (line % 4) {
    case 0:
      return `irq_matrix_alloc: bit=${33 + (line % 200)} cpu=${line % 96} online=1 avl=190 alloc=11 managed=3 ${globals}`;
    case 1:
      return `vector_alloc: irq=${irq} vector=${33 + (line % 200)} reserved=1 ret=0`;
    case 2:
      return `vector_config: irq=${irq} vector=41 cpu=${line % 96} apicdest=0x00000${100 + irq}`;
    default:
      return line % 128 === 3
        ? `tracing_mark_write: LAB op write /proc/irq/${irq}/smp_affinity_list 3`
        : `vector_update: irq=${irq} vector=33 cpu=1 prev_vector=0 prev_cpu=0`;
  }
}

function readAll(text: string): number {
  let events = 0;
  for (const record of parseFtrace(text, 'trace')) {
    if (record.kind !== 'event') continue;
    traceFields(record);
    events++;
  }
  return events;
}
