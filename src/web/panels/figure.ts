import { isExact, type Range } from '../../base/range.ts';

const grouped = new Intl.NumberFormat('en');

/** Nothing is known: a counter of the kernel that may hold anything. */
export function isUnknown({ min, max }: Range): boolean {
  return min === 0 && max >= 2 ** 32 - 1;
}

/** `6,150`, or `170..177` when it is not known exactly: as the command line writes it, with groups. */
export function figure(range: Range): string {
  if (isUnknown(range)) return '?';
  const min = grouped.format(range.min);
  return isExact(range) ? min : `${min}..${grouped.format(range.max)}`;
}

/** `1 interrupt is lost`. */
export function areLost(n: number): string {
  return `${plural(n, 'interrupt')} ${n === 1 ? 'is' : 'are'} lost`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${grouped.format(n)} ${n === 1 ? one : many}`;
}
