import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ReplayAnswer, replayAnswer } from '../../src/format/replay.ts';
import { CAUSE } from '../../src/replay/causes.ts';
import {
  asTraceCmd,
  CAPTURE,
  lineWith,
  MIDDLE,
  SNAPSHOTS,
  snapshot,
  TRACES,
  traceFile,
  traceLines,
} from './recordings.ts';
import { irqspace, jsonOf, MAIN, type Ran, run } from './run.ts';

/** The JSON answer, which the schema must accept. */
function answerOf(ran: Ran): ReplayAnswer {
  expect(ran.code).toBe(0);
  return replayAnswer.parse(jsonOf(ran));
}

const replayed = (...args: readonly string[]): ReplayAnswer =>
  answerOf(irqspace('replay', ...args, '--json'));

/** All of the capture is predicted, and nothing differs. */
const ALL = { decisions: 67, predicted: 67, unpredictable: [], divergences: [], resyncs: [], events: 542 };

/** The trace between two of its marks, without any mark. */
function between(from: string, to: string): string[] {
  const lines = traceLines();
  const inside = lines.slice(lineWith(lines, `snap ${from}`) + 1, lineWith(lines, `snap ${to}`));
  return [
    ...lines.filter((line) => line.startsWith('#')),
    ...inside.filter((line) => !line.includes(': LAB ')),
    '',
  ];
}

describe('irqspace replay of a capture', () => {
  it('says in the first lines whether model and kernel agree, and what that rests on', () => {
    const { stdout, stderr, code } = run(process.execPath, [MAIN, 'replay', 'small-6.1'], { cwd: TRACES });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toBe(
      [
        'small-6.1: kernel 6.1.0-56-amd64, rules of 6.1: the model and the kernel agree',
        '67 decisions in 542 events: 67 predicted (100 %)',
        'checked: 905 counters, 3 snapshots, 6 writes, 0 kernel messages',
        'shown only by a later snapshot:',
        '  8 × an affinity that a driver or irqbalance set where the interrupt was: no event',
        '',
      ].join('\n'),
    );
  });

  it('has the keys of the contract in JSON', () => {
    const json = jsonOf(irqspace('replay', CAPTURE, '--json'));
    expect(json).toMatchObject({
      ...ALL,
      kind: 'replay',
      version: 1,
      source: CAPTURE,
      kernel: { release: '6.1.0-56-amd64', profile: '6.1' },
      checkedCounters: 905,
      checkedSnapshots: 3,
      checkedWrites: 6,
      learnt: [{ count: 8 }],
    });
    expect(replayAnswer.strict().parse(json)).toEqual(json);
  });

  it('is the same from its parts: the trace, and snapshots with or without --root', () => {
    const trace = join(CAPTURE, 'trace.txt.gz');
    const [first = '', second = '', third = ''] = SNAPSHOTS;
    const named = replayed(trace, '--root', first, '--root', second, '--root', third);
    expect(named).toMatchObject({ ...ALL, checkedSnapshots: 3, checkedWrites: 6 });
    expect(replayed(trace, ...SNAPSHOTS)).toEqual(named);
    expect(replayed(trace, second, third, '--root', first)).toEqual(named);
  });
});

