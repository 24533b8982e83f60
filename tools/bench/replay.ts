import { join } from 'node:path';
import { openRecording } from '../../src/host/open-recording.ts';
import { parseFtrace, traceFields } from '../../src/parse/ftrace.ts';
import { type ReplayInput, replay } from '../../src/replay/replay.ts';
import { captureNames, capturePath, replayInputOf } from '../../test/machines/recording.ts';
import type { BenchResult } from './proc-interrupts.ts';

const WARM_UPS = 1;
const RUNS = 5;
const ROUNDED_TO = 1000;
/** Where ../shared is not here. */
const FIXTURE = join('test', 'fixtures', 'traces', 'small-6.1');

/**
 * Median time of replaying every capture that is here, and of reading their traces alone in the same run: their ratio
 * says what the model costs on any machine. Opening the snapshots is not measured.
 */
export function benchReplay(): BenchResult {
  const names = captureNames();
  const folders = names.length > 0 ? names.map(capturePath) : [FIXTURE];
  const inputs = folders.map((folder) => replayInputOf(openRecording(folder)));
  for (let i = 0; i < WARM_UPS; i++) replayAll(inputs);
  const parsing: number[] = [];
  const replaying: number[] = [];
  let events = 0;
  let peak = 0;
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < RUNS; i++) {
    parsing.push(timeOf(() => parseAll(inputs)));
    replaying.push(
      timeOf(() => {
        events = replayAll(inputs);
      }),
    );
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
  }
  const medianMs = median(replaying);
  const perSecond = Math.round(events / medianMs) * ROUNDED_TO;
  const ratio = (medianMs / median(parsing)).toFixed(1);
  return {
    name: `replay of ${inputs.length} recorded traces, ${events} events, ${perSecond.toLocaleString('en')} events/s, ${ratio} times reading them alone`,
    inputBytes: inputs.reduce((sum, { trace }) => sum + trace.length, 0),
    medianMs,
    minMs: Math.min(...replaying),
    peakGrowthBytes: peak,
  };
}

function timeOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
}

function parseAll(inputs: readonly ReplayInput[]): void {
  for (const { trace, file } of inputs) {
    if (typeof trace !== 'string') continue;
    for (const record of parseFtrace(trace, file)) if (record.kind === 'event') traceFields(record);
  }
}

function replayAll(inputs: readonly ReplayInput[]): number {
  let events = 0;
  for (const input of inputs) {
    const { tally } = replay(input);
    if (tally.divergenceCount > 0) throw new Error(`${input.file}: ${tally.divergenceCount} divergences`);
    events += tally.events;
  }
  return events;
}
