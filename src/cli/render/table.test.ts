import { describe, expect, it } from 'vitest';
import { renderTable } from './table.ts';

describe('a table', () => {
  it('aligns its columns and ends no line with blanks', () => {
    const table = renderTable(
      [
        { title: 'name', align: 'left' },
        { title: 'n', align: 'right' },
        { title: 'rest', align: 'left' },
      ],
      [
        ['a', '100', 'x'],
        ['longer', '1', ''],
      ],
    );
    expect(table).toEqual(['  name      n  rest', '  a       100  x', '  longer    1']);
  });

  it('leaves out a column with nothing in it, and cuts the last to the width', () => {
    const columns = (['a', 'b', 'c'] as const).map((title) => ({ title, align: 'left' }) as const);
    expect(renderTable(columns, [['1', '', 'twelve letters']], 15)).toEqual(['  a  c', '  1  twelve le…']);
    // Below that nothing could be told any more.
    expect(renderTable(columns, [['1', '', 'twelve letters']], 1)).toEqual(['  a  c', '  1  twelve …']);
  });
});
