/** Recorded traces for the command line: the one of test/fixtures/traces, whole and in parts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { tempDir } from '../host/machine-fixture.ts';

export const TRACES = join(import.meta.dirname, '../fixtures/traces');
export const CAPTURE = join(TRACES, 'small-6.1');
/** A stretch of a debugfs kernel's trace without marks, and the states around it. */
export const MIDDLE = {
  trace: join(TRACES, 'middle/trace.txt.gz'),
  before: join(TRACES, 'middle/before.tar.gz'),
  after: join(TRACES, 'middle/after.tar.gz'),
  /** The writes in it, by time: the trace has its time stamps in seconds. */
  ops: join(TRACES, 'middle/ops.log'),
};

/** A snapshot of the capture. */
export function snapshot(name: '04-io' | '07-off3' | '11-final'): string {
  return join(CAPTURE, 'snap', `${name}.tar.gz`);
}

export const SNAPSHOTS = [snapshot('04-io'), snapshot('07-off3'), snapshot('11-final')];

export function unpacked(path: string): string {
  return gunzipSync(readFileSync(path)).toString();
}

/** The lines of the capture's trace. */
export function traceLines(): string[] {
  return unpacked(join(CAPTURE, 'trace.txt.gz')).split('\n');
}

/** Where the line with the text stands, which must be there. */
export function lineWith(lines: readonly string[], text: string): number {
  const at = lines.findIndex((line) => line.includes(text));
  if (at < 0) throw new Error(`no line has ${text}`);
  return at;
}

/** A file with that trace. */
export function traceFile(trace: string | Uint8Array | readonly string[], name = 'trace.txt'): string {
  const path = join(tempDir(), name);
  writeFileSync(path, Array.isArray(trace) ? trace.join('\n') : (trace as string | Uint8Array));
  return path;
}

const EVENT = /^ *(.+)-(\d+) +\[(\d+)\] (\S+) +(\d+): (\w+): (.*)$/;

/** The same as `trace-cmd report` of trace-cmd 3 prints it. */
export function asTraceCmd(lines: readonly string[]): string[] {
  const events = lines.flatMap((line) => {
    const match = EVENT.exec(line);
    if (match === null) return [];
    const [, task = '', pid = '', cpu, flags, time = '', name = '', text = ''] = match;
    const head = `${task.padStart(16)}-${pid.padEnd(5)} [${cpu}] ${flags} ${time.padStart(12)}:`;
    return name === 'tracing_mark_write'
      ? [`${head} print:                tracing_mark_write: ${text}`]
      : [`${head} ${`${name}:`.padEnd(21)} ${text}`];
  });
  return ['cpus=4', ...events, ''];
}
