/** A snapshot is taken by a task of its own: other CPUs may be in the middle of something. */
import { expect, it } from 'vitest';
import { openRecording } from '../../src/host/open-recording.ts';
import { replay } from '../../src/replay/replay.ts';
import { CAPTURES, capturePath, replayInputOf } from './recording.ts';

/** The CPU, the event and the mark of a line of the trace. */
const LINE = /^ *\S+ +\[(\d+)\] \S+ +\d+: (\w+): (LAB mark snap .*)?/;

/** Marks one event earlier, where that is the last of several under the vector lock of another CPU. */
function marksEarlier(trace: string): { readonly text: string; readonly moved: number } {
  const lines = trace.split('\n');
  let moved = 0;
  for (const [at, line] of lines.entries()) {
    const [, cpu, , mark] = LINE.exec(line) ?? [];
    const [, other, event] = LINE.exec(lines[at - 1] ?? '') ?? [];
    if (mark === undefined || other === cpu || event !== 'irq_matrix_free') continue;
    [lines[at - 1], lines[at]] = [line, lines[at - 1] ?? ''];
    moved++;
  }
  return { text: lines.join('\n'), moved };
}

it.skipIf(CAPTURES === undefined)(
  'a mark between two events of another CPU under the vector lock is no divergence (needs ../shared)',
  () => {
    const input = replayInputOf(openRecording(capturePath('small-5.10')));
    const { text, moved } = marksEarlier(input.trace);
    expect(moved).toBeGreaterThan(0);
    expect(replay({ ...input, trace: text }).tally.divergences).toEqual([]);
  },
);
