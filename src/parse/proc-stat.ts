import { failAt, linesOf } from './text-lines.ts';

/** /proc/stat, the per-CPU time lines. */
export interface ProcStat {
  /** CPU number → time accounted to it since boot (user … steal), in USER_HZ ticks (1/100 s). */
  readonly cpuTicks: ReadonlyMap<number, number>;
}

/** user nice system idle iowait irq softirq steal; guest and guest_nice behind are part of user and nice. */
const FIELDS = 8;

/** /proc/stat (`show_stat()`, fs/proc/stat.c); lists online CPUs only. */
export function parseProcStat(text: string, file = 'proc/stat'): ProcStat {
  const cpuTicks = new Map<number, number>();
  let seen = false;
  for (const line of linesOf(text, file)) {
    // The per-CPU lines come first; `intr` behind them is long.
    if (!line.text.startsWith('cpu')) {
      if (seen || line.text.trim() === '') break;
      failAt(line, '"cpu" and its times', 1);
    }
    seen = true;
    const match = /^cpu(\d{0,7})((?: +\d{1,20}){4,})\s*$/.exec(line.text);
    if (match === null) failAt(line, '"cpuN" and at least 4 times', 1);
    if (match[1] === '') continue;
    const times = (match[2] ?? '').trim().split(/ +/).slice(0, FIELDS);
    cpuTicks.set(
      Number(match[1]),
      times.reduce((sum, ticks) => sum + Number(ticks), 0),
    );
  }
  return { cpuTicks };
}
