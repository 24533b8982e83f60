import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../../test/shared.ts';
import { parseFtrace, type TraceRecord, traceFields } from './ftrace.ts';
import { EVENT_KEYS } from './ftrace-fields.ts';
import { parseLabLine, parseOpsLog } from './ops-log.ts';

const captures = sharedPath('captures');
const names =
  captures === undefined
    ? []
    : readdirSync(captures).filter((name) => existsSync(join(captures, name, 'trace.txt.gz')));
const fileOf = (name: string, file: string): Buffer => readFileSync(join(captures ?? '', name, file));
const traceOf = (name: string): string => gunzipSync(fileOf(name, 'trace.txt.gz')).toString();

/** The whole line in one expression, as ../shared/lab/check-trace has it: nothing in common with the scanner. */
const LINE = /^ *(.*)-(\d+) +\[(\d+)\] (\S{4,5}) +(\d+): (\w+): (.*)$/;

describe.skipIf(captures === undefined)('traces and ops.log of real kernels (needs ../shared)', () => {
  it('are those of 20 captures or more', () => {
    expect(names.length).toBeGreaterThanOrEqual(20);
  });

  describe.each(names)('%s: they', (name) => {
    const text = traceOf(name);
    const records = [...parseFtrace(text, name)];
    const events = records.filter((record): record is TraceRecord => record.kind === 'event');

    it('are as many events as the kernel counted, none lost', () => {
      const [, inBuffer, written] = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)/m.exec(text) ?? [];
      expect(events).toHaveLength(Number(inBuffer));
      expect(records).toHaveLength(Number(written));
    });

    it('hold in each column what one regular expression finds', () => {
      const lines = text.split('\n');
      expect(lines.filter((line) => LINE.test(line))).toHaveLength(events.length);
      let last = 0;
      for (const [index, record] of events.entries()) {
        const [, task, pid, cpu, flags, timestamp, event, rest = ''] =
          LINE.exec(lines[record.line - 1] ?? '') ?? [];
        const expected = {
          task,
          pid: Number(pid),
          cpu: Number(cpu),
          flags,
          timestamp,
          event,
          text: rest,
          index,
        };
        // One comparison a line is slow in the test runner where it is deep.
        if (Object.entries(expected).some(([key, value]) => record[key as keyof TraceRecord] !== value)) {
          expect(record).toMatchObject(expected);
        }
        // The counter clock: a total order.
        expect(Number(record.timestamp) > last).toBe(true);
        last = Number(record.timestamp);
      }
    });

    it('hold the fields of each event, in the order of its format', () => {
      for (const record of events) {
        if (record.event === 'tracing_mark_write') continue;
        const found = [...traceFields(record)].map(([key, value]) => `${key}=${value}`).join(' ');
        const pairs = [...record.text.matchAll(/(\w+)=(-?(?:0x)?[\da-f]+)/g)];
        expect(found).toBe(pairs.map(([, key, value]) => `${key}=${Number(value)}`).join(' '));
      }
    });

    it('hold the same marks and writes in the same order, each result behind its write', () => {
      const log = parseOpsLog(fileOf(name, 'ops.log').toString(), 'ops.log');
      const marks = events.filter(({ event }) => event === 'tracing_mark_write');
      expect(marks.map((mark) => parseLabLine(mark.text))).toEqual(log.map(({ lab }) => lab));
      expect(log).toHaveLength(fileOf(name, 'ops.log').toString().split('\n').length - 1);
      for (const [index, { lab, timeS }] of log.entries()) {
        const next = log[index + 1];
        expect((next?.timeS ?? timeS) >= timeS).toBe(true);
        if (lab.kind !== 'op') continue;
        expect(next?.lab).toMatchObject({ kind: 'res', path: lab.path, value: lab.value });
      }
    });

    it('name the snapshots', () => {
      const snapshots = readdirSync(join(captures ?? '', name, 'snap')).sort();
      const log = parseOpsLog(fileOf(name, 'ops.log').toString(), 'ops.log');
      const named = log.flatMap(({ lab }) => (lab.kind === 'snap' ? [`${lab.name}.tar.gz`] : []));
      expect(named).toEqual(snapshots);
    });

    it('agree with the formats of their kernel', () => {
      const formats = fileOf(name, 'formats/events.txt').toString();
      for (const [, event = '', format = ''] of formats.matchAll(
        /^name: (\w+)$[\s\S]*?^print fmt: "(.*?)"/gm,
      )) {
        const keys = [...format.matchAll(/(\w+)=(?:0x)?%/g)].map(([, key]) => key);
        expect(EVENT_KEYS.get(event), event).toEqual(keys);
      }
    });
  });
});
