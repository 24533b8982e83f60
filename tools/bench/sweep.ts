import { readFileSync } from 'node:fs';
import { MATRIX } from '../../src/policy/matrix.ts';
import { Sweep } from '../../src/query/sweep/sweep.ts';
import type { Bar } from './bars.ts';
import { timeOf } from './measure.ts';

const FILE = 'docs/workloads/sweep.json';
/** 10,000 scenarios; a tenth of them is run. */
const DIMENSIONS = ['i40e.count=1..10:1', 'i40e.vectors=5..125:5', 'nvme.queues=1..40:1'];
const EVERY = 10;
/** 10,000 in a minute on two cores. */
const MOST_CPU_S = 12;

/** Scenarios of 64 CPUs, on one thread: CPU time, for the threads of a sweep share nothing. */
export function benchSweep(): Bar[] {
  const sweep = new Sweep({
    text: readFileSync(FILE, 'utf8'),
    file: FILE,
    dimensions: DIMENSIONS,
    policies: [MATRIX],
  });
  const lines = Array.from({ length: sweep.lines / EVERY }, (_, n) => n * EVERY + (n % EVERY));
  let fail = 0;
  const { wallMs, cpuMs } = timeOf(() => {
    for (const n of lines) if (sweep.line(n).cell.turns[0]?.failure !== undefined) fail++;
  });
  const what = `a sweep of ${lines.length} scenarios of 64 CPUs, ${fail} of which fail`;
  console.log(`${what}: ${wallMs.toFixed(0)} ms, ${cpuMs.toFixed(0)} ms of CPU time`);
  return [{ what: `${what} (CPU time)`, value: cpuMs / 1000, unit: 's', atMost: MOST_CPU_S }];
}
