import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LostRecord, parseFtrace, type TraceRecord } from './ftrace.ts';
import { ParseError } from './parse-error.ts';

const root = new URL('../../', import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(`test/fixtures/parse/${name}`, root), 'utf8');
const parse = (text: string): (TraceRecord | LostRecord)[] => [...parseFtrace(text, 'trace')];
const events = (text: string): TraceRecord[] => parse(text).filter((record) => record.kind === 'event');
const lost = (text: string): LostRecord[] => parse(text).filter((record) => record.kind === 'lost');
const one = (line: string): TraceRecord | undefined => events(`${line}\n`)[0];

const HEADER = '# tracer: nop\n#\n# entries-in-buffer/entries-written: 2/2   #P:4\n#\n';
const RESERVE =
  '             lab-133     [002] ...1.          267: vector_reserve: irq=24 ret=0\n' +
  '          insmod-146     [001] d..1.          290: vector_reserve: irq=25 ret=0\n';
const TRACE = `${HEADER}${RESERVE}`;

/** What a text throws, as the user reads it. */
function messageOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ParseError) return error.message;
    throw error;
  }
  return 'nothing';
}

describe('parseFtrace reads a record', () => {
  it('whose count of cycles trace-cmd puts right behind the flags, or the CPU', () => {
    const reserve = 'vector_reserve: irq=24 ret=0';
    const time = { cpu: 3, timestamp: '182504599096', event: 'vector_reserve', text: 'irq=24 ret=0' };
    expect(one(`lab-440   [003] d.h3.182504599096: ${reserve}`)).toMatchObject({ ...time, flags: 'd.h3.' });
    expect(one(`lab-440   [003] ....1182504599096: ${reserve}`)).toMatchObject({ ...time, flags: '....1' });
    expect(one(`lab-440   [003]182504599096: ${reserve}`)).toMatchObject({ ...time, flags: '' });
    expect(messageOf(`lab-440   [003] d.-3.182504599096: ${reserve}\n`)).toContain('expected a time stamp');
    expect(messageOf(`lab-440   [003]x 182504599096: ${reserve}\n`)).toContain('expected ftrace text');
  });

  it('of tracefs', () => {
    expect(parse(TRACE)).toEqual([
      {
        kind: 'event',
        file: 'trace',
        line: 5,
        index: 0,
        column: 68,
        task: 'lab',
        pid: 133,
        cpu: 2,
        flags: '...1.',
        timestamp: '267',
        event: 'vector_reserve',
        text: 'irq=24 ret=0',
      },
      {
        kind: 'event',
        file: 'trace',
        line: 6,
        index: 1,
        column: 68,
        task: 'insmod',
        pid: 146,
        cpu: 1,
        flags: 'd..1.',
        timestamp: '290',
        event: 'vector_reserve',
        text: 'irq=25 ret=0',
      },
    ]);
  });

  it('with four flags, with none, and with the column of record-tgid', () => {
    const columns = ({ task, pid, cpu, flags, timestamp }: TraceRecord): unknown[] => [
      task,
      pid,
      cpu,
      flags,
      timestamp,
    ];
    const read = (line: string): unknown[] => events(`${line}: x: y\n`).flatMap(columns);
    expect(read('          <idle>-0       [000] d.h.            3')).toEqual(['<idle>', 0, 0, 'd.h.', '3']);
    expect(read('          <idle>-0     [095]    12.345678')).toEqual(['<idle>', 0, 95, '', '12.345678']);
    expect(read('            bash-7842    (   7842) [1023] .N..  1.2')).toEqual([
      'bash',
      7842,
      1023,
      '.N..',
      '1.2',
    ]);
    expect(read('           <...>-976     (-------) [003] .....  1.2')).toEqual([
      '<...>',
      976,
      3,
      '.....',
      '1.2',
    ]);
  });

  it('of tasks with any name', () => {
    const names = [
      '<idle>',
      'kworker/u16:4',
      'kworker/0:1H',
      'irq/25-aerdrv',
      'nvme-reset-wq',
      '(agetty)',
      'two words',
      '[brackets]',
      '-1',
      '',
      'a-1 [000]',
      'a-1 [0] 1: b: c',
      '#',
      '=> x',
      'x-12 [001] d..1',
    ];
    for (const task of names) {
      const record = one(`${task.padStart(16)}-77      [003] d..1.         5: vector_reserve: irq=1 ret=0`);
      expect(record, task).toMatchObject({ task, pid: 77, cpu: 3, text: 'irq=1 ret=0' });
    }
    // A name of more bytes than characters ends before the kernel's column.
    expect(one('       métadonnée-77      [003] d..1.   5: x: y')?.task).toBe('métadonnée');
    expect(one('kworker/u16:4-77 [003] 5.5: x: y')?.task).toBe('kworker/u16:4');
  });

  it('whose text is empty, or holds what looks like a record, blanks and control characters', () => {
    const text = (tail: string): string | undefined =>
      one(`             lab-1       [000] .....    1: ${tail}`)?.text;
    expect(text('tracing_mark_write: ')).toBe('');
    expect(text('tracing_mark_write:')).toBe('');
    expect(text('tracing_mark_write: a-1 [000] ..... 2: b: c  ')).toBe('a-1 [000] ..... 2: b: c  ');
    expect(text('tracing_mark_write: \u001b[31m\u0000')).toBe('\u001b[31m\u0000');
    expect(text('tracing_mark_write: LAB mark finish \r')).toBe('LAB mark finish ');
  });

  it('of a trace mark as trace-cmd report shows it', () => {
    const line =
      '             lab-1     [000]    1.000000: print:                tracing_mark_write: LAB mark x ';
    expect(one(line)).toMatchObject({ event: 'tracing_mark_write', text: 'LAB mark x ', column: 85 });
    expect(one('a-1 [000] 1.0: print: ffffffff811: hello')).toMatchObject({ event: 'print' });
  });

  it('of trace_printk, of the function tracer, and of a stack trace, whose own lines are skipped', () => {
    const at = '            bash-1       [000] .....    1: ';
    expect(one(`${at}do_it+0x1c/0x30: hello`)).toMatchObject({ event: 'do_it+0x1c/0x30', text: 'hello' });
    expect(one(`${at}do_it [nvme]: hello`)).toMatchObject({ event: 'do_it [nvme]', text: 'hello' });
    expect(one(`${at}a.part.0 <-b`)).toMatchObject({ event: 'function', text: 'a.part.0 <-b' });
    expect(one(`${at}a [nvme] <-b [nvme]`)).toMatchObject({
      event: 'function',
      text: 'a [nvme] <-b [nvme]',
    });
    expect(one(`${at}<user stack trace>`)?.event).toBe('user_stack');
    const stack = events(`${at}x: y\n${at}<stack trace>\n => a\n => b\n${at}x: z\n`);
    expect(stack.map(({ event, line, index }) => [event, line, index])).toEqual([
      ['x', 1, 0],
      ['kernel_stack', 2, 1],
      ['x', 5, 2],
    ]);
  });
});

