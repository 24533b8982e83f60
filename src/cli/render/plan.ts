import { plural } from '../../base/plural.ts';
import { formatRange } from '../../base/range.ts';
import type { Plan } from '../../format/plan.ts';
import type { Output } from '../output.ts';
import { type Style, styleFor } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { printableAnswer, shortenLists, wrap } from './text.ts';

/** Longer plans are summed up; the file has all of them. */
const WRITES_SHOWN = 40;

const COLUMNS: readonly Column[] = [
  { title: 'IRQ', align: 'right' },
  { title: 'name', align: 'left' },
  { title: 'mask', align: 'left' },
  { title: 'CPU', align: 'left' },
  { title: 'why', align: 'left' },
];

/** The verdict, the writes, what is left and why. `file`: where the plan was written. */
export function renderPlan(answer: Plan, file: string | undefined, out: Output): string {
  const plan = printableAnswer(answer);
  const style = styleFor(out.color);
  const dim = (lines: readonly string[]): string[] =>
    lines.flatMap((line) => wrap(shortenLists(line), out.columns, '  ')).map(style.dim);
  const blocks = [
    [...verdict(plan, out, style), ...figures(plan, out)],
    writesTable(plan, out),
    leftLines(plan, out),
    dim([
      ...(plan.kernel.assumption === undefined ? [] : [`note: ${plan.kernel.assumption}`]),
      ...plan.notes.map((note) => `note: ${note}`),
      ...plan.doubts.map((doubt) => `not certain: ${doubt}`),
    ]),
    file === undefined ? [] : [`written to ${file}: irqspace apply ${file}`],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function verdict({ feasible, shortage, writes, goal }: Plan, out: Output, style: Style): string[] {
  if (shortage !== undefined) {
    const head = feasible === false ? 'Infeasible: ' : 'It cannot be decided: ';
    const paint = feasible === false ? style.bad : style.warn;
    return [
      ...wrap(`${head}${shortenLists(shortage.text)}.`, out.columns).map(paint),
      ...shortage.remedies.flatMap((remedy) => wrap(`  it would fit with: ${remedy}`, out.columns, '    ')),
    ];
  }
  if (writes.length === 0)
    return [style.good(`Nothing to write: ${goal.kind} is reached as far as it can be.`)];
  const waiting = writes.filter(({ moves }) => moves === 'next-interrupt').length;
  const staying = writes.filter(({ moves }) => moves === 'stays').length;
  const parts = [
    ...(waiting > 0
      ? [
          waiting === 1
            ? '1 takes effect with its next interrupt'
            : `${waiting} take effect with their next interrupt`,
        ]
      : []),
    ...(staying > 0 ? [`${staying} change${staying === 1 ? 's' : ''} the mask alone`] : []),
  ];
  const more = parts.length === 0 ? '' : `; ${parts.join(', ')}`;
  return wrap(`${plural(writes.length, 'write')}, all of which the kernel accepts${more}.`, out.columns).map(
    style.good,
  );
}

/** The CPU with the least left, and the fullest one, before and after. */
function figures({ cpus, writes, measured }: Plan, out: Output): string[] {
  if (writes.length === 0) return [];
  const low = (of: 'before' | 'after'): string => {
    const [first, ...rest] = cpus;
    if (first === undefined) return '';
    const least = rest.reduce(
      (best, cpu) => (cpu.available[of].min < best.available[of].min ? cpu : best),
      first,
    );
    return `${formatRange(least.available[of])} on CPU ${least.cpu}`;
  };
  const most = (of: 'before' | 'after'): number => Math.max(...cpus.map(({ load }) => load?.[of] ?? 0));
  const total = cpus.reduce((sum, { load }) => sum + (load?.after ?? 0), 0);
  const share = (load: number): string => `${Math.round((100 * load * cpus.length) / total)} %`;
  return [
    ...wrap(`the fewest vectors left: ${low('before')}, afterwards ${low('after')}`, out.columns, '  '),
    ...(measured === undefined || total === 0
      ? []
      : [`the busiest CPU: ${share(most('before'))} of the mean, afterwards ${share(most('after'))}`]),
  ];
}

function writesTable({ writes }: Plan, out: Output): string[] {
  if (writes.length === 0) return [];
  const rows = writes
    .slice(0, WRITES_SHOWN)
    .map(({ irq, name, from, to, cpu, toCpu, moves, reason }) => [
      String(irq),
      name,
      shortenLists(`${from} → ${to}`),
      moves === 'stays' ? String(cpu) : `${cpu} → ${toCpu ?? 'any'}`,
      shortenLists(reason),
    ]);
  const hidden = writes.length - rows.length;
  return [
    ...renderTable(COLUMNS, rows, out.columns),
    ...(hidden > 0 ? [`  … and ${hidden} more (--json, or -o FILE, has all)`] : []),
  ];
}

function leftLines({ left }: Plan, out: Output): string[] {
  return left.flatMap(({ count, irqs, text, against }) => {
    const stay = against === undefined ? '' : `; IRQ ${against} would have to go`;
    return wrap(
      shortenLists(`left: ${plural(count, 'interrupt')}, IRQ ${irqs}: ${text}${stay}`),
      out.columns,
      '  ',
    );
  });
}
