import { describe, expect, test } from 'vitest';
import { SAMPLES } from '../../../test/web/sample-reports.ts';
import { buildOccupancy } from '../../query/occupancy.ts';
import { irqAt, type MapTarget, WHOLE_CPU } from './hit.ts';
import { layoutMap } from './layout.ts';
import { moveFocus } from './move.ts';

const report = SAMPLES.numa16().report();
const layout = layoutMap(report, buildOccupancy(report), 'node', 1200);
const press = (from: MapTarget | undefined, key: string, { shift = false, ctrl = false } = {}) =>
  moveFocus(layout, from, { key, shift, ctrl }, 5);

describe('keys on the map', () => {
  test('the first one goes to the first interrupt', () => {
    const first = press(undefined, 'ArrowRight');
    expect(first?.cpu).toBe(0);
    expect(first === undefined ? undefined : irqAt(layout, first)?.name).toBe('nvme0q1');
  });

  test('arrows go from cell to cell, past node headings, and stop at the edges', () => {
    expect(press({ cpu: 3, at: 40 }, 'ArrowRight')).toEqual({ cpu: 3, at: 41 });
    expect(press({ cpu: 3, at: 40 }, 'ArrowDown')).toEqual({ cpu: 4, at: 40 });
    expect(press({ cpu: 0, at: 40 }, 'ArrowUp')).toEqual({ cpu: 0, at: 40 });
    expect(press({ cpu: 3, at: 255 }, 'ArrowRight')).toEqual({ cpu: 3, at: 255 });
    expect(press({ cpu: 3, at: 0 }, 'ArrowLeft')).toEqual({ cpu: 3, at: WHOLE_CPU });
    expect(press({ cpu: 3, at: WHOLE_CPU }, 'ArrowLeft')).toEqual({ cpu: 3, at: WHOLE_CPU });
  });

  test('an offline CPU is one place', () => {
    expect(press({ cpu: 12, at: 40 }, 'ArrowDown')).toEqual({ cpu: 13, at: WHOLE_CPU });
  });

  test('Shift goes on to the next vector in use, whoever has it', () => {
    expect(press({ cpu: 0, at: 34 }, 'ArrowRight', { shift: true })).toEqual({ cpu: 0, at: 48 });
    const nameless = { ...report, irqs: [] };
    const dump = layoutMap(nameless, buildOccupancy(nameless), 'node', 1200);
    const first = moveFocus(dump, undefined, { key: 'ArrowRight', shift: false, ctrl: false }, 5);
    expect(first).toEqual({ cpu: 0, at: 32 });
    expect(press({ cpu: 0, at: 57 }, 'ArrowLeft', { shift: true })).toEqual({ cpu: 0, at: 56 });
  });

  test('Home and End go to the ends of the row, with Ctrl of the map; pages go by rows', () => {
    expect(press({ cpu: 3, at: 40 }, 'Home')).toEqual({ cpu: 3, at: 0 });
    expect(press({ cpu: 3, at: 40 }, 'End')).toEqual({ cpu: 3, at: 255 });
    expect(press({ cpu: 3, at: 40 }, 'Home', { ctrl: true })).toEqual({ cpu: 0, at: 0 });
    expect(press({ cpu: 3, at: 40 }, 'End', { ctrl: true })).toEqual({ cpu: 15, at: 255 });
    expect(press({ cpu: 3, at: 40 }, 'PageDown')).toEqual({ cpu: 8, at: 40 });
    expect(press({ cpu: 3, at: 40 }, 'PageUp')).toEqual({ cpu: 0, at: 40 });
  });

  test('other keys are not for the map', () => {
    expect(press({ cpu: 3, at: 40 }, 'a')).toBeUndefined();
    expect(press({ cpu: 3, at: 40 }, 'Tab')).toBeUndefined();
  });
});
