import { parseProcInterrupts } from '../../src/parse/proc-interrupts.ts';

export interface BenchResult {
  readonly name: string;
  readonly inputBytes: number;
  readonly medianMs: number;
  readonly minMs: number;
  /** The most that the process held above its level before, array buffers included. */
  readonly peakGrowthBytes: number;
}

const CPUS = 1152;
const ROWS = 1040;
const WARM_UPS = 5;
const RUNS = 25;
const ARCH = [
  'NMI',
  'LOC',
  'SPU',
  'PMI',
  'IWI',
  'RTR',
  'RES',
  'CAL',
  'TLB',
  'TRM',
  'THR',
  'DFR',
  'MCE',
  'MCP',
];

/**
 * /proc/interrupts of a very wide machine, as 4.x to 6.1 print it: 13.4 MB with 1,152 CPUs and 1,040 interrupts. Most
 * counts are zero; each row has one large count, timers and the like count everywhere.
 */
export function interruptsSample(cpus = CPUS, rows = ROWS): Uint8Array {
  const lines = [`             ${Array.from({ length: cpus }, (_, cpu) => `CPU${cpu}`.padEnd(11)).join('')}`];
  for (let row = 0; row < rows; row++) {
    const counts = Array.from({ length: cpus }, (_, cpu) =>
      cpu === (row * 7) % cpus ? 1000003 * (row + 1) : 0,
    );
    const hwirq = row < 16 ? row : 67633152 + row;
    const chip = row < 16 ? 'IR-IO-APIC' : 'IR-PCI-MSI';
    lines.push(
      `${`${row}`.padStart(5)}:${columns(counts)}  ${chip} ${`${hwirq}`.padStart(5)}-edge      smartpqi-${row}`,
    );
  }
  for (const [at, label] of ARCH.entries()) {
    const counts = Array.from({ length: cpus }, (_, cpu) => (at % 3 === 1 ? 7_000_000 + cpu * 37 : at % 3));
    lines.push(`${label.padStart(5)}:${columns(counts)}   ${label} interrupts`);
  }
  lines.push('  ERR:          0', '  MIS:          0', '');
  return new Uint8Array(Buffer.from(lines.join('\n')));
}

/** Median time and peak memory of parsing the wide machine's file, warm, from bytes. */
export function benchProcInterrupts(): BenchResult {
  const bytes = interruptsSample();
  for (let i = 0; i < WARM_UPS; i++) parseProcInterrupts(bytes);
  const times: number[] = [];
  let peak = 0;
  globalThis.gc?.();
  const before = held();
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now();
    const parsed = parseProcInterrupts(bytes);
    times.push(performance.now() - start);
    peak = Math.max(peak, held() - before);
    if (parsed.cpus.length !== CPUS || parsed.rows.length !== ROWS) throw new Error('the sample was misread');
  }
  times.sort((a, b) => a - b);
  return {
    name: `proc/interrupts, ${CPUS} CPUs, ${ROWS} interrupts`,
    inputBytes: bytes.length,
    medianMs: times[times.length >> 1] ?? Number.NaN,
    minMs: times[0] ?? Number.NaN,
    peakGrowthBytes: peak,
  };
}

function columns(counts: readonly number[]): string {
  return counts.map((count) => ` ${`${count}`.padStart(10)}`).join('');
}

/** Heap and array buffers: what the parser can have taken. */
function held(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