describe('irqspace replay of a trace', () => {
  it('reads it plain, packed, from standard input and as trace-cmd reports it', () => {
    const lines = traceLines();
    const plain = traceFile(lines);
    expect(replayed(plain, ...SNAPSHOTS)).toMatchObject(ALL);
    expect(replayed(traceFile(gzipSync(lines.join('\n')), 't.gz'), ...SNAPSHOTS)).toMatchObject(ALL);
    expect(replayed(traceFile(asTraceCmd(lines), 'report'), ...SNAPSHOTS)).toMatchObject(ALL);
    const piped = run('sh', [
      '-c',
      `"$0" "$@" < ${plain}`,
      process.execPath,
      MAIN,
      'replay',
      '-',
      ...SNAPSHOTS,
      '--json',
    ]);
    expect(answerOf(piped)).toMatchObject({ ...ALL, source: 'standard input' });
  });

  it('claims less with only the state after it, where drivers have set masks unseen', () => {
    const { decisions, predicted, unpredictable, divergences } = replayed(
      traceFile(traceLines()),
      snapshot('11-final'),
    );
    expect(divergences).toEqual([]);
    expect(predicted).toBeGreaterThan(30);
    expect(predicted).toBeLessThan(decisions);
    expect(predicted + unpredictable.reduce((sum, { count }) => sum + count, 0)).toBe(decisions);
    expect(unpredictable.map(({ cause }) => cause)).toContain(CAUSE.written);
  });

  it('from the middle of a debugfs kernel’s is predicted in full from the state before', () => {
    const { trace, before, after } = MIDDLE;
    const both = replayed(trace, '--root', before, '--root', after);
    expect(both).toMatchObject({ decisions: 31, predicted: 31, unpredictable: [], divergences: [] });
    expect(both.checkedSnapshots).toBe(1);
    expect(replayed(trace, '--root', before)).toMatchObject({
      decisions: 31,
      predicted: 31,
      divergences: [],
    });
  });

  it('compares the writes of --ops, placed by their times', () => {
    const { trace, before, after, ops } = MIDDLE;
    expect(replayed(trace, before, after).checkedWrites).toBe(0);
    expect(replayed(trace, before, after, '--ops', ops)).toMatchObject({ checkedWrites: 6, divergences: [] });
    const lying = traceFile(readFileSync(ops, 'utf8').replace(/OK$/m, 'ENOSPC'), 'ops.log');
    const ran = irqspace('replay', trace, before, after, '--ops', lying, '--json');
    expect(ran.code).toBe(1);
    expect(replayAnswer.parse(jsonOf(ran)).divergences).toMatchObject([
      { event: 'write "0" to /sys/devices/system/cpu/cpu1/online', expected: 'OK', observed: 'ENOSPC' },
    ]);
  });

  it('from the middle of a stock kernel’s claims nothing that is not known', () => {
    const trace = traceFile(between('04-io', '11-final'));
    const { decisions, predicted, unpredictable, divergences } = replayed(
      trace,
      snapshot('04-io'),
      snapshot('11-final'),
    );
    expect(divergences).toEqual([]);
    expect(predicted).toBe(0);
    // Three CPUs go and nothing tells which was the first: what they did themselves is not counted.
    expect(unpredictable).toEqual([{ cause: CAUSE.order, count: decisions }]);
    expect(decisions).toBeGreaterThanOrEqual(6);
  });
});

