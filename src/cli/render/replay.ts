import type { ReplayAnswer } from '../../format/replay.ts';
import type { Output } from '../output.ts';
import { styleFor } from './style.ts';
import { printableAnswer, wrap } from './text.ts';

/** Divergences shown to people; JSON has more. */
const SHOWN = 10;

export function renderReplay(answer: ReplayAnswer, out: Output): string {
  const a = printableAnswer(answer);
  const style = styleFor(out.color);
  const release = a.kernel.release === undefined ? '' : `kernel ${a.kernel.release}, `;
  const compared = a.checkedCounters + a.predicted + a.checkedWrites > 0;
  const verdict =
    a.divergenceCount === 0
      ? compared
        ? style.good('the model and the kernel agree')
        : style.warn('nothing could be compared')
      : style.bad(`${a.divergenceCount} ${plural(a.divergenceCount, 'divergence')}`);
  const lines = [
    ...wrap(`${a.source}: ${release}rules of ${a.kernel.profile}: ${verdict}`, out.columns, '  '),
    ...wrap(
      `${a.decisions} decisions in ${a.events} events: ${a.predicted} predicted (${percent(a.predicted, a.decisions)})${later(a)}${a.diverged === 0 ? '' : `, ${a.diverged} diverged`}`,
      out.columns,
      '  ',
    ),
    ...wrap(
      `checked: ${a.checkedCounters} counters, ${a.checkedSnapshots} snapshots, ${a.checkedWrites} writes, ${a.checkedMessages} kernel messages`,
      out.columns,
      '  ',
    ),
    ...listed('not predictable:', a.unpredictable, out.columns),
    ...listed('shown only by a later snapshot:', a.learnt, out.columns),
    ...(a.resyncs.length === 0 ? [] : ['lost:']),
    ...a.resyncs.map(({ index, cause }) => `  ${cause} before event ${index}`),
    ...a.divergences.slice(0, SHOWN).flatMap((divergence) => divergenceLines(divergence, out)),
    ...(a.divergenceCount > SHOWN ? [`… and ${a.divergenceCount - SHOWN} more; --json lists up to 100`] : []),
    ...(a.kernel.assumption === undefined
      ? []
      : wrap(style.dim(`note: ${a.kernel.assumption}`), out.columns, '  ')),
  ];
  return `${lines.join('\n')}\n`;
}

function later({ predictedWithLearntMask: count }: ReplayAnswer): string {
  return count === 0 ? '' : `, ${count} of them with a mask that only a later snapshot or log tells`;
}

function divergenceLines(
  { index, line, event, expected, observed }: ReplayAnswer['divergences'][number],
  { columns, color }: Output,
): string[] {
  const style = styleFor(color);
  const where = line === undefined ? `event ${index}` : `event ${index}, line ${line}`;
  return [
    style.bad(`${where}: ${event}`),
    ...wrap(`  the model: ${expected}`, columns, '    '),
    ...wrap(`  the record: ${observed}`, columns, '    '),
    ...differing(expected, observed).flatMap((text) => wrap(`  ${text}`, columns, '    ')),
  ];
}

/** Of two events of the same kind, the fields that are not the same. */
function differing(expected: string, observed: string): string[] {
  const fields = (text: string): Map<string, string> =>
    new Map([...text.matchAll(/(\w+)=(\S+?),?(?=\s|$)/g)].map(([, key = '', value = '']) => [key, value]));
  const [ours, theirs] = [fields(expected), fields(observed)];
  const pairs = [...ours].flatMap(([key, value]) => {
    const seen = theirs.get(key);
    return seen === undefined || seen === value ? [] : [`${key} ${value}, recorded ${seen}`];
  });
  return pairs.length === 0 ? [] : [`differs: ${pairs.join('; ')}`];
}

function listed(
  title: string,
  items: readonly { cause: string; count: number }[],
  columns: number,
): string[] {
  if (items.length === 0) return [];
  return [title, ...items.flatMap(({ cause, count }) => wrap(`  ${count} × ${cause}`, columns, '    '))];
}

function percent(part: number, whole: number): string {
  if (whole === 0) return 'none';
  // Not rounded up: 100 % is all of them.
  return `${Math.floor((part / whole) * 1000) / 10} %`;
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}
