/** A recorded boot of a real kernel (shared/captures): its snapshots, its truth, and what it was told to do. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface CaptureState {
  readonly snap: string;
  readonly online_maps: number;
  readonly global_available: number;
  readonly global_reserved: number;
  readonly total_allocated: number;
  readonly cpus: Readonly<
    Record<
      string,
      {
        online: number;
        available: number;
        managed: number;
        managed_allocated: number;
        allocated: number;
        alloc_map: string;
        managed_map: string;
      }
    >
  >;
  /** CPU and vector as programmed, 239 for none; a held old vector with its CPU. */
  readonly irqs: Readonly<
    Record<string, readonly [cpu: number, vector: number, old?: readonly [cpu: number, vector: number]]>
  >;
}

/** One `echo 0 > cpuN/online` of the scenario. */
export interface OfflineWrite {
  readonly cpu: number;
  readonly result: string;
  /** The snapshot before it. */
  readonly snap: string;
  /** CPUs written offline since that snapshot, in order. */
  readonly before: readonly number[];
  /** Something else was written since that snapshot: masks, CPUs coming back. */
  readonly disturbed: boolean;
  /** The kernel's refusal, from dmesg.txt. */
  readonly message: string | undefined;
}

export interface Capture {
  readonly name: string;
  readonly snaps: readonly string[];
  snapPath(snap: string): string;
  readonly states: ReadonlyMap<string, CaptureState>;
  readonly offlineWrites: readonly OfflineWrite[];
}

export function listCaptures(shared: string): string[] {
  const dir = join(shared, 'captures');
  return readdirSync(dir).filter((name) => existsSync(join(dir, name, 'snap')));
}

export function readCapture(shared: string, name: string): Capture {
  const dir = join(shared, 'captures', name);
  const snaps = readdirSync(join(dir, 'snap'))
    .map((file) => file.replace(/\.tar\.gz$/, ''))
    .sort();
  const statesFile = join(dir, 'states.jsonl.gz');
  const states = existsSync(statesFile)
    ? gunzipSync(readFileSync(statesFile))
        .toString()
        .trim()
        .split('\n')
        .map((line): CaptureState => JSON.parse(line))
    : [];
  return {
    name,
    snaps,
    snapPath: (snap) => join(dir, 'snap', `${snap}.tar.gz`),
    states: new Map(states.map((state) => [state.snap, state])),
    offlineWrites: readOfflineWrites(dir),
  };
}

function readOfflineWrites(dir: string): OfflineWrite[] {
  const refusals = [
    ...readFileSync(join(dir, 'dmesg.txt'), 'utf8').matchAll(/(CPU \d+ has \d+ vectors, .*)$/gm),
  ].map((match) => match[1]);
  const writes: OfflineWrite[] = [];
  let snap: string | undefined;
  let before: number[] = [];
  let disturbed = false;
  for (const line of readFileSync(join(dir, 'ops.log'), 'utf8').split('\n')) {
    const mark = /LAB mark snap (\S+)/.exec(line);
    if (mark?.[1] !== undefined) {
      snap = mark[1];
      before = [];
      disturbed = false;
      continue;
    }
    const write = /LAB res write (\S+) .*-> (\S+)$/.exec(line);
    if (write === null) continue;
    const cpu = /cpu(\d+)\/online/.exec(write[1] ?? '')?.[1];
    const result = write[2] ?? '';
    if (cpu === undefined || !/online 0 ->/.test(line)) {
      disturbed = true;
      continue;
    }
    if (snap === undefined) continue;
    const message = result === 'OK' ? undefined : refusals.shift();
    writes.push({ cpu: Number(cpu), result, snap, before: [...before], disturbed, message });
    before.push(Number(cpu));
  }
  return writes;
}
