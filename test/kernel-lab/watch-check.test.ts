import { expect, it } from 'vitest';
import type { WatchEvent } from '../../src/format/watch.ts';
import { madeUp, placed, wrote } from './made-up.ts';
import { watchSeesMoves } from './watch-check.ts';

const event = (kind: WatchEvent['kind'], irq: number, more: Partial<WatchEvent> = {}): WatchEvent => ({
  kind,
  by: 'trace',
  at: 0,
  irq,
  text: '',
  ...more,
});
const EVENTS = [event('moved', 30, { from: 0, cpu: 1 }), event('no-vector', 31)];

/** 30 moves from CPU 0 to 1, 31 finds no vector, 32 is there already. */
function holds(events: readonly WatchEvent[], instances: readonly string[] = [], code = 0): boolean[] {
  const capture = madeUp([
    placed('before', { 30: '0', 31: '0', 32: '1' }),
    wrote('/proc/irq/30/smp_affinity_list', '1', 'OK'),
    wrote('/proc/irq/31/smp_affinity_list', '1', 'ENOSPC'),
    wrote('/proc/irq/32/smp_affinity_list', '1', 'OK'),
    {
      ...{ kind: 'watched', code, samples: 3, events, instances, cpuSeconds: 1, seconds: 9 },
      tracing: { on: true, text: 'from tracefs' },
    },
    placed('after', { 30: '1', 31: '0', 32: '1' }),
  ]);
  return watchSeesMoves(capture).map((finding) => finding.holds);
}

it('holds where every move and every interrupt without a vector was told', () => {
  expect(holds(EVENTS)).toEqual([true, true, true]);
});

it.each<[string, readonly WatchEvent[], boolean[]]>([
  ['a move was not told', EVENTS.slice(1), [false, true, true]],
  ['a move was told twice', [...EVENTS, ...EVENTS.slice(0, 1)], [false, true, true]],
  [
    'a move was told to another CPU',
    [event('moved', 30, { from: 0, cpu: 2 }), event('no-vector', 31)],
    [false, true, true],
  ],
  [
    'a move was only seen',
    [event('moved', 30, { by: 'seen', from: 0, cpu: 1 }), event('no-vector', 31)],
    [false, true, true],
  ],
  ['a refusal was not told', EVENTS.slice(0, 1), [true, false, true]],
  ['events were lost', [...EVENTS, event('lost', 0)], [false, false, true]],
])('does not hold where %s', (_, events, expected) => {
  expect(holds(events)).toEqual(expected);
});

it('does not hold where an instance is left, or it did not end well', () => {
  expect(holds(EVENTS, ['irqspace-9'])).toEqual([true, true, false]);
  expect(holds(EVENTS, [], 1)).toEqual([true, true, false]);
});
