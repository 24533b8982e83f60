/** What is delivered in a second, from two readings of /proc/interrupts. */
import { countedBetween } from '../../base/counter.ts';
import type { InterruptRow, ProcInterrupts } from '../../parse/proc-interrupts.ts';

/** A reading and when it was made. */
export interface Counted {
  readonly atMs: number;
  readonly interrupts: ProcInterrupts;
}

export interface CpuRate {
  /** Of all interrupts with a number. */
  devices: number;
  /** `LOC`; undefined where the kernel has no such row. */
  timer: number | undefined;
  /** `RES`, `CAL` and `TLB` together. */
  between: number | undefined;
}

export interface IrqRate {
  readonly total: number;
  /** The CPUs that had any, most first. */
  readonly on: readonly { readonly cpu: number; readonly rate: number }[];
}

export interface RatesNow {
  readonly seconds: number;
  /** Interrupts that both readings have under the same name. */
  readonly irqs: ReadonlyMap<number, IrqRate>;
  readonly cpus: ReadonlyMap<number, CpuRate>;
}

const TIMER: ReadonlySet<string> = new Set(['LOC']);
const BETWEEN: ReadonlySet<string> = new Set(['RES', 'CAL', 'TLB']);

/**
 * No counter goes further than this between two samples. One that seems to was begun anew: the descriptor was freed and
 * allocated again, under the same number and name.
 */
const RESTARTED = 2 ** 31;

/** @returns undefined where no time has passed */
export function ratesBetweenReadings(earlier: Counted, later: Counted): RatesNow | undefined {
  const seconds = (later.atMs - earlier.atMs) / 1000;
  if (!(seconds > 0)) return undefined;
  const columns = new Map(earlier.interrupts.cpus.map((cpu, column) => [cpu, column]));
  const { cpus: online, rows, arch } = later.interrupts;
  /** Where the CPU of each column stood then; -1: it was offline, and has counted nothing that is not there now. */
  const then = online.map((cpu) => columns.get(cpu) ?? -1);
  const cpus = online.map((): CpuRate => ({ devices: 0, timer: undefined, between: undefined }));
  const irqs = new Map<number, IrqRate>();
  const before = new Map(earlier.interrupts.rows.map((row) => [row.irq, row]));
  for (const row of rows) {
    const old = before.get(row.irq);
    if (old === undefined || !isSame(old, row)) continue;
    let total = 0;
    const on: { cpu: number; rate: number }[] = [];
    // The hot loop, over every counter there is: no iterator.
    for (let column = 0; column < online.length; column++) {
      const rate = deliveries(old.counts, then[column] ?? -1, row.counts, column) / seconds;
      if (rate === 0) continue;
      total += rate;
      on.push({ cpu: online[column] ?? 0, rate });
      const sum = cpus[column];
      if (sum !== undefined) sum.devices += rate;
    }
    irqs.set(row.irq, { total, on: on.sort((a, b) => b.rate - a.rate || a.cpu - b.cpu) });
  }
  for (const row of arch) {
    const kind = TIMER.has(row.label) ? 'timer' : BETWEEN.has(row.label) ? 'between' : undefined;
    const old = kind && earlier.interrupts.arch.find(({ label }) => label === row.label);
    if (kind === undefined || old === undefined || row.counts.length !== online.length) continue;
    for (const [column, sum] of cpus.entries()) {
      sum[kind] = (sum[kind] ?? 0) + deliveries(old.counts, then[column] ?? -1, row.counts, column) / seconds;
    }
  }
  return { seconds, irqs, cpus: new Map(online.map((cpu, column) => [cpu, cpus[column] ?? NOTHING])) };
}

const NOTHING: CpuRate = { devices: 0, timer: undefined, between: undefined };

function deliveries(old: Uint32Array, from: number, counts: Uint32Array, to: number): number {
  const now = counts[to];
  const then = from < 0 ? now : old[from];
  if (now === undefined || then === undefined || now === then) return 0;
  const counted = countedBetween(then, now);
  return counted < RESTARTED ? counted : now;
}

/** An interrupt whose name changed is another one. */
function isSame(a: InterruptRow, b: InterruptRow): boolean {
  return a.actions.length === b.actions.length && a.actions.every((name, at) => name === b.actions[at]);
}

/** Counters that are kept at most, in all readings together: 16 MiB. */
const MOST_KEPT = 4 * 1024 * 1024;

/** Rates over the last while: single samples of a tenth of a second would flicker. */
export class RateWindow {
  readonly #ms: number;
  #readings: Counted[] = [];

  /** @param ms how far to look back, at least to the reading before */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** The rates up to this reading; undefined for the first. */
  add(reading: Counted): RatesNow | undefined {
    const { rows, cpus } = reading.interrupts;
    const most = Math.max(2, Math.floor(MOST_KEPT / Math.max(1, rows.length * cpus.length)));
    const kept = [...this.#readings.slice(1 - most), reading];
    // The one at the window's beginning, or the last before it.
    const start = kept.findIndex(({ atMs }) => reading.atMs - atMs <= this.#ms);
    this.#readings = kept.slice(Math.max(0, Math.min(start, kept.length - 2)));
    const [first] = this.#readings;
    return first === undefined || first === reading ? undefined : ratesBetweenReadings(first, reading);
  }
}
