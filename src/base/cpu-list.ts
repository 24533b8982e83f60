import { CpuSet } from './cpu-set.ts';
import { err, ok, type Result } from './result.ts';

/** CPU numbers at or above this are refused: Linux's own limit is NR_CPUS=8192 on x86. */
export const MAX_CPUS = 8192;

/** Why a CPU list or mask was not understood. `column` is 1-based. */
export interface CpuListError {
  readonly column: number;
  readonly text: string;
  readonly expected: string;
}

/**
 * A CPU list in the order it was written: `3,0-1` is [3, 0, 1]. Used where the order is a request.
 * The kernel's list syntax without its strides; duplicates are kept.
 */
export function parseCpuSequence(text: string): Result<number[], CpuListError> {
  const cpus: number[] = [];
  const trimmed = text.trim();
  if (trimmed === '') return ok(cpus);
  let column = 1 + text.indexOf(trimmed);
  for (const part of trimmed.split(',')) {
    const match = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part);
    if (match === null) return err({ column, text: part, expected: 'a CPU number or a range like 0-3' });
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (last < first)
      return err({ column, text: part, expected: 'a range whose end is not below its start' });
    if (last >= MAX_CPUS) return err({ column, text: part, expected: `CPU numbers below ${MAX_CPUS}` });
    // Overlapping ranges could name the same CPUs without end.
    if (cpus.length + last - first >= MAX_CPUS) {
      return err({ column, text: part, expected: `no more than ${MAX_CPUS} CPUs in all` });
    }
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
    column += part.length + 1;
  }
  return ok(cpus);
}

/** A CPU list such as `0-3,8`; the empty string is the empty set. */
export function parseCpuList(text: string): Result<CpuSet, CpuListError> {
  const sequence = parseCpuSequence(text);
  return sequence.ok ? ok(CpuSet.from(sequence.value)) : sequence;
}

/** A mask in the kernel's hexadecimal form, 32-bit groups separated by commas: `ff`, `1,00000000`. */
export function parseCpuMask(text: string): Result<CpuSet, CpuListError> {
  const groups = text.trim().split(',');
  const set = new CpuSet(groups.length * 32);
  if (groups.length * 32 > MAX_CPUS * 4) {
    return err({ column: 1, text: text.slice(0, 40), expected: 'a shorter mask' });
  }
  let column = 1;
  for (const [at, group] of groups.entries()) {
    if (!/^[0-9a-fA-F]{1,8}$/.test(group)) {
      return err({ column, text: group, expected: 'a hexadecimal group of up to 8 digits' });
    }
    const word = Number.parseInt(group, 16);
    const base = (groups.length - 1 - at) * 32;
    for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) set.add(base + bit);
    column += group.length + 1;
  }
  return ok(set);
}