describe('irqspace replay of a trace that is not so', () => {
  /** The trace with one line changed. */
  function lying(from: RegExp, to: string): string {
    const lines = traceLines();
    const at = lines.findIndex((line) => from.test(line));
    return traceFile(lines.with(at, (lines[at] ?? '').replace(from, to)));
  }

  it('names the event, and what is expected there', () => {
    const ran = irqspace(
      'replay',
      lying(/vector_alloc: irq=24 vector=33/, 'vector_alloc: irq=24 vector=34'),
      ...SNAPSHOTS,
    );
    expect(ran.code).toBe(1);
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toContain(': 1 divergence\n');
    expect(ran.stdout).toMatch(/event \d+(?:, line \d+)?: vector_alloc\n/);
    expect(ran.stdout).toContain('  the model: vector_alloc: irq=24 vector=33 reserved=1 ret=0\n');
    expect(ran.stdout).toContain('  the record: vector_alloc: irq=24 vector=34 reserved=1 ret=0\n');
  });

  it('has it in JSON with exit code 1', () => {
    const trace = lying(/vector_alloc: irq=24 vector=33/, 'vector_alloc: irq=24 vector=34');
    const ran = irqspace('replay', trace, ...SNAPSHOTS, '--json');
    expect(ran.code).toBe(1);
    const { divergences, divergenceCount, decisions, predicted } = replayAnswer.parse(jsonOf(ran));
    expect(divergenceCount).toBe(1);
    expect([decisions, predicted]).toEqual([67, 66]);
    expect(divergences).toMatchObject([
      {
        event: 'vector_alloc',
        expected: 'vector_alloc: irq=24 vector=33 reserved=1 ret=0',
        observed: 'vector_alloc: irq=24 vector=34 reserved=1 ret=0',
      },
    ]);
    const [first] = divergences;
    const shown = traceLines().filter((line) => /^ .*\[\d+\]/.test(line))[first?.index ?? -1];
    expect(shown).toContain('vector_alloc: irq=24 vector=33');
  });

  it('shows ten of many divergences, and counts all', () => {
    let n = 0;
    const lies = traceLines().map((line) =>
      line.includes('vector_config') && ++n % 5 === 0 ? line.replace(/vector=\d+/, 'vector=77') : line,
    );
    const { stdout, code } = irqspace('replay', traceFile(lies), ...SNAPSHOTS);
    expect(code).toBe(1);
    expect(stdout.match(/^event \d+/gm)).toHaveLength(10);
    expect(stdout).toMatch(/\n… and \d+ more; --json lists up to 100\n/);
  });

  it('finds a write that answered otherwise, and a snapshot', () => {
    const write = irqspace('replay', lying(/(res write .*cpu2\/online 0 -> )OK/, '$1ENOSPC'), ...SNAPSHOTS);
    expect(write.code).toBe(1);
    expect(write.stdout).toContain('write "0" to /sys/devices/system/cpu/cpu2/online');
    const early = lying(/mark snap 11-final/, 'mark snap 04-io2');
    // CPUs 1 to 3 are offline in it, and online in the trace where its mark stands now.
    const moved = readFileSync(early, 'utf8').replace('mark snap 04-io ', 'mark snap 07-off3 ');
    const snap = irqspace('replay', traceFile(moved), snapshot('07-off3'));
    expect(snap.code).toBe(1);
    expect(snap.stdout).toContain('snapshot 07-off3: online CPUs');
  });
});

describe('irqspace replay where events were lost', () => {
  const lost = (): string => {
    const lines = traceLines();
    const at = lineWith(lines, 'snap 04-io') + 10;
    const cpu = Number(/\[(\d+)\]/.exec(lines[at] ?? '')?.[1]);
    return traceFile([...lines.slice(0, at), `CPU:${cpu} [LOST 12 EVENTS]`, ...lines.slice(at + 12)]);
  };

  it('answers as far as it goes, says so in one line, and exits with 2', () => {
    const ran = irqspace('replay', lost(), ...SNAPSHOTS);
    expect(ran.code).toBe(2);
    expect(ran.stdout).toMatch(/the model and the kernel\s+agree\n/);
    expect(ran.stdout).toMatch(/\nlost:\n {2}12 events lost before event \d+\n/);
    expect(ran.stderr).toMatch(/^irqspace: .*: 12 events lost before event \d+: [^\n]+\n$/);
  });

  it('has the places in JSON, and counts nothing as predicted that followed', () => {
    const ran = irqspace('replay', lost(), ...SNAPSHOTS, '--json');
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/^irqspace: [^\n]+\n$/);
    const answer = replayAnswer.parse(JSON.parse(ran.stdout));
    expect(answer.divergences).toEqual([]);
    expect(answer.resyncs).toMatchObject([{ cause: '12 events lost' }]);
    expect(answer.predicted).toBeGreaterThan(20);
    expect(answer.predicted).toBeLessThan(answer.decisions);
    expect(answer.unpredictable.map(({ cause }) => cause)).toContain(CAUSE.lost);
  });

  it('knows it from the header of a buffer that was overwritten', () => {
    const lines = traceLines();
    const events = lines.filter((line) => /\[\d+\]/.test(line) && !line.startsWith('#'));
    const header = `# entries-in-buffer/entries-written: 500/${events.length}   #P:4`;
    const ran = irqspace(
      'replay',
      traceFile(['# tracer: nop', header, ...events.slice(-500), '']),
      ...SNAPSHOTS,
      '--json',
    );
    expect(ran.code).toBe(2);
    const answer = replayAnswer.parse(JSON.parse(ran.stdout));
    expect(answer.divergences).toEqual([]);
    expect(answer.resyncs).toEqual([{ index: 0, cause: `${events.length - 500} events lost` }]);
  });
});
