import { describe, expect, it } from 'vitest';
import type { WatchCpu, WatchEvent, WatchIrq, WatchSample } from '../../format/watch.ts';
import { FIRST_VIEW, type View } from '../watch/view.ts';
import { matches, perSecond, renderPlainSample, renderWatch } from './watch.ts';

const exact = (n: number): { min: number; max: number } => ({ min: n, max: n });

function cpu(number: number, changes: Partial<WatchCpu> = {}): WatchCpu {
  return {
    cpu: number,
    online: true,
    capacity: exact(200),
    available: exact(155 - number),
    allocated: exact(40 + number),
    managed: exact(10),
    managedAllocated: exact(5),
    rate: 10 * number,
    timer: 100,
    between: 7,
    ...changes,
  };
}

function irq(number: number, changes: Partial<WatchIrq> = {}): WatchIrq {
  return { irq: number, name: `eth0-${number}`, cpu: number % 4, rate: 0, on: [], ...changes };
}

function sample(changes: Partial<WatchSample> = {}): WatchSample {
  return {
    kind: 'watch',
    version: 1,
    source: 'this machine',
    release: '6.1.0',
    at: Date.UTC(2026, 10, 23, 1, 2, 3),
    seconds: 1,
    certainty: 'exact',
    factsAt: 0,
    cpus: [cpu(0), cpu(1), cpu(2), cpu(3)],
    irqs: [
      irq(24, { name: 'nvme0q1', driver: 'nvme', managed: true, rate: 5000, on: [{ cpu: 1, rate: 5000 }] }),
      irq(25, {
        managed: false,
        rate: 100,
        on: [
          { cpu: 3, rate: 80 },
          { cpu: 0, rate: 20 },
        ],
      }),
      irq(26),
    ],
    events: [],
    tracing: { on: false, text: 'moves: seen' },
    ...changes,
  };
}

const moved = (text: string): WatchEvent => ({ kind: 'moved', by: 'trace', at: 0, irq: 30, cpu: 1, text });

function lines(
  view: Partial<View>,
  columns = 100,
  rows = 24,
  log: readonly WatchEvent[] = [],
  of = sample(),
): string[] {
  return renderWatch(of, { ...FIRST_VIEW, ...view }, log, { columns, rows }).map(({ text }) => text);
}

/** The first column of the rows below a table's head. */
function numbers(of: readonly string[], title: string): string[] {
  const head = of.findIndex((line) => line.trimStart().startsWith(title));
  return of.slice(head + 1).flatMap((line) => /^ +(\d+) {2}/.exec(line)?.[1] ?? []);
}

