/** What no recording of ours has: buffers and clocks in other orders, events at the same time, what is odd but allowed. */
import { describe, expect, it } from 'vitest';
import {
  type Built,
  type BuiltBuffer,
  head,
  mark,
  page,
  reserve,
  text,
  u32,
  version6,
  version7,
} from '../../../test/build-trace-dat.ts';
import { datRecords } from '../../../test/trace-dat.ts';
import type { TraceRecord } from '../ftrace.ts';

const VERSIONS = [
  { version: '6', build: version6 },
  { version: '7', build: version7 },
];

const SECOND = 1_000_000_000n;
const cpus = (...pages: readonly Uint8Array[]): BuiltBuffer['cpus'] => new Map(pages.entries());
const events = (bytes: Uint8Array): TraceRecord[] =>
  datRecords(bytes).filter((record) => record.kind === 'event');
const texts = (bytes: Uint8Array): string[] => events(bytes).map(({ text }) => text);
const messageOf = (bytes: Uint8Array): string => {
  try {
    datRecords(bytes);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
};

describe.each(VERSIONS)('a trace.dat of version $version', ({ build }) => {
  const one = (words: readonly number[], more: Partial<Built> = {}): Uint8Array =>
    build({ buffers: [{ cpus: cpus(page(SECOND, words)) }], ...more });

  it('gives a record its task, flags and time', () => {
    expect(events(one(reserve(24)))).toEqual([
      {
        kind: 'event',
        file: 'f',
        line: 1,
        index: 0,
        column: 1,
        task: 'lab',
        pid: 7,
        cpu: 0,
        flags: '.....',
        timestamp: '1.000000',
        event: 'vector_reserve',
        text: 'irq=24 ret=0',
      },
    ]);
  });

  it('has the lower CPU first where two events have the same time', () => {
    const pages = [30, 20, 10].map((irq) =>
      page(SECOND, [...reserve(irq), ...reserve(irq + 1, { delta: 5 })]),
    );
    const irqs = texts(build({ buffers: [{ cpus: cpus(...pages) }] }));
    expect(irqs.map((line) => line.slice(4, 6))).toEqual(['30', '20', '10', '31', '21', '11']);
  });

  it('calls a task by the name that the kernel kept, with its blanks, or says that it kept none', () => {
    const words = [reserve(1, { pid: 0 }), reserve(2), reserve(3, { pid: 8 })].flat();
    const tasks = events(one(words, { cmdlines: '0 swapper\n7 a b (c)\n' })).map(({ task }) => task);
    expect(tasks).toEqual(['<idle>', 'a b (c)', '<...>']);
  });

  it('has marks as ftrace’s text has them: without the blanks before them', () => {
    expect(events(one(mark(' \t LAB mark a b ')))).toMatchObject([
      { event: 'tracing_mark_write', text: 'LAB mark a b ' },
    ]);
  });

  it('names what else printed, by its function or by where it is', () => {
    const kallsyms = '0000000000001000 T tracing_mark_write\n0000000000002000 t other\n';
    const words = [...mark('x', 0x2004), ...mark('y', 0x10)];
    expect(events(one(words, { kallsyms })).map(({ event, text }) => `${event}: ${text}`)).toEqual([
      'print: other: x',
      'print: 10: y',
    ]);
  });

  it('may have events whose formats it has not', () => {
    expect(events(one([head(3, 1), 99, 7, 1, ...reserve(24)]))).toMatchObject([
      { event: 'unknown_event_99', text: '', pid: 7 },
      { event: 'vector_reserve' },
    ]);
  });

  it('may have CPUs without a page', () => {
    const buffers = [{ cpus: cpus(new Uint8Array(0), page(SECOND, reserve(24))) }];
    expect(events(build({ buffers }))).toMatchObject([{ cpu: 1 }]);
  });

  it('may have an instance with other CPUs than the machine, read where it alone has events of vectors', () => {
    const top = { cpus: cpus(page(SECOND, mark('only a mark'))) };
    const none = { name: 'none', cpus: cpus(page(SECOND, [])) };
    const two = { name: 'two', cpus: cpus(page(SECOND, reserve(1)), page(SECOND, reserve(2))) };
    expect(texts(build({ buffers: [top, none, two] }))).toEqual(['irq=1 ret=0', 'irq=2 ret=0']);
    expect(texts(build({ buffers: [top, none] }))).toEqual(['only a mark']);
  });

  it('that has half a page is refused', () => {
    const buffers = [{ cpus: cpus(page(SECOND, reserve(24)).subarray(0, 4000)) }];
    expect(messageOf(build({ buffers }))).toMatch(
      /^f: byte \d+: expected whole pages of 4096 bytes of CPU 0's events, found 4000 bytes$/,
    );
  });

  it('whose event is too short for what all have is refused', () => {
    expect(messageOf(one([head(1, 1), 68]))).toMatch(/expected an event of 8 bytes or more, found 4$/);
  });

  it('whose options do not make sense is refused', () => {
    const withOption = (id: number, data: readonly number[]): string =>
      messageOf(one(reserve(1), { options: [[id, data]] }));
    // The 0 byte that ends it is another option's.
    expect(withOption(1, [0x30, 0x31])).toMatch(
      /expected a number of microseconds \(--date\) that ends with a 0 byte, found 2 bytes without one$/,
    );
    expect(withOption(7, text('1e9'))).toMatch(
      /expected a number of nanoseconds \(--ts-offset\), found "1e9"$/,
    );
    expect(withOption(14, [...u32(1), ...u32(64), ...u32(0), ...u32(0)])).toMatch(
      /expected a shift of tsc2nsec below 64, found 64$/,
    );
  });

  it('has a clock of its own, whose cycles are nanoseconds where the recorder tells how', () => {
    const timestamp = (...options: NonNullable<Built['options']>): string | undefined =>
      events(one(reserve(1, { delta: 0 }), { options }))[0]?.timestamp;
    const tsc = [...u32(3), ...u32(1), ...u32(0), ...u32(0)] as const;
    expect(timestamp([14, tsc])).toBe('1.500000');
    expect(timestamp([14, [...u32(0), ...tsc.slice(4)]])).toBe('1.000000');
    expect(timestamp([1, text('0x10')], [7, text('-1000')])).toBe('1.000015');
    // What nobody here knows is skipped.
    expect(timestamp([77, [1, 2, 3]])).toBe('1.000000');
  });
});

it('version 6 has one clock, and in version 7 each buffer its own', () => {
  const buffers = [{ clock: 'counter', cpus: cpus(page(5n, reserve(1, { delta: 0 }))) }];
  const options = (name: string): NonNullable<Built['options']> => [[4, text(`local ${name} uptime\n`)]];
  const clockOf = (bytes: Uint8Array): string | undefined => events(bytes)[0]?.timestamp;
  expect(clockOf(version6({ buffers, options: options('[counter]') }))).toBe('5');
  expect(clockOf(version6({ buffers, options: options('[global]') }))).toBe('0.000000');
  expect(clockOf(version7({ buffers, options: options('[global]') }))).toBe('5');
});

it('the top-level buffer comes before the instances, wherever version 7 has it', () => {
  const instance = { name: 'a', cpus: cpus(page(SECOND, reserve(1))) };
  const top = { cpus: cpus(page(SECOND, reserve(2))) };
  expect(texts(version7({ buffers: [instance, top] }))).toEqual(['irq=2 ret=0']);
});
