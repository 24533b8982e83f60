import { describe, expect, it } from 'vitest';
import { event, type Sample, stepAt } from '../../test/replay/samples.ts';
import type { TraceEvent } from '../model/events.ts';
import { checkDyingCpu } from './check-dying-cpu.ts';
import type { Divergence } from './tally.ts';

const MAPS = { onlineMaps: 3, globalAvailable: 600, globalReserved: 14, totalAllocated: 9 };
const FIGURES = { online: 1, available: 190, allocated: 9, managed: 0, ...MAPS };

/** One interrupt that goes from CPU 1 to CPU 0. */
const MODEL: readonly TraceEvent[] = [
  { name: 'irq_matrix_alloc', cpu: 0, bit: 41, ...FIGURES },
  { name: 'vector_alloc', irq: 24, vector: 41, reserved: false, ret: 0 },
  { name: 'vector_update', irq: 24, vector: 41, cpu: 0, prevVector: 33, prevCpu: 1 },
  { name: 'vector_config', irq: 24, vector: 41, cpu: 0 },
  { name: 'irq_matrix_free', cpu: 1, bit: 33, ...FIGURES },
];

const DYING = { task: 'migration/1', pid: 20, cpu: 1 };
const probe = (name: string, fields: Record<string, number> = {}): Sample => event(name, fields, DYING);
const RECORD: readonly Sample[] = [
  probe('k_can_unplug'),
  probe('k_can_unplug_ret', { ret: 0 }),
  probe('k_migrate_all'),
  probe('k_assign', { irq: 24 }),
  probe('k_alloc', { ret: 41 }),
  probe('k_update', { irq: 24, vector: 41, cpu: 0 }),
  probe('k_cfg', { irq: 24, vector: 41, cpu: 0 }),
  probe('k_free', { cpu: 1, bit: 33, managed: 0 }),
];

function check(
  record: readonly Sample[],
  model: readonly TraceEvent[] = MODEL,
  ret = 0,
): Omit<Divergence, 'line'> | undefined {
  return checkDyingCpu(
    model,
    record.map((sample, at) => stepAt(sample, at)),
    1,
    ret,
  );
}

const changed = (name: string, fields: Record<string, number>): Sample[] =>
  RECORD.map((sample) => (sample.event === name ? probe(name, { ...sample.fields, ...fields }) : sample));

describe('kprobes on a dying CPU', () => {
  it('agree with the model that does the same', () => {
    expect(check(RECORD)).toBeUndefined();
  });

  it.each([
    ['k_alloc', { ret: 42 }],
    ['k_update', { irq: 25 }],
    ['k_update', { vector: 42 }],
    ['k_cfg', { cpu: 2 }],
    ['k_free', { bit: 34 }],
    ['k_free', { cpu: 2 }],
    ['k_can_unplug_ret', { ret: -28 }],
  ])('differ by %s with %o', (name, fields) => {
    expect(check(changed(name, fields))?.event).toBe(name);
  });

  it('differ where one fires that the model has nothing for, or the other way round', () => {
    const more = [...RECORD, probe('k_free', { cpu: 1, bit: 34, managed: 0 })];
    expect(check(more)).toMatchObject({ index: 8, event: 'k_free', expected: 'no event' });
    const less = RECORD.filter(({ event: name }) => name !== 'k_alloc');
    // None of that kind has fired: the function may be inlined.
    expect(check(less)).toBeUndefined();
    expect(check(RECORD, [...MODEL, ...MODEL])).toMatchObject({ event: 'k_alloc', observed: 'no event' });
  });

  it('are those of the thread that migrates, from its beginning on', () => {
    const other = event('k_free', { cpu: 2, bit: 99 }, { task: 'lab', pid: 300, cpu: 1 });
    const elsewhere = event('k_free', { cpu: 2, bit: 99 }, { ...DYING, cpu: 3 });
    const before = probe('k_free', { cpu: 3, bit: 70 });
    expect(
      check([other, before, ...RECORD.slice(0, 5), other, elsewhere, ...RECORD.slice(5)]),
    ).toBeUndefined();
  });

  it('show an allocation that failed by its errno', () => {
    const failed: TraceEvent[] = [{ name: 'vector_alloc', irq: 24, vector: 0, reserved: false, ret: -28 }];
    const record = [probe('k_migrate_all'), probe('k_alloc', { ret: -28 })];
    expect(check(record, failed)).toBeUndefined();
    expect(check(record, MODEL)?.event).toBe('k_alloc');
  });

  it('say whether the CPU may go', () => {
    const record = [probe('k_can_unplug'), probe('k_can_unplug_ret', { ret: -28 })];
    expect(check(record, [], -28)).toBeUndefined();
    expect(check(record, [], 0)).toMatchObject({ expected: 'k_can_unplug_ret: ret=0' });
  });

  it('are compared by number where they name no interrupt', () => {
    const moved: TraceEvent = { name: 'vector_free_moved', irq: 24, cpu: 1, vector: 33, isManaged: false };
    const record = [probe('k_migrate_all'), probe('k_free_moved')];
    expect(check(record, [moved])).toBeUndefined();
    expect(check(record, [moved, moved])?.event).toBe('k_free_moved');
  });

  it('are not compared where there are none', () => {
    expect(check([])).toBeUndefined();
  });
});