describe('parseFtrace reads the forms', () => {
  it('of tracefs, 5.10 and 7.2', () => {
    expect(events(fixture('trace-5.10'))).toHaveLength(41);
    expect(lost(fixture('trace-5.10'))).toEqual([]);
    const trace = parse(fixture('trace-7.2'));
    expect(trace[0]).toEqual({ kind: 'lost', line: 3, cpu: -1, count: 1663 });
    expect(trace.slice(1).map((record) => record.kind === 'event' && record.index)).toEqual(
      Array.from({ length: 49 }, (_, index) => index),
    );
  });

  it('of trace_pipe', () => {
    const text = fixture('trace-pipe');
    expect(events(text)).toHaveLength(24);
    expect(lost(text)).toEqual([
      { kind: 'lost', line: 10, cpu: 3, count: 41 },
      { kind: 'lost', line: 17, cpu: 1, count: undefined },
    ]);
  });

  it('of trace-cmd report', () => {
    const text = fixture('trace-cmd-report');
    expect(lost(text)).toEqual([
      { kind: 'lost', line: 11, cpu: 2, count: 204600 },
      { kind: 'lost', line: 17, cpu: 6, count: undefined },
    ]);
    const read = events(text);
    expect(read).toHaveLength(29);
    expect(read[0]).toMatchObject({ cpu: 0, flags: 'd..1.', timestamp: '12.003345' });
    expect(read.filter(({ event }) => event === 'tracing_mark_write')).toMatchObject([
      { text: 'LAB mark loadmods ' },
    ]);
  });

  it('in the same way: the events of one are those of another', () => {
    const bare = ({ task, pid, cpu, event, text, timestamp }: TraceRecord): unknown => ({
      task,
      pid,
      cpu,
      event,
      text,
      timestamp,
    });
    const pipe = events(fixture('trace-pipe')).map(bare);
    const report = events(fixture('trace-cmd-report')).filter(({ event }) => event !== 'kernel_stack');
    expect(report.slice(0, pipe.length).map(bare)).toEqual(pipe);
    const noFlags = fixture('trace-cmd-report').replace(/(\[\d+\]) \S{5} /g, '$1 ');
    expect(events(noFlags).map(bare)).toEqual(events(fixture('trace-cmd-report')).map(bare));
    expect(events(noFlags).every(({ flags }) => flags === '')).toBe(true);
  });

  it('with blank lines, notes of the buffers, several headers, CRLF, and without the last newline', () => {
    const noted = TRACE.replaceAll('\n', '\r\n').replace(
      /^ +insmod/m,
      '\r\n##### CPU 1 buffer started ####\r\n$&',
    );
    expect(events(noted).map(({ line }) => line)).toEqual([5, 8]);
    expect(events(noted).map(({ text }) => text)).toEqual(['irq=24 ret=0', 'irq=25 ret=0']);
    expect(events(TRACE + TRACE)).toHaveLength(4);
    expect(events(TRACE.trimEnd())).toHaveLength(2);
  });

  it('in the other spellings of a loss', () => {
    const count = (line: string): unknown =>
      lost(`${line}\n${RESERVE}`).map(({ cpu, count }) => [cpu, count]);
    expect(count('CPU 2 [12 EVENTS DROPPED]')).toEqual([[2, 12]]);
    expect(count('CPU:2 [LOST 12 EVENTS]\r')).toEqual([[2, 12]]);
    expect(count('# entries-in-buffer/entries-written: 885/9999   #P:4')).toEqual([[-1, 9114]]);
    expect(count('# entries-in-buffer/entries-written: 885/885   #P:4')).toEqual([]);
  });

  it('lazily: what comes before a bad line is there', () => {
    const records = parseFtrace(`${TRACE}garbage\n`, 'trace');
    expect(records.next().value).toMatchObject({ index: 0 });
    expect(records.next().value).toMatchObject({ index: 1 });
    expect(() => records.next()).toThrow(ParseError);
  });
});

