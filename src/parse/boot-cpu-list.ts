import { MAX_CPUS } from '../base/cpu-list.ts';
import { CpuSet } from '../base/cpu-set.ts';

/** Linux's longest command line (COMMAND_LINE_SIZE) is half of this on x86. */
const MAX_LENGTH = 4096;

/**
 * A CPU list of a boot option (`bitmap_parselist()`): `0-3,8`, strides `0-31:2/8` (the first 2 of every 8),
 * `N` for the last CPU, `all`. Undefined when it is none, or when `N` is used and `cpuCount` is not known.
 */
export function parseBootCpuList(text: string, cpuCount?: number): CpuSet | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const cpus = new CpuSet();
  for (const part of text.trim().split(',')) {
    const match = /^(?:all|(\d{1,6}|N)(?:-(\d{1,6}|N))?)(?::(\d{1,6})\/(\d{1,6}))?$/.exec(part);
    if (match === null) return undefined;
    const whole = match[1] === undefined;
    const first = whole ? 0 : cpuNumber(match[1], cpuCount);
    const last = whole ? cpuNumber('N', cpuCount) : cpuNumber(match[2] ?? match[1], cpuCount);
    if (first === undefined || last === undefined || last < first || last >= MAX_CPUS) return undefined;
    const used = Number(match[3] ?? 1);
    const group = Number(match[4] ?? 1);
    if (group === 0 || used > group) return undefined;
    for (let cpu = first; cpu <= last; cpu++) if ((cpu - first) % group < used) cpus.add(cpu);
  }
  return cpus;
}

function cpuNumber(word: string | undefined, cpuCount: number | undefined): number | undefined {
  if (word !== 'N') return Number(word);
  return cpuCount === undefined || cpuCount < 1 ? undefined : cpuCount - 1;
}
