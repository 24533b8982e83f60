/**
 * Who gives a replay less must get less from it, never something wrong: recordings of real kernels with snapshots left
 * out, kprobes left out, only their middle, or events lost. The model is right about them, so nothing may diverge.
 */
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../src/host/open-recording.ts';
import { CAUSE } from '../../src/replay/causes.ts';
import { type ReplayInput, replay } from '../../src/replay/replay.ts';
import type { Tally } from '../../src/replay/tally.ts';
import { CAPTURES, capturePath, replayInputOf } from './recording.ts';
import { seeded } from './trace-mutations.ts';

const CASES = ['small-6.1', 'small-debugfs', 'afferrir-debugfs', 'sriov-6.1'];
const SNAP = /tracing_mark_write: LAB mark snap (\S+)/;

/** A replay of it, which must have predicted or not, but not be wrong. */
function less(input: ReplayInput, change: Partial<ReplayInput>, what: string): Tally {
  const { tally } = replay({ ...input, ...change });
  expect(tally.divergences, what).toEqual([]);
  const open = [...tally.unpredictable.values()].reduce((sum, n) => sum + n, 0);
  expect(tally.predicted + open, what).toBe(tally.decisions);
  return tally;
}

/** As a ring buffer loses them: the next event of that CPU comes with a note of how many there were. */
function withLoss(lines: readonly string[], at: number, length: number, cpu: number): string[] | undefined {
  const column = `[${`${cpu}`.padStart(3, '0')}]`;
  const isOfCpu = (line: string): boolean => line.includes(column);
  const window = lines.slice(at, at + length);
  const next = lines.findIndex((line, n) => n >= at + length && isOfCpu(line));
  const lost = window.filter(isOfCpu).length;
  if (lost === 0 || next < 0) return undefined;
  return [
    ...lines.slice(0, at),
    ...window.filter((line) => !isOfCpu(line)),
    ...lines.slice(at + length, next),
    `CPU:${cpu} [LOST ${lost} EVENTS]`,
    ...lines.slice(next),
  ];
}

describe.skipIf(CAPTURES === undefined).each(CASES)(
  'a replay of %s (needs ../shared) is not wrong',
  (name) => {
    const load = (): { input: ReturnType<typeof replayInputOf>; lines: string[] } => {
      const input = replayInputOf(openRecording(capturePath(name)));
      return { input, lines: input.trace.split('\n') };
    };

    it('with some of its snapshots, or only the last', () => {
      const { input } = load();
      const below = seeded(7);
      for (let n = 0; n < 5; n++) {
        const snapshots = input.snapshots.filter(
          (_, at) => at === input.snapshots.length - 1 || (n > 0 && below(3) === 0),
        );
        less(input, { snapshots }, snapshots.map((snapshot) => snapshot.name).join());
      }
    });

    it('without kprobes', () => {
      const { input, lines } = load();
      const trace = lines.filter((line) => !/: k_\w+: /.test(line)).join('\n');
      expect(less(input, { trace }, 'no kprobes').predicted).toBe(replay(input).tally.predicted);
    });

    it('from one snapshot to a later one, without marks', () => {
      const { input, lines } = load();
      const marks = lines.flatMap((line, at) =>
        SNAP.test(line) ? [{ at, snap: SNAP.exec(line)?.[1] ?? '' }] : [],
      );
      const header = lines.filter((line) => line.startsWith('#'));
      const [after] = marks.slice(-1);
      if (after === undefined) throw new Error('no marks');
      for (const before of marks.slice(0, -1)) {
        const stretch = lines.slice(before.at + 1, after.at).filter((line) => !line.includes(': LAB '));
        if (!stretch.some((line) => line.includes(': irq_matrix_'))) continue;
        const named = (snap: string) => input.snapshots.filter((snapshot) => snapshot.name === snap);
        const trace = [...header, ...stretch, ''].join('\n');
        const change = { trace, ops: [], log: undefined };
        less(input, { ...change, snapshots: named(before.snap) }, `from ${before.snap}`);
        const snapshots = [...named(before.snap), ...named(after.snap)];
        less(input, { ...change, snapshots }, `from ${before.snap} to ${after.snap}`);
      }
    });

    it('where a CPU has lost events', () => {
      const { input, lines } = load();
      const below = seeded(11);
      let losses = 0;
      for (let n = 0; n < 12; n++) {
        const at = 60 + below(lines.length - 100);
        const cpu = Number(/\[(\d+)\]/.exec(lines[at] ?? '')?.[1] ?? 0);
        const lossy = withLoss(lines, at, [3, 30, 300][n % 3] ?? 0, cpu);
        if (lossy === undefined) continue;
        losses++;
        const { resyncs, unpredictable, predicted } = less(
          input,
          { trace: lossy.join('\n') },
          `CPU ${cpu} at line ${at}`,
        );
        expect(resyncs).toHaveLength(1);
        if (predicted < replay(input).tally.predicted) {
          expect(
            [...unpredictable.keys()].filter((cause) => cause === CAUSE.lost || cause === CAUSE.vectors),
          ).not.toEqual([]);
        }
      }
      expect(losses).toBeGreaterThan(3);
    });
  },
);

