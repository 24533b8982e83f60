import { describe, expect, test } from 'vitest';
import { DEFAULT_VIEW, formatView, parseView, type ViewState } from './view-state.ts';

describe('the view in the address', () => {
  test('is empty for the default view', () => {
    expect(formatView(DEFAULT_VIEW)).toBe('');
    expect(parseView('')).toEqual(DEFAULT_VIEW);
  });

  test('comes back as it was written', () => {
    const view: ViewState = {
      irq: 131,
      device: '0000:41:00.0',
      rows: 'fullest',
      theme: 'dark',
      auto: true,
      ask: { changes: [{ kind: 'offline', value: '3,0-1' }], max: false },
      filter: 'nvme & q+1',
      sort: 'driver',
      descending: true,
    };
    expect(parseView(`#${formatView(view)}`)).toEqual(view);
  });

  test('is readable', () => {
    const view: ViewState = {
      ...DEFAULT_VIEW,
      device: '0000:41:00.0',
      ask: { changes: [{ kind: 'offline', value: '3,0-1' }], max: false },
    };
    expect(formatView(view)).toBe('device=0000:41:00.0&offline=3,0-1');
  });

  test('leaves out what it does not understand', () => {
    expect(parseView('#irq=x&rows=heap&theme=pink&sort=&order=&auto=yes&offline=')).toEqual(DEFAULT_VIEW);
  });

  test('sorts words upwards and counts downwards unless told otherwise', () => {
    expect(parseView('#sort=driver').descending).toBe(false);
    expect(parseView('#sort=driver&order=down').descending).toBe(true);
    expect(parseView('#sort=count').descending).toBe(true);
    expect(formatView({ ...DEFAULT_VIEW, descending: false })).toBe('order=up');
  });
});
