import { describe, expect, it } from 'vitest';
import { parseTraceLines } from '../../parse/ftrace.ts';
import { happeningsOf, type Traced } from './happenings.ts';

const GLOBALS = 'online_maps=2 global_avl=300, global_rsvd=4, total_alloc=100';

function traced(...events: readonly string[]): Traced {
  const lines = events.map((text) =>
    text.startsWith('CPU') ? text : `     irqbalance-292     [001] d..3.    12.500000: ${text}`,
  );
  return happeningsOf(parseTraceLines(`${lines.join('\n')}\n`, 'trace_pipe'), 1000);
}

const texts = (of: Traced): string[] => of.events.map(({ kind, text }) => `${kind}: ${text}`);

describe('what tracepoints say', () => {
  it('a vector_update with a vector before it is a move', () => {
    const { events } = traced('vector_update: irq=30 vector=36 cpu=1 prev_vector=35 prev_cpu=0');
    expect(events).toEqual([
      {
        kind: 'moved',
        by: 'trace',
        at: 1000,
        clock: '12.500000',
        irq: 30,
        cpu: 1,
        from: 0,
        vector: 36,
        text: 'moved from CPU 0 to CPU 1 (vector 35, now 36)',
      },
    ]);
  });

  it('vectors are given out, given back, and given back late', () => {
    const of = traced(
      'vector_update: irq=30 vector=36 cpu=1 prev_vector=0 prev_cpu=0',
      'vector_free_moved: irq=30 cpu=0 vector=35 is_managed=0',
      'vector_clear: irq=30 vector=36 cpu=1 prev_vector=0 prev_cpu=1',
      'vector_clear: irq=31 vector=0 cpu=0 prev_vector=0 prev_cpu=0',
      'vector_config: irq=30 vector=239 cpu=0 apicdest=0x00000000',
    );
    expect(texts(of)).toEqual([
      'assigned: has vector 36 of CPU 1',
      'old-vector: gave back vector 35 of CPU 0, where it was before',
      'released: gave back vector 36 of CPU 1',
    ]);
  });

  it('an interrupt for which there is no vector is told, with the errno', () => {
    const of = traced(
      'vector_alloc: irq=123 vector=0 reserved=0 ret=-28',
      'vector_alloc_managed: irq=40 vector=0 ret=4294967268',
      'vector_reserve_managed: irq=41 ret=-28',
    );
    expect(of.events.map(({ irq, kind }) => [irq, kind])).toEqual([
      [123, 'no-vector'],
      [40, 'no-vector'],
      [41, 'no-vector'],
    ]);
    expect(of.events[1]?.text).toBe('found no vector: ENOSPC');
  });

  it('but not where the kernel found one on other CPUs right after', () => {
    const of = traced(
      'vector_alloc: irq=30 vector=0 reserved=0 ret=-28',
      'vector_alloc: irq=31 vector=0 reserved=0 ret=-28',
      'vector_alloc: irq=30 vector=44 reserved=0 ret=0',
    );
    expect(of.events.map(({ irq }) => irq)).toEqual([31]);
  });

  it('the matrix tells the counters of its CPUs; the latest counts', () => {
    const of = traced(
      `irq_matrix_alloc: bit=44 cpu=1 online=1 avl=199 alloc=2 managed=1 ${GLOBALS}`,
      `irq_matrix_free: bit=44 cpu=1 online=1 avl=200 alloc=1 managed=1 ${GLOBALS}`,
      `irq_matrix_reserve: ${GLOBALS}`,
    );
    expect([...of.figures]).toEqual([[1, { available: 200, allocated: 1, managed: 1 }]]);
    expect(of.events).toEqual([]);
  });

  it('lost events end what was known of the counters', () => {
    const of = traced(
      `irq_matrix_alloc: bit=44 cpu=1 online=1 avl=199 alloc=2 managed=1 ${GLOBALS}`,
      'CPU:1 [LOST 12 EVENTS]',
      `irq_matrix_alloc: bit=45 cpu=0 online=1 avl=150 alloc=9 managed=0 ${GLOBALS}`,
    );
    expect(of.lost).toBe(true);
    expect([...of.figures.keys()]).toEqual([0]);
    expect(texts(of)).toEqual(['lost: 12 events lost: the buffer was full']);
  });

  it('a part of a trace may hold nothing at all', () => {
    expect(happeningsOf(parseTraceLines('', 'trace_pipe'), 0).events).toEqual([]);
    expect(texts(traced('CPU:0 [LOST 3 EVENTS]'))).toEqual(['lost: 3 events lost: the buffer was full']);
  });
});
