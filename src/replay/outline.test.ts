import { describe, expect, it } from 'vitest';
import { boot, event, mark, outline } from '../../test/replay/samples.ts';

const maps = (count: number): Record<string, number> => ({ online_maps: count });
const setUp = (irq: number) => [
  event('irq_matrix_reserve', maps(4)),
  event('vector_reserve', { irq }),
  event('vector_config', { irq, vector: 239 }),
  event('vector_setup', { irq }),
];

describe('the lifetimes of interrupts', () => {
  it('run from the first event of the set-up, which names none, to the teardown', () => {
    const { lifetimes } = outline([
      ...setUp(24),
      event('vector_activate', { irq: 24 }),
      event('vector_teardown', { irq: 24 }),
    ]);
    expect(lifetimes.get(24)).toEqual([{ irq: 24, from: 0, to: 5, managed: false, reservedOn: [] }]);
  });

  it('are two where a number is used again', () => {
    const { lifetimes } = outline([...setUp(24), event('vector_teardown', { irq: 24 }), ...setUp(24)]);
    expect(lifetimes.get(24)?.map(({ from, to }) => [from, to])).toEqual([
      [0, 4],
      [5, Number.POSITIVE_INFINITY],
    ]);
  });

  it('are not begun again by a deactivation, which reserves too', () => {
    const { lifetimes } = outline([
      ...setUp(24),
      event('vector_deactivate', { irq: 24 }),
      event('irq_matrix_reserve', maps(4)),
      event('vector_reserve', { irq: 24 }),
      event('vector_config', { irq: 24, vector: 239 }),
      ...setUp(25),
    ]);
    expect(lifetimes.get(24)).toHaveLength(1);
    expect(lifetimes.get(25)?.[0]?.from).toBe(8);
  });

  it('know the CPUs on which a managed one has reserved', () => {
    const reserve = (cpu: number) => event('irq_matrix_reserve_managed', { cpu, ...maps(4) });
    const { lifetimes } = outline([
      reserve(1),
      reserve(3),
      event('vector_reserve_managed', { irq: 30 }),
      event('vector_setup', { irq: 30 }),
    ]);
    expect(lifetimes.get(30)).toEqual([
      { irq: 30, from: 0, to: Number.POSITIVE_INFINITY, managed: true, reservedOn: [1, 3] },
    ]);
  });

  it('are told apart where two threads set up at once', () => {
    const of = (pid: number) => setUp(pid).map((sample) => ({ ...sample, pid }));
    const [a, b] = [of(31), of(32)];
    const { lifetimes } = outline([a[0], b[0], a[1], b[1], a[2], b[2], b[3], a[3]].flatMap((s) => s ?? []));
    expect([lifetimes.get(31)?.[0]?.from, lifetimes.get(32)?.[0]?.from]).toEqual([0, 1]);
  });

  it('began before the trace where only the teardown is in it', () => {
    const { lifetimes } = outline([event('vector_teardown', { irq: 40 })]);
    expect(lifetimes.get(40)).toEqual([{ irq: 40, from: -1, to: 0, managed: false, reservedOn: [] }]);
  });
});

describe('where a trace begins', () => {
  it('is boot if no map is online before its first event', () => {
    expect(outline(boot())).toMatchObject({
      fromBoot: true,
      firstMaps: 0,
      systemBits: [0],
      firstAvailable: 202,
    });
  });

  it('is boot also where the first event says otherwise: system vectors come first', () => {
    const [first, ...rest] = boot();
    const lying = { ...first, event: 'irq_matrix_assign_system', fields: maps(1) };
    expect(outline([lying, event('irq_matrix_assign_system', { bit: 1 }), ...rest]).fromBoot).toBe(true);
  });

  it('is a running machine else, with as many maps', () => {
    expect(outline([event('irq_matrix_alloc', maps(3))])).toMatchObject({ fromBoot: false, firstMaps: 3 });
  });
});

describe('what the lab marked', () => {
  it('are the places of snapshots, and whether writes are recorded', () => {
    const marked = outline([
      mark('LAB mark snap 01-a '),
      ...boot(),
      mark('LAB mark snap 02-b '),
      mark('other'),
    ]);
    expect(marked.snapshots).toEqual([
      { name: '01-a', index: 0 },
      { name: '02-b', index: 6 },
    ]);
    expect(marked.hasMarks).toBe(false);
    expect(outline([mark('LAB op write /x 1'), ...boot()]).hasMarks).toBe(true);
  });
});

describe('the changes of an affinity', () => {
  it('are writes and vectors taken outside of activation, not those that failed', () => {
    const { moves } = outline([
      event('vector_alloc', { irq: 24, reserved: 1 }),
      event('vector_alloc', { irq: 24, reserved: 0 }),
      event('vector_alloc', { irq: 24, reserved: 0, ret: -28 }),
      mark('LAB op write /proc/irq/24/smp_affinity_list 2'),
      mark('LAB op write /proc/irq/default_smp_affinity 2'),
    ]);
    expect([...moves]).toEqual([[24, [1, 3]]]);
  });
});

describe('CPUs that go down unseen', () => {
  it('are counted by the maps of later events and named by those that come back', () => {
    const { unseenDowns, showsDyingCpus } = outline([
      ...boot(),
      event('irq_matrix_free', maps(3)),
      event('irq_matrix_online', maps(4), { cpu: 2 }),
    ]);
    expect(unseenDowns).toEqual([{ before: 5, cpu: 2 }]);
    expect(showsDyingCpus).toBe(false);
  });

  it('are named by the state after the trace where they stay away', () => {
    const { unseenDowns } = outline([...boot(), event('irq_matrix_free', maps(3))], [], [0, 1, 2]);
    expect(unseenDowns).toEqual([{ before: 5, cpu: 3 }]);
  });

  it('are none where the kernel traces dying CPUs', () => {
    const { unseenDowns, showsDyingCpus } = outline([
      ...boot(),
      event('irq_matrix_offline', maps(3), { cpu: 1 }),
      event('irq_matrix_free', maps(3)),
    ]);
    expect(unseenDowns).toEqual([]);
    expect(showsDyingCpus).toBe(true);
  });
});

describe('lost events', () => {
  it('are missing from the last event of their CPU on', () => {
    const { losesEvents, lossesBegin } = outline([
      event('irq_matrix_free', maps(4), { cpu: 0 }),
      event('irq_matrix_free', maps(4), { cpu: 1 }),
      12,
      event('irq_matrix_free', maps(4), { cpu: 0 }),
    ]);
    expect({ losesEvents, lossesBegin }).toEqual({ losesEvents: true, lossesBegin: [0] });
  });

  it('are missing from the beginning where the CPU has shown none before', () => {
    expect(outline([5, event('irq_matrix_free', maps(4))]).lossesBegin).toEqual([-1]);
  });
});

it('time stamps are seconds only where all have a point', () => {
  const at = (timestamp: string) => event('irq_matrix_free', maps(4), { timestamp });
  expect(outline([at('1.5'), at('2.5')]).inSeconds).toBe(true);
  expect(outline([at('1.5'), at('2')]).inSeconds).toBe(false);
});
