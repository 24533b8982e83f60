import type { Explain } from '../../format/explain.ts';
import type { Output } from '../output.ts';
import { styleFor } from './style.ts';
import { printableAnswer, shortenLists, wrap } from './text.ts';

/** One sentence a line: who owns it, where it is and may go, what happens when its CPU goes. */
export function renderExplain(answer: Explain, out: Output): string {
  const { irq, facts, whenCpuGoes } = printableAnswer(answer);
  const label = `IRQ ${irq.irq}`;
  const [owner = '', ...more] = [...facts, ...(whenCpuGoes === undefined ? [] : [whenCpuGoes])];
  const head = wrap(`${label}: ${owner}`, out.columns, '  ').join('\n');
  const lines = more.flatMap((fact) => wrap(`  ${shortenLists(fact)}`, out.columns, '    '));
  return `${[`${styleFor(out.color).bold(label)}${head.slice(label.length)}`, ...lines].join('\n')}\n`;
}
