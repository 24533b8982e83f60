import { plural } from '../../base/plural.ts';
import type { Explain } from '../../format/explain.ts';
import type { ExplainMessage } from '../../format/explain-message.ts';
import type { Output } from '../output.ts';
import { styleFor } from './style.ts';
import { printableAnswer, shortenLists, wrap } from './text.ts';

/** One sentence a line: who owns it, where it is and may go, what happens when its CPU goes. */
export function renderExplain(answer: Explain, out: Output): string {
  const { irq, facts, whenCpuGoes, journey } = printableAnswer(answer);
  const label = `IRQ ${irq.irq}`;
  const [owner = '', ...more] = [
    ...facts,
    ...(whenCpuGoes === undefined ? [] : [whenCpuGoes]),
    ...(journey === undefined ? [] : [journeyText(journey)]),
  ];
  const head = wrap(`${label}: ${owner}`, out.columns, '  ').join('\n');
  const lines = more.flatMap((fact) => wrap(`  ${shortenLists(fact)}`, out.columns, '    '));
  return `${[`${styleFor(out.color).bold(label)}${head.slice(label.length)}`, ...lines].join('\n')}\n`;
}

const ENDS = {
  moves: 'and so on',
  'mask-lost': 'where its mask is lost',
  'shut-down': 'then it is shut down',
  lost: 'then it is lost: no vector in its mask',
  refused: 'which the kernel does not let go',
  undecided: 'then it cannot be told',
  stays: 'which never goes',
} as const;

/** `as its CPUs go one after the other: CPU 1, 2, 3, then it is shut down`. */
function journeyText(journey: NonNullable<Explain['journey']>): string {
  const last = journey.at(-1);
  const stops = [
    journey[0]?.cpu,
    ...journey.flatMap(({ to, cpu }) => (to === null || to === cpu ? [] : [to])),
  ];
  return `as its CPUs go one after the other: CPU ${stops.join(', ')}, ${ENDS[last?.outcome ?? 'undecided']}`;
}

/** Message by message: what it says, what it means here, what to do. */
export function renderMessages(answer: ExplainMessage, out: Output): string {
  const { messages, read, unknown } = printableAnswer(answer);
  const style = styleFor(out.color);
  const blocks = messages.map(({ text, count, from, means, todo, facts }) => {
    const lines = (sign: string, texts: readonly string[]): string[] =>
      texts.flatMap((line) => wrap(`  ${sign} ${shortenLists(line)}`, out.columns, '    '));
    return [
      // The line stays in one piece: it is searched for.
      `${style.bold(text)}${count > 1 ? ` (${count} times)` : ''}`,
      ...wrap(`  ${from}: ${means}`, out.columns, '    '),
      ...lines('>', todo),
      ...lines('*', facts),
    ].join('\n');
  });
  const rest = unknown === 0 ? [] : [`${plural(unknown, 'line')} of ${read} not known to irqspace`];
  return `${[...blocks, ...rest].join('\n\n')}\n`;
}
