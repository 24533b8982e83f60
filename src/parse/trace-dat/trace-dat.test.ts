import { describe, expect, it } from 'vitest';
import { datBytes, datRecords, datText, openDat, SAMPLES, type SampleName } from '../../../test/trace-dat.ts';
import { type LostRecord, parseFtrace, type TraceRecord, traceFields } from '../ftrace.ts';
import { EVENT_KEYS } from '../ftrace-fields.ts';
import { isTraceDat, TraceDat } from './trace-dat.ts';

const KPROBE = /^k_/;
const isEvent = (record: TraceRecord | LostRecord): record is TraceRecord => record.kind === 'event';

/** What replay reads the text of; others are shown by their fields where the kernel's format takes more. */
const isRead = ({ event }: TraceRecord): boolean =>
  EVENT_KEYS.has(event) || KPROBE.test(event) || event === 'tracing_mark_write';

/** `trace-cmd report` of the buffer that is read: instances have their name before each line. */
function reportOf(name: SampleName): string {
  const text = datText(name, 'report');
  if (name === 'v7-only-instance') return text.replace(/^other:/gm, '      ');
  return text.replace(/^other:.*\n/gm, '');
}

/** Seconds of the nanoseconds that trace-cmd shows of a clock that it does not know. */
const inSeconds = (nanoseconds: string): string => (Number(nanoseconds) / 1e9).toFixed(6);

/** What a record has that the text of trace-cmd has too: it knows fewer letters in the first two flags. */
function common(record: TraceRecord | LostRecord, name: SampleName, isReport: boolean): unknown {
  if (!isEvent(record)) return { kind: 'lost', cpu: record.cpu, count: record.count };
  const { index, task, pid, cpu, flags, event } = record;
  const seconds = isReport && name === 'v7-boot-clock';
  const timestamp = seconds ? inSeconds(record.timestamp) : record.timestamp;
  const text = isRead(record) ? record.text : undefined;
  return { index, task, pid, cpu, flags: flags.slice(2), timestamp, event, text };
}

describe.each(SAMPLES)('the trace.dat %s', (name) => {
  const ours = datRecords(datBytes(name));
  const theirs = [...parseFtrace(reportOf(name), 'report')];

  it('gives the events and the losses that trace-cmd report prints, in the same order', () => {
    expect(ours.map((record) => common(record, name, false))).toEqual(
      theirs.map((record) => common(record, name, true)),
    );
    const read = ours.filter((record) => isEvent(record) && EVENT_KEYS.has(record.event));
    expect(read.length).toBeGreaterThanOrEqual(name === 'v7-zlib' ? 8 : 10);
  });

  it('has every figure that the name of its event promises', () => {
    for (const record of ours.filter(isEvent)) expect(() => traceFields(record)).not.toThrow();
  });

  it('calls itself one by its first bytes', () => {
    expect(isTraceDat(datBytes(name))).toBe(true);
  });

  it('gives the same again: a replay reads a trace twice', () => {
    const dat = openDat(datBytes(name));
    expect([...dat.records()]).toEqual([...dat.records()]);
  });
});

/** tracefs shows where a kprobe is by its function. */
const withoutPlace = ({ text, event }: TraceRecord): string =>
  KPROBE.test(event) ? text.replace(/^\(.*?\)/, '') : text;

it.each(['boot/trace', 'over'] as const)(
  'the trace.dat %s has what tracefs showed, every flag of it',
  (name) => {
    const whole = (records: Iterable<TraceRecord | LostRecord>): unknown[] =>
      [...records].filter(isEvent).map((record) => {
        const { index, task, pid, cpu, flags, timestamp, event } = record;
        return { index, task, pid, cpu, flags, timestamp, event, text: withoutPlace(record) };
      });
    const ours = whole(datRecords(datBytes(name)));
    expect(ours).toEqual(whole(parseFtrace(datText(name, 'tracefs'), 'trace')));
    expect(ours.length).toBeGreaterThan(200);
  },
);

describe('a record of a trace.dat', () => {
  const records = datRecords(datBytes('v7-odd'), 'some/trace.dat').filter(isEvent);
  const first = (event: string): TraceRecord | undefined => records.find((record) => record.event === event);

  it('has its file, and its number for a line', () => {
    expect(records[41]).toMatchObject({ file: 'some/trace.dat', line: 42, index: 41, column: 1 });
  });

  it('is a mark where a user wrote one, with or without its end of line', () => {
    const marks = records.filter(({ event }) => event === 'tracing_mark_write').map(({ text }) => text);
    expect(marks.slice(0, 2)).toEqual(['hello world', 'no newline']);
    expect(first('raw_data')?.text).toBe('id=67305985 buf=raw data');
  });

  it('is of ftrace itself, of a system call or of a kprobe too', () => {
    expect(first('function')?.text).toMatch(/^ip=\d+ parent_ip=\d+$/);
    expect(first('kernel_stack')?.text).toMatch(/^size=\d+$/);
    expect(first('sys_exit_write')?.text).toMatch(/^0x[\da-f]+$/);
    expect(first('k_free')?.text).toMatch(/^\([\da-f]{16}\) cpu=\d+ bit=\d+ managed=\d$/);
    expect(first('k_alloc')?.text).toMatch(/^\([\da-f]{16} <- [\da-f]{16}\) ret=-?\d+$/);
  });
});

it('of two buffers the top-level one is read, unless only the other has events of vectors', () => {
  const has = (name: SampleName, event: string): boolean =>
    datRecords(datBytes(name)).some((record) => isEvent(record) && record.event === event);
  for (const name of ['v6-instance', 'v7-instance'] as const) {
    expect(has(name, 'irq_handler_entry')).toBe(true);
    expect(has(name, 'tracing_mark_write')).toBe(true);
    // The instance has it too: twice would be once too often.
    const allocs = datRecords(datBytes(name)).filter((r) => isEvent(r) && r.event === 'vector_alloc');
    expect(new Set(allocs.map((r) => isEvent(r) && r.timestamp)).size).toBe(allocs.length);
  }
  expect(has('v7-only-instance', 'vector_config')).toBe(true);
});

it('lost events are told before the next one of their CPU', () => {
  const records = datRecords(datBytes('over'));
  const at = records.findIndex(({ kind }) => kind === 'lost');
  expect(records[at]).toEqual({ kind: 'lost', line: at + 1, cpu: 3, count: 169 });
  expect(records[at + 1]).toMatchObject({ kind: 'event', cpu: 3, line: at + 1 });
});

it('what is packed with zlib is refused where nobody undoes that', () => {
  expect(() => new TraceDat(datBytes('v7-zlib'), 'f')).toThrow(
    /^f: byte 18: expected the compression "none" or "zstd", found "zlib"$/,
  );
});

it('a CPU without events has nothing that is packed', () => {
  const bytes = datBytes('record-31');
  // The buffer's option: its name '', its clock, the size of a page; then CPUs: number, place and size.
  const option = Buffer.from(bytes).indexOf('\0local\0\0\x10\0\0', 0, 'latin1');
  expect(option).toBeGreaterThan(0);
  const firstCpu = option + 7 + 4 + 4;
  const before = datRecords(bytes).filter(isEvent);
  bytes.fill(0, firstCpu + 4, firstCpu + 20);
  const after = datRecords(bytes).filter(isEvent);
  const cpu = bytes[firstCpu];
  const others = before.filter((record) => record.cpu !== cpu).map(({ text }) => text);
  expect(after.map(({ text }) => text)).toEqual(others);
  expect(others.length).toBeLessThan(before.length);
});
