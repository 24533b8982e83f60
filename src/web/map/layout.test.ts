import { describe, expect, test } from 'vitest';
import { SAMPLES, type SampleName } from '../../../test/web/sample-reports.ts';
import { buildOccupancy } from '../../query/occupancy.ts';
import type { RowOrder } from '../state/view-state.ts';
import { layoutMap, rowIndexAt } from './layout.ts';

const layoutOf = (name: SampleName, order: RowOrder = 'node', width = 1200) => {
  const report = SAMPLES[name]().report();
  return layoutMap(report, buildOccupancy(report), order, width);
};

const cpusIn = (layout: ReturnType<typeof layoutMap>): number[] =>
  layout.rows.flatMap((row) => (row.kind === 'cpu' ? [row.use.cpu.cpu] : []));

describe('the layout of the map', () => {
  test('puts every CPU below the heading of its node, without gaps', () => {
    const layout = layoutOf('numa16');
    const headings = layout.rows.filter((row) => row.kind === 'heading');
    expect(headings.map((row) => row.text)).toEqual([0, 1, 2, 3].map((node) => `NUMA node ${node}`));
    expect(headings[3]?.detail).toBe('CPUs 12-15 · 584 free of 603');
    let y = 0;
    for (const row of layout.rows) {
      expect(row.y).toBe(y);
      y += row.height;
    }
    expect(layout.contentHeight).toBe(y);
  });

  test('needs no heading where there is one node', () => {
    expect(layoutOf('threadripper').rows.every((row) => row.kind === 'cpu')).toBe(true);
  });

  test('puts the least room first, and offline CPUs last', () => {
    const order = cpusIn(layoutOf('numa16', 'fullest'));
    expect(order[0]).toBe(0);
    expect(order.at(-1)).toBe(13);
    expect(new Set(order).size).toBe(16);
  });

  test('lowers the rows of large machines and numbers only some of them', () => {
    expect(layoutOf('vm').rowHeight).toBeGreaterThan(layoutOf('undecided').rowHeight);
    const huge = layoutOf('huge');
    expect(huge.rowHeight).toBe(5);
    const labelled = huge.rows.filter((row) => row.kind === 'cpu' && row.hasLabel);
    expect(labelled).toHaveLength(1152 / 4);
  });

  test.each([1000, 1200, 1850, 2500])(
    'keeps 256 whole-pixel columns, a bar and a figure in %i px',
    (width) => {
      const { unit, bar, gridX, figureRight } = layoutOf('numa16', 'node', width);
      expect(Number.isInteger(unit)).toBe(true);
      expect(bar?.x).toBeGreaterThanOrEqual(gridX + 256 * unit);
      expect(figureRight).toBeLessThanOrEqual(width);
    },
  );

  test('gives bars the whole width', () => {
    const { unit, occupancy, bar, gridX } = layoutOf('vm');
    expect(bar).toBeUndefined();
    expect(gridX + unit * occupancy.capacity).toBeLessThanOrEqual(1200 - 40);
  });

  test('rowIndexAt finds the row of every pixel', () => {
    const layout = layoutOf('numa16');
    for (const [at, row] of layout.rows.entries()) {
      expect(rowIndexAt(layout, row.y)).toBe(at);
      expect(rowIndexAt(layout, row.y + row.height - 1)).toBe(at);
    }
    expect(rowIndexAt(layout, -5)).toBe(0);
  });
});
