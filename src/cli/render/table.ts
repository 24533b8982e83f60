export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Rows in aligned columns, two blanks apart; the last left-aligned column is not padded. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  indent = '  ',
): string {
  const widths = columns.map(({ title }, at) =>
    rows.reduce((widest, row) => Math.max(widest, (row[at] ?? '').length), title.length),
  );
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(({ align }, at) => {
      const cell = cells[at] ?? '';
      const width = widths[at] ?? 0;
      return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
    });
    return `${indent}${padded.join('  ')}`.trimEnd();
  };
  return [line(columns.map(({ title }) => title)), ...rows.map(line)].join('\n');
}

/** Shortened to `width` with an ellipsis. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;
}

/** `1 vector`, `3 vectors`. */
export function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
