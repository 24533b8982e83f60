import { parseCpuList } from '../../src/base/cpu-list.ts';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { MalformedLine } from './log-line.ts';

/** The logs name the same few sets again and again. */
const seen = new Map<string, CpuSet>();
const MOST_REMEMBERED = 20_000;

/** A list of CPUs or bits, `0-3,8`; the set is shared, so it must not be changed. */
export function listOf(text: string, what: string): CpuSet {
  const known = seen.get(text);
  if (known !== undefined) return known;
  const parsed = parseCpuList(text);
  if (!parsed.ok) throw new MalformedLine(`${what}: "${parsed.error.text}" is not ${parsed.error.expected}`);
  if (seen.size >= MOST_REMEMBERED) seen.clear();
  seen.set(text, parsed.value);
  return parsed.value;
}

/** A bit mask as a number: bit n is CPU n. */
export function maskOf(mask: number, what: string): CpuSet {
  if (!Number.isSafeInteger(mask) || mask < 0) throw new MalformedLine(`${what} is ${mask}, not a bit mask`);
  const set = new CpuSet();
  let rest = mask;
  for (let cpu = 0; rest > 0; cpu++) {
    if (rest % 2 === 1) set.add(cpu);
    rest = Math.floor(rest / 2);
  }
  return set;
}
