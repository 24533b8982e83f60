/** The recordings of test/fixtures/trace-dat. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { inflate } from '../src/host/unpack.ts';
import type { LostRecord, TraceRecord } from '../src/parse/ftrace.ts';
import { TraceDat } from '../src/parse/trace-dat/trace-dat.ts';

const FOLDER = join(import.meta.dirname, 'fixtures/trace-dat');

/** A capture's folder: the trace of a boot, and snapshots. */
export const BOOT = join(FOLDER, 'boot');

export const SAMPLES = [
  'boot/trace',
  'over',
  'record-31',
  'v6-date',
  'v6-offset',
  'v6-instance',
  'v7-instance',
  'v7-only-instance',
  'v7-none',
  'v7-zlib',
  'v7-tsc2nsec',
  'v7-boot-clock',
  'v7-odd',
] as const;
export type SampleName = (typeof SAMPLES)[number];

export function datFile(name: SampleName): string {
  return join(FOLDER, `${name}.dat.gz`);
}

export function datBytes(name: SampleName): Uint8Array {
  return new Uint8Array(gunzipSync(readFileSync(datFile(name))));
}

/** The same recording as `trace-cmd report` or tracefs shows it. */
export function datText(name: SampleName, as: 'report' | 'tracefs'): string {
  const base = name === 'boot/trace' ? 'boot/' : `${name}.`;
  return gunzipSync(readFileSync(join(FOLDER, `${base}${as}.txt.gz`))).toString();
}

/** With zlib. */
export function openDat(bytes: Uint8Array, file = 'f'): TraceDat {
  return new TraceDat(bytes, file, inflate);
}

/** All that is read of a trace.dat. */
export function datRecords(bytes: Uint8Array, file?: string): (TraceRecord | LostRecord)[] {
  return [...openDat(bytes, file).records()];
}
