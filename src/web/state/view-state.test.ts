import { describe, expect, test } from 'vitest';
import { DEFAULT_VIEW, formatView, parseView, problemOf, tidyCpus, type ViewState } from './view-state.ts';

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
      ask: { change: 'offline', cpus: '3,0-1' },
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
      ask: { change: 'offline', cpus: '3,0-1' },
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

test('problemOf sees a list that no server has to be asked about', () => {
  expect(problemOf({ change: 'offline', cpus: '3,0-1' })).toBeUndefined();
  expect(problemOf({ change: 'offline', cpus: '3,1-0' })).toContain('“1-0”');
  expect(problemOf({ change: 'suspend' })).toBeUndefined();
  expect(problemOf(undefined)).toBeUndefined();
});

test.each([
  ['1 2', '1,2'],
  [' 3, 0-1\t4 ', '3,0-1,4'],
  ['1 , 2', '1,2'],
  ['1,,2', '1,,2'],
  ['0 - 3', '0,-,3'],
  ['  ', ''],
])('white space separates CPUs and never joins them: “%s” is “%s”', (typed, cpus) => {
  expect(tidyCpus(typed)).toBe(cpus);
  const ask = cpus === '' ? undefined : { change: 'offline', cpus };
  expect(parseView(`#offline=${encodeURIComponent(typed)}`).ask).toEqual(ask);
});
