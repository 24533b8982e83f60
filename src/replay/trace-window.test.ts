import { describe, expect, it } from 'vitest';
import { event, recordsOf, type Sample, stepAt } from '../../test/replay/samples.ts';
import { type Step, stepOf, TraceWindow } from './trace-window.ts';

const by = (pid: number, irq = pid): Sample => event('vector_setup', { irq }, { pid });

function windowOf(samples: readonly (Sample | number)[], lossesBegin: readonly number[] = []): TraceWindow {
  return new TraceWindow(recordsOf(samples), lossesBegin);
}

function nextStep(window: TraceWindow): Step {
  const step = window.next();
  if (step?.kind !== 'event') throw new Error('no event');
  return step;
}

const indexes = (steps: Iterable<Step>): number[] => [...steps].map(({ record }) => record.index);

describe('the threads of a trace', () => {
  it.each<[string, Sample, string]>([
    ['a task', event('vector_setup', {}, { pid: 7, flags: 'd..1.' }), '7'],
    ['the idle task of a CPU', event('vector_setup', {}, { pid: 0, cpu: 3 }), 'idle3'],
    [
      'the interrupts of a CPU, whatever they interrupt',
      event('vector_setup', {}, { cpu: 3, flags: 'd.h2.' }),
      'h3',
    ],
    ['an interrupt in a soft interrupt', event('vector_setup', {}, { cpu: 3, flags: 'd.H2.' }), 'h3'],
    ['a non-maskable one', event('vector_setup', {}, { cpu: 3, flags: 'd.Z2.' }), 'h3'],
    ['the soft interrupts of a CPU', event('vector_setup', {}, { cpu: 3, flags: 'd.s2.' }), 's3'],
    ['a task where no flags are shown', event('vector_setup', {}, { pid: 7, flags: '' }), '7'],
  ])('are %s', (_, sample, thread) => {
    expect(stepAt(sample).thread).toBe(thread);
    expect(stepAt(sample).inInterrupt).toBe(thread.startsWith('h'));
  });

  it('have figures of what is modelled and of kprobes, and of nothing else', () => {
    const text = 'irq=24 name=eth0';
    const of = (name: string): Step => stepOf({ ...stepAt({ event: name, text }).record });
    expect(of('k_assign').fields.get('irq')).toBe(24);
    expect(of('irq_handler_entry').fields.size).toBe(0);
    expect([of('k_assign').modelled, stepAt(by(1)).modelled]).toEqual([false, true]);
  });
});

describe('a look ahead', () => {
  it('sees what follows on the same thread', () => {
    const window = windowOf([by(1), by(2), by(1), by(3), by(1)]);
    expect(indexes(window.following(nextStep(window)))).toEqual([2, 4]);
    // It has read ahead, and loses nothing by it.
    expect(nextStep(window).record.index).toBe(1);
  });

  it('tells what a thread records next, unless that is far away', () => {
    const window = windowOf([by(1), by(2), by(1), ...Array<Sample>(70).fill(by(2)), by(3)]);
    nextStep(window);
    expect(window.nextOf('1')?.record.index).toBe(2);
    expect(window.nextOf('2')?.record.index).toBe(1);
    expect(window.nextOf('3')).toBeUndefined();
    expect(nextStep(window).record.index).toBe(1);
  });

  it('ends where events are lost', () => {
    const window = windowOf([by(1), by(1), 3, by(1)]);
    expect(indexes(window.following(nextStep(window)))).toEqual([1]);
  });

  it('ends where a loss begins, before the place at which the trace notes it', () => {
    const window = windowOf([by(1), by(1), by(2), by(1), 3, by(1)], [1]);
    expect(indexes(window.following(nextStep(window)))).toEqual([1]);
    nextStep(window);
    expect(window.next()).toEqual({ kind: 'loss begins' });
    expect(nextStep(window).record.index).toBe(2);
  });

  it('of an event that was held back has the one in hand too', () => {
    const window = windowOf([by(1), by(2), by(1), by(1)]);
    const held = nextStep(window);
    nextStep(window);
    nextStep(window);
    expect(indexes(window.following(held))).toEqual([2, 3]);
  });

  it('is bounded', () => {
    const window = windowOf([by(1), ...Array.from({ length: 1000 }, () => by(2)), by(1)]);
    expect(indexes(window.following(nextStep(window)))).toEqual([]);
  });

  it('keeps its place over a long trace', () => {
    const window = windowOf(Array.from({ length: 3000 }, (_, irq) => by(irq % 5, irq)));
    const seen: number[] = [];
    for (let item = window.next(); item !== undefined; item = window.next()) {
      if (item.kind !== 'event') continue;
      seen.push(item.record.index);
      for (const next of window.following(item)) if (next.record.index > item.record.index + 20) break;
    }
    expect(seen).toEqual(Array.from({ length: 3000 }, (_, index) => index));
  });
});

describe('a loss', () => {
  it('is near within a stretch of a few sections', () => {
    const far = windowOf([...Array.from({ length: 100 }, () => by(1)), 3, by(1)]);
    nextStep(far);
    expect(far.lossIsNear).toBe(false);
    for (let n = 0; n < 60; n++) nextStep(far);
    expect(far.lossIsNear).toBe(true);
  });

  it('of a CPU that has shown nothing before begins before everything', () => {
    expect(windowOf([by(1)], [-1]).next()).toEqual({ kind: 'loss begins' });
  });

  it('is none at the end of the trace', () => {
    const window = windowOf([by(1), by(1)]);
    nextStep(window);
    expect(window.lossIsNear).toBe(false);
  });
});
