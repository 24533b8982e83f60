import { isExact, type Range } from '../../base/range.ts';

const grouped = new Intl.NumberFormat('en');

/** `6,150`, or `170..177` when it is not known exactly: as the command line writes it, with groups. */
export function figure(range: Range): string {
  const min = grouped.format(range.min);
  return isExact(range) ? min : `${min}..${grouped.format(range.max)}`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${grouped.format(n)} ${n === 1 ? one : many}`;
}