describe('the picture', () => {
  it.each([
    [100, 24],
    [200, 60],
    [40, 10],
    [20, 5],
    [8, 3],
    [2, 1],
  ])('fills a terminal of %i by %i, and no more', (columns, rows) => {
    const log = Array.from({ length: 30 }, (_, n) => moved(`event ${n} ${'x'.repeat(200)}`));
    for (const view of [{}, { tab: 'cpus' }, { help: true }, { typing: 'nvme' }] as const) {
      const shown = lines(view, columns, rows, log);
      expect(shown).toHaveLength(rows);
      expect(Math.max(...shown.map(({ length }) => length))).toBeLessThanOrEqual(columns);
    }
  });

  it('has the busiest interrupt first, and where it was delivered', () => {
    const shown = lines({});
    expect(numbers(shown, 'IRQ')).toEqual(['24', '25', '26']);
    expect(shown.find((line) => line.includes('nvme0q1'))).toMatch(/^ +24 +5000 +0 +m +1 +nvme0q1$/);
    expect(shown.find((line) => line.includes('eth0-25'))).toContain('3 80%, 0 20%');
  });

  it('sorts by number, name and CPU too', () => {
    expect(numbers(lines({ sort: 'irq' }), 'IRQ')).toEqual(['24', '25', '26']);
    expect(numbers(lines({ sort: 'name' }), 'IRQ')).toEqual(['25', '26', '24']);
    const cpus = sample({ irqs: [irq(24, { cpu: 3 }), irq(25, { cpu: 1 })] });
    expect(numbers(lines({ sort: 'cpu' }, 100, 24, [], cpus), 'IRQ')).toEqual(['25', '24']);
  });

  it('of the CPUs has their vectors and what they got', () => {
    const shown = lines({ tab: 'cpus' });
    expect(numbers(shown, 'CPU')).toEqual(['3', '2', '1', '0']);
    expect(shown.find((line) => line.startsWith('    3  '))).toMatch(
      / 30 +100 +7\.0 +152 +43 +10 +\|#+m-+\.+\|$/,
    );
    expect(numbers(lines({ tab: 'cpus', sort: 'cpu' }), 'CPU')).toEqual(['0', '1', '2', '3']);
  });

  it('with a filter has these interrupts only, and what they bring to the CPUs', () => {
    expect(numbers(lines({ filter: 'NVME' }), 'IRQ')).toEqual(['24']);
    const [row = ''] = lines({ filter: 'nvme', tab: 'cpus' }).filter((line) => line.startsWith('    1  '));
    expect(row).toMatch(/^ +1 +5000 /);
    expect(numbers(lines({ filter: 'nvme', tab: 'cpus' }), 'CPU')[0]).toBe('1');
  });

  it('scrolls no further than to the last page', () => {
    const many = sample({ irqs: Array.from({ length: 100 }, (_, n) => irq(100 + n)) });
    const page = (top: number): string[] => numbers(lines({ top }, 100, 24, [], many), 'IRQ');
    expect(page(0)[0]).toBe('100');
    expect(page(7)[0]).toBe('107');
    expect(page(Number.MAX_SAFE_INTEGER).at(-1)).toBe('199');
    expect(page(1000)).toHaveLength(page(0).length);
  });

  it('shows the latest of what happened', () => {
    const log = Array.from({ length: 30 }, (_, n) => moved(`event ${n}.`));
    const shown = lines({}, 100, 24, log).join('\n');
    expect(shown).toContain('IRQ 30 event 29.');
    expect(shown).not.toContain('event 3.');
    expect(lines({}).join('\n')).toContain('Nothing has happened yet');
  });

  it('names the CPU with the fewest vectors, and warns where it has none', () => {
    expect(lines({})[2]).toBe('vectors: CPU 3 has the fewest left, 152 of 200');
    const full = sample({
      cpus: [cpu(0), cpu(1, { available: exact(0) }), cpu(2, { online: false, available: exact(0) })],
    });
    const [, , vectors] = renderWatch(full, FIRST_VIEW, [], { columns: 100, rows: 24 });
    expect(vectors).toEqual({ text: 'vectors: CPU 1 has the fewest left, 0 of 200', tone: 'bad' });
  });

  it('keeps what changes where the title is too long', () => {
    expect(lines({}, 100)[0]).toBe('irqspace watch: this machine, 6.1.0  01:02:03Z  IRQs by rate');
    expect(lines({ paused: true }, 40)[0]).toBe('01:02:03Z  IRQs by rate, PAUSED');
    expect(lines({ paused: true }, 20)[0]).toBe('IRQs by rate, PAUSED');
  });

  it('lets nothing of a name reach the terminal but what can be read', () => {
    const evil = sample({ irqs: [irq(24, { name: 'a\u001b[2Jb' })] });
    expect(lines({}, 100, 24, [], evil).join('')).toContain('a·[2Jb');
  });
});

describe('a plain sample', () => {
  it('has every CPU, the interrupts that delivered something, and what happened', () => {
    const shown = renderPlainSample(sample({ events: [moved('moved.')] }), FIRST_VIEW, 100).map(
      ({ text }) => text,
    );
    expect(numbers(shown.slice(0, 12), 'CPU').slice(0, 4)).toEqual(['3', '2', '1', '0']);
    expect(numbers(shown, 'IRQ')).toEqual(['24', '25']);
    expect(shown).toContain('  and 1 quiet interrupt');
    expect(shown.at(-1)).toBe('00:00:00Z  IRQ 30 moved.');
  });

  it('of one reading has all interrupts, and says that there are no rates', () => {
    const { seconds: _, ...first } = sample();
    const shown = renderPlainSample(first, FIRST_VIEW, 100).map(({ text }) => text);
    expect(numbers(shown, 'IRQ')).toEqual(['24', '25', '26']);
    expect(shown[1]).toBe('3 interrupts on 4 CPUs; no rates from one reading');
  });
});

it('rates have a decimal where that is much of them', () => {
  expect([undefined, 0, 0.04, 0.5, 9.94, 9.96, 123456.7].map(perSecond)).toEqual([
    '',
    '0',
    '0.0',
    '0.5',
    '9.9',
    '10',
    '123457',
  ]);
});

it('a filter is a part of a name, a device or a driver, or one number', () => {
  const one = irq(24, { name: 'eth0-TxRx-3', device: '0000:03:00.0', driver: 'igb' });
  expect(['', 'txrx', '03:00', 'IGB', '=24'].map((filter) => matches(one, filter))).toEqual(
    Array(5).fill(true),
  );
  expect(['nvme', '=2', '24'].map((filter) => matches(one, filter))).toEqual([false, false, false]);
});
