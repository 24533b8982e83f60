import { formatNumberList } from '../../base/number-list.ts';
import { printable } from '../../base/printable.ts';
import { isExact, type Range } from '../../base/range.ts';

/** An answer whose texts are all {@link printable}: done once, no renderer has to think of it. */
export function printableAnswer<T extends object>(answer: T): T {
  const clean: T = JSON.parse(JSON.stringify(answer), (_key, value: unknown) =>
    typeof value === 'string' ? printable(value) : value,
  );
  return clean;
}

/** Lines of at most `width`, broken at blanks; all but the first start with `indent`. A longer word stays whole. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? '';
  for (const word of text.trimStart().split(' ')) {
    const longer = line.trim() === '' ? line + word : `${line} ${word}`;
    if (longer.length <= width || line.trim() === '') line = longer;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line];
}

/** Shortened to `width` with an ellipsis. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;
}

/** Whether a figure takes the singular. */
export function isOne(figure: Range): boolean {
  return isExact(figure) && figure.min === 1;
}

/** Ascending numbers as the kernel lists them, in about `width`: `24-40,42,… (137)` where there are more. */
export function shortList(numbers: readonly number[], width: number): string {
  return shorten(formatNumberList(numbers), numbers.length, width);
}

/** How much of a long list in a sentence is shown. */
const LIST_WIDTH = 40;

/** A sentence with its long number lists cut short: `IRQ 31-33,35-37,… (74)`. */
export function shortenLists(text: string): string {
  return text.replace(/\d+(?:-\d+)?(?:,\d+(?:-\d+)?){3,}/g, (list) => {
    const amount = list.split(',').reduce((sum, part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return sum + last - first + 1;
    }, 0);
    return shorten(list, amount, LIST_WIDTH);
  });
}

function shorten(list: string, amount: number, width: number): string {
  if (list.length <= width) return list;
  const tail = `,… (${amount})`;
  const end = list.lastIndexOf(',', width - tail.length);
  return `${end > 0 ? list.slice(0, end) : list.slice(0, list.indexOf(','))}${tail}`;
}