describe('parseFtrace refuses', () => {
  const NO_FTRACE = 'expected ftrace text (trace, trace_pipe or trace-cmd report)';

  it.each([
    ['perf script output', '         swapper     0 [000]  1234.567890: irq_vectors:vector_alloc: irq=24\n'],
    ['perf script output', 'sh 13521/13521 [002] d..1. 11435.906663: irq_vectors:vector_alloc: irq=24\n'],
    [
      'perf script output',
      '              sh 13521 11435.906663:     250000 cpu-clock:      7f8b63d0f62a x\n',
    ],
    ['perf trace output', '     0.000 ( 0.010 ms): cat/1234 openat(dfd: CWD, filename: "x") = 3\n'],
    ['blktrace output', '  8,0    3        1     0.000000000   697  G   W 223490 + 8 [kjournald]\n'],
    ['strace output', 'execve("/bin/true", ["true"], 0x7ffe /* 35 vars */) = 0\n'],
    ['strace output', '13510 17:57:44.041640 execve("/usr/bin/sh", ["sh"], 0x7ffe) = 0\n'],
    ['strace output', '[pid  1234] read(3, "", 4096) = 0\n'],
    ['dmesg output', '[    0.000000] Linux version 6.1.0\n'],
    ['dmesg output', '[Sun Nov 22 14:47:08 2026] Linux version 6.1.0\n'],
    ['JSON', '{"traceEvents": []}\n'],
    ['JSON', '[\n  {}\n]\n'],
    ['HTML or XML', '<!DOCTYPE html>\n'],
    ['a binary perf.data', 'PERFILE2h\u0000\u0000\n'],
    ['a binary trace.dat (trace-cmd report prints it)', '\u0017\u0008Dtracing6\u0000\u0000\n'],
    ['function_graph output', `${HEADER} 0)   1.234 us    |  do_it();\n`],
    ['the latency format (no [CPU] column)', '    bash-1234    0d..1. 1234.567890: x: y\n'],
  ])('%s', (name, text) => {
    expect(messageOf(text)).toContain(`${NO_FTRACE}, not ${name}, found "`);
    expect(messageOf(text)).not.toMatch(/\p{Cc}/u);
  });

  it('an empty text, a header without events, and anything else', () => {
    expect(messageOf('')).toBe(`trace:1:1: ${NO_FTRACE}; the file is empty, found ""`);
    expect(messageOf('\n \n')).toBe(`trace:2:1: ${NO_FTRACE}; the file is empty, found ""`);
    const headerOnly = 'trace:4:1: expected events below the header; there are none, found ""';
    expect(messageOf(HEADER)).toBe(headerOnly);
    expect(messageOf('version = 7\ncpus=4\n')).toContain('events below the header; there are none');
    expect(messageOf('  hello\n')).toBe(`trace:1:3: ${NO_FTRACE}, found "hello"`);
  });

  it('garbage in the middle, with its place', () => {
    const messageAfter = (line: string): string => messageOf(`${TRACE}${line}\n${RESERVE}`);
    const head = '             lab-133     [002] ';
    expect(messageAfter('  \u001b[31mgarbage')).toBe(
      'trace:7:3: expected a record like "init-1 [001] d..1. 12.345678: event: text", found "·[31mgarbage"',
    );
    expect(messageAfter(' => a [b]')).toBe('nothing');
    expect(messageAfter('             lab-133     [9999] ...1. 1: x: y')).toBe(
      'trace:7:27: expected a CPU number below 8192, found "9999] ...1. 1: x: y"',
    );
    expect(messageAfter(`${head}(...) 1: x: y`)).toBe(
      'trace:7:32: expected flags like "d..1.", or a time stamp and ":", found "(...) 1: x: y"',
    );
    expect(messageAfter(`${head}...1. 1.2.3: x: y`)).toBe(
      'trace:7:38: expected a time stamp and ":", found "1.2.3: x: y"',
    );
    expect(messageAfter(`${head}...1. 12: vector_alloc`)).toBe(
      'trace:7:42: expected an event name and ":", found "vector_alloc"',
    );
    expect(messageAfter(`${head}...1. 12:`)).toBe('trace:7:41: expected an event name and ":", found ""');
    expect(
      messageAfter('             lab-133     [002] d..             lab-133     [002] ...1. 12: x: y'),
    ).toContain('trace:7:48: expected a time stamp and ":"');
    expect(messageAfter(`x${'-1 '.repeat(100)}`)).toContain('found "x-1 -1 -1');
  });

  it('a last line that is cut, wherever it is cut', () => {
    const last =
      '          <idle>-0       [000] d..2.   73: vector_config: irq=1 vector=239 cpu=0 apicdest=0x00000001';
    const whole = last.length;
    const firstWord = last.search(/\S/);
    // From here on only a figure is shorter: that cannot be told.
    const figure = last.indexOf('0x') + 1;
    for (let length = firstWord + 1; length < whole; length++) {
      const message = messageOf(TRACE + last.slice(0, length));
      if (length >= figure && !last.slice(0, length).endsWith('x'))
        expect(message, last.slice(0, length)).toBe('nothing');
      else
        expect(message).toBe(
          `trace:7:${length + 1}: expected a whole record; the trace ends in the middle of a line, found ""`,
        );
    }
    expect(messageOf(TRACE + last)).toBe('nothing');
    expect(messageOf(last.slice(0, 60))).toContain('the trace ends in the middle of a line');
  });
});

