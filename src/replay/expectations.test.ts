import { describe, expect, it } from 'vitest';
import { event, stepAt } from '../../test/replay/samples.ts';
import type { TraceEvent } from '../model/events.ts';
import { compare, Expectations, isDecision, type Section } from './expectations.ts';

const section = (): Section => ({ cause: undefined, laterMask: false, diverged: false });
const activate = (irq: number): TraceEvent => ({
  name: 'vector_activate',
  irq,
  isManaged: false,
  canReserve: true,
  reserve: false,
});
const SETUP: TraceEvent = { name: 'vector_setup', irq: 24, isLegacy: false, ret: -28 };
const ONLINE: TraceEvent = {
  name: 'irq_matrix_online',
  cpu: 2,
  onlineMaps: 3,
  globalAvailable: 600,
  globalReserved: 14,
  totalAllocated: 9,
};
const FIGURES = { online_maps: 3, global_avl: 600, global_rsvd: 14, total_alloc: 9 };

describe('predicted events', () => {
  it('wait in the order of their thread, whatever other threads do', () => {
    const expectations = new Expectations();
    expectations.add('1', [activate(24), SETUP], section());
    expectations.add('2', [activate(30)], section());
    expectations.add('1', [activate(25)], section());
    const irqs = (thread: string): unknown[] => {
      const all: unknown[] = [];
      while (expectations.waits(thread)) all.push(expectations.take(thread)?.event);
      return all;
    };
    expect(irqs('1')).toEqual([activate(24), SETUP, activate(25)]);
    expect(irqs('2')).toEqual([activate(30)]);
    expect(expectations.take('2')).toBeUndefined();
  });

  it('are dropped of one thread, or of all', () => {
    const expectations = new Expectations();
    expectations.add('1', [activate(24)], section());
    expectations.add('2', [activate(25), activate(26)], section());
    expect(expectations.drop('1')).toHaveLength(1);
    expect(expectations.waits('1')).toBe(false);
    expect(expectations.drop()).toHaveLength(2);
    expect(expectations.waits('2')).toBe(false);
  });

  it('stay where it is said that they are not over', () => {
    const expectations = new Expectations();
    expectations.add('1', [activate(24)], section());
    expectations.add('2', [activate(25)], section());
    const dropped = expectations.drop(
      undefined,
      (thread, { event }) => thread === '2' && event.name === 'vector_activate',
    );
    expect(dropped.map(({ event }) => event)).toEqual([activate(24)]);
    expect([expectations.waits('1'), expectations.waits('2')]).toEqual([false, true]);
  });

  it('that are none make no thread wait', () => {
    const expectations = new Expectations();
    expectations.add('1', [], section());
    expect(expectations.waits('1')).toBe(false);
  });
});

describe('an event and its record', () => {
  it('are equal field by field, a negative number as the kernel prints it unsigned too', () => {
    const fields = { irq: 24, is_legacy: 0 };
    expect(compare(SETUP, stepAt(event('vector_setup', { ...fields, ret: -28 }))).equal).toBe(true);
    expect(compare(SETUP, stepAt(event('vector_setup', { ...fields, ret: 2 ** 32 - 28 }))).equal).toBe(true);
    expect(compare(SETUP, stepAt(event('vector_setup', { ...fields, ret: 0 }))).equal).toBe(false);
    expect(compare(SETUP, stepAt(event('vector_setup', { ...fields, irq: 25, ret: -28 }))).equal).toBe(false);
  });

  it('differ by name before anything is counted', () => {
    expect(compare(ONLINE, stepAt(event('irq_matrix_offline', FIGURES, { cpu: 2 })))).toEqual({
      equal: false,
      counters: 0,
    });
  });

  it('have their CPU in the column where the tracepoint prints none', () => {
    expect(compare(ONLINE, stepAt(event('irq_matrix_online', FIGURES, { cpu: 2 })))).toEqual({
      equal: true,
      counters: 4,
    });
    expect(compare(ONLINE, stepAt(event('irq_matrix_online', FIGURES, { cpu: 1 }))).equal).toBe(false);
  });

  it('count all counters even where one is not the same', () => {
    const record = stepAt(event('irq_matrix_online', { ...FIGURES, global_avl: 601 }, { cpu: 2 }));
    expect(compare(ONLINE, record)).toEqual({ equal: false, counters: 4 });
  });
});

it('a decision is one allocation, managed or not', () => {
  expect(
    ['vector_alloc', 'vector_alloc_managed', 'irq_matrix_alloc', 'vector_config'].filter(isDecision),
  ).toEqual(['vector_alloc', 'vector_alloc_managed']);
});