/** As a kernel writes it with the option irq-info switched off, or an old `trace-cmd report`. */
function withoutFlags(trace: string): string {
  return trace.replace(/^(.{16}-\d+ +\[\d+\]) \S{5} /gm, '$1 ');
}

/** The lab says what it does no more; where it takes its snapshots it still does. */
function withoutWrites(trace: string): string {
  return trace.replace(/^.*: tracing_mark_write: LAB (?:op|res) .*\n/gm, '');
}

describe.skipIf(CAPTURES === undefined)('a replay (needs ../shared)', () => {
  it.each([...CASES, 'exhaustir-6.12', 'afferr-6.1', 'afferrir-7.2'])(
    'of %s tells what happened in interrupts by itself',
    (name) => {
      const input = replayInputOf(openRecording(capturePath(name)));
      const trace = withoutFlags(input.trace);
      expect(trace).not.toMatch(/\] \S{5} +\d+: \w/);
      const { predicted, checkedCounters } = replay(input).tally;
      expect(less(input, { trace }, 'no flags')).toMatchObject({ predicted, checkedCounters });
    },
  );

  it.each([
    { name: 'small-6.12', causes: [] },
    { name: 'small-7.2', causes: [] },
    // Seven CPUs one after the other, and nothing between them: which was the first is not told.
    { name: 'sriov-6.1', causes: [CAUSE.vectors] },
    { name: 'afferrir-5.10', causes: [CAUSE.written] },
    { name: 'afferrir-7.2', causes: [CAUSE.written] },
    // The log tells of a CPU that was refused, and a default affinity was changed for a while.
    { name: 'exhaust-6.1', causes: [CAUSE.byDefault] },
    { name: 'exhaust2ir-6.1', causes: [CAUSE.byDefault, CAUSE.refused] },
  ])('of $name without the writes has causes for what it does not predict', ({ name, causes }) => {
    const input = replayInputOf(openRecording(capturePath(name)));
    const trace = withoutWrites(input.trace);
    const tally = less(input, { trace, ops: [] }, 'no writes');
    expect([...tally.unpredictable.keys()].sort()).toEqual([...causes].sort());
    expect(tally.predicted).toBeGreaterThan(0.7 * tally.decisions);
  });

  it('of afferr-6.1 without most snapshots does not know which interrupts have arrived', () => {
    const input = replayInputOf(openRecording(capturePath('afferr-6.1')));
    const [first, last] = [input.snapshots.slice(0, 1), input.snapshots.slice(-1)];
    for (const snapshots of [first, [...first, ...last]]) {
      const { unpredictable } = less(input, { snapshots }, `${snapshots.length} snapshots`);
      expect([...unpredictable]).toEqual([[CAUSE.arrived, 1]]);
    }
  });
});
