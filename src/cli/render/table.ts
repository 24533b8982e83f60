import { clip } from './text.ts';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

const INDENT = '  ';
const GAP = '  ';
/** The last column is never cut below this. */
const NARROWEST_LAST = 8;

/**
 * Rows in aligned columns. A column with nothing in it is left out; the last one is cut to what `width` leaves.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const shown = columns.flatMap((column, at) =>
    rows.some((row) => (row[at] ?? '') !== '') ? [{ ...column, at, width: widest(column, at, rows) }] : [],
  );
  const last = shown.at(-1);
  const before = shown.slice(0, -1).reduce((sum, column) => sum + column.width + GAP.length, INDENT.length);
  const room = Math.max(NARROWEST_LAST, width - before);
  const line = (cellOf: (column: (typeof shown)[number]) => string): string => {
    const cells = shown.map((column) => {
      const cell = column === last && column.align === 'left' ? clip(cellOf(column), room) : cellOf(column);
      return column.align === 'right' ? cell.padStart(column.width) : cell.padEnd(column.width);
    });
    return `${INDENT}${cells.join(GAP)}`.trimEnd();
  };
  return [line(({ title }) => title), ...rows.map((row) => line(({ at }) => row[at] ?? ''))];
}

function widest(column: Column, at: number, rows: readonly (readonly string[])[]): number {
  return rows.reduce((width, row) => Math.max(width, (row[at] ?? '').length), column.title.length);
}
