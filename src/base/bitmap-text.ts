import { CpuSet } from './cpu-set.ts';
import { err, ok, type Result } from './result.ts';

/** Why the kernel does not take a bitmap's text, by its own errno. */
export type BitmapFault =
  /** Not its syntax. */
  | 'EINVAL'
  /** A list names a bit beyond the map. */
  | 'ERANGE'
  /** A mask has a bit, or a 32-bit group, beyond the map. */
  | 'EOVERFLOW';

/** Linux's longest command line (COMMAND_LINE_SIZE) is half of this on x86; procfs takes less than a page. */
const MAX_LENGTH = 4096;

/**
 * `bitmap_parselist()` (lib/bitmap-str.c): `0-3,8`, strides `0-31:2/8` (the first 2 of every 8), `N` for the last
 * bit, `all`; the empty text is the empty set.
 *
 * @param bits how many the map has
 * @param last what `N` stands for; a text with `N` or `all` is not taken where it is undefined
 */
export function parseBitmapList(
  text: string,
  bits: number,
  last: number | undefined,
): Result<CpuSet, BitmapFault> {
  if (text.length > MAX_LENGTH) return err('EINVAL');
  const set = new CpuSet();
  if (text.trim() === '') return ok(set);
  for (const part of text.trim().split(',')) {
    const match = /^(?:all|(\d{1,9}|N)(?:-(\d{1,9}|N))?)(?::(\d{1,6})\/(\d{1,6}))?$/.exec(part);
    if (match === null) return err('EINVAL');
    const numberOf = (word: string): number | undefined => (word === 'N' ? last : Number(word));
    const from = match[1] === undefined ? 0 : numberOf(match[1]);
    const to = numberOf(match[1] === undefined ? 'N' : (match[2] ?? match[1]));
    if (from === undefined || to === undefined || to < from) return err('EINVAL');
    const used = Number(match[3] ?? 1);
    const group = Number(match[4] ?? 1);
    if (group === 0 || used > group) return err('EINVAL');
    if (to >= bits) return err('ERANGE');
    for (let bit = from; bit <= to; bit++) if ((bit - from) % group < used) set.add(bit);
  }
  return ok(set);
}

/**
 * `bitmap_parse()` (lib/bitmap-str.c): hexadecimal 32-bit groups separated by commas, the last one lowest. More
 * groups than the map needs are refused even where they are zero (`0,f` for 4 bits).
 */
export function parseBitmapMask(text: string, bits: number): Result<CpuSet, BitmapFault> {
  const groups = text.trim().split(',').reverse();
  const set = new CpuSet(bits);
  for (const [at, group] of groups.entries()) {
    if (at * 32 >= bits) return err('EOVERFLOW');
    if (!/^[0-9a-fA-F]+$/.test(group)) return err('EINVAL');
    if (group.length > 8) return err('EOVERFLOW');
    const word = Number.parseInt(group, 16);
    for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) set.add(at * 32 + bit);
  }
  return (set.last ?? -1) >= bits ? err('EOVERFLOW') : ok(set);
}