describe('parseFtrace and any record', () => {
  const TASK = fc.string({ unit: 'grapheme-ascii', maxLength: 15 }).map((task) => task.trimStart());
  const TEXT = fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).map((text) => text.trimStart());
  const RECORD = fc.record({
    task: TASK,
    pid: fc.nat(4194304),
    cpu: fc.nat(8191),
    flags: fc.stringMatching(/^[.dDXb][.NnpLl][.hHsZ][.1-9a-f][.1-9]?$/),
    timestamp: fc.stringMatching(/^\d{1,9}(?:\.\d{6}|\.\d{9})?$/),
    event: fc.stringMatching(/^[a-z]\w{0,24}$/),
    text: TEXT,
  });
  type Columns = Omit<TraceRecord, 'kind' | 'file' | 'line' | 'index' | 'column'>;
  const cpuOf = ({ cpu }: Columns): string => `[${`${cpu}`.padStart(3, '0')}]`;
  const FORMS: readonly ((record: Columns) => string)[] = [
    (r) =>
      `${r.task.padStart(16)}-${`${r.pid}`.padEnd(7)} ${cpuOf(r)} ${r.flags} ${r.timestamp.padStart(12)}: ${r.event}: ${r.text}`,
    (r) =>
      `${r.task.padStart(16)}-${`${r.pid}`.padEnd(7)} (${`${r.pid}`.padStart(7)}) ${cpuOf(r)} ${r.flags} ${r.timestamp.padStart(12)}: ${r.event}: ${r.text}`,
    (r) =>
      `${r.task.padStart(16)}-${`${r.pid}`.padEnd(5)} ${cpuOf(r)} ${r.flags} ${r.timestamp.padStart(12)}: ${`${r.event}:`.padEnd(21)} ${r.text}`,
  ];

  it('give its columns, in every form', () => {
    fc.assert(
      fc.property(RECORD, fc.constantFrom(...FORMS), (record, format) => {
        // A "print" of a trace mark is read as the mark.
        fc.pre(record.event !== 'print');
        expect(one(format(record))).toMatchObject(record);
      }),
      { numRuns: 3000 },
    );
  });

  it('lose no line: each is an event, or the parser stops', () => {
    const lines = fc.array(fc.tuple(RECORD, fc.constantFrom(...FORMS)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lines, (some) => {
        const text = some.map(([record, format]) => `${format(record)}\n`).join('');
        expect(events(text).map(({ line }) => line)).toEqual(some.map((_, index) => index + 1));
      }),
      { numRuns: 300 },
    );
  });
});
