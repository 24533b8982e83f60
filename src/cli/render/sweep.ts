/** Where it breaks: a row per policy, a column per combination of the other dimensions. */
import { plural } from '../../base/plural.ts';
import type { ComparedFailure } from '../../format/compare.ts';
import type { SweepAnswer, SweepCell } from '../../format/sweep.ts';
import type { Output } from '../output.ts';
import { type Style, styleFor } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { printableAnswer, wrap } from './text.ts';

/** More combinations than this are counted, not listed. */
const MOST_COLUMNS = 24;

export function renderSweep(answer: SweepAnswer, out: Output): string {
  const a = printableAnswer(answer);
  const style = styleFor(out.color);
  const sought = a.dimensions.find(({ isSought }) => isSought);
  const columns = a.policies[0]?.cells.length ?? 0;
  const table =
    sought === undefined || columns > MOST_COLUMNS
      ? counted(a, sought === undefined)
      : listed(a, sought.name);
  const blocks = [
    wrap(headOf(a), out.columns, '  '),
    table,
    ...(sought === undefined ? [] : [legend(sought.name, out, style)]),
    reasons(a, out, style),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function headOf({ source, kernel, dimensions, scenarios }: SweepAnswer): string {
  const ranges = dimensions.map(({ name, values, isSought }) => {
    const [first = 0, last = first] = [values[0], values.at(-1)];
    if (isSought || values.length > 4) return `${name} ${first} to ${last}`;
    return `${name} ${values.join(', ')}`;
  });
  return `${source}: rules of ${kernel.profile}; ${ranges.join('; ')}; ${plural(scenarios, 'scenario')} run`;
}

const POLICY: Column = { title: 'policy', align: 'left' };

function listed({ policies, dimensions }: SweepAnswer, sought: string): string[] {
  const others = dimensions.filter(({ isSought }) => !isSought);
  const titles = policies[0]?.cells.map(({ at }) =>
    others.length === 0 ? sought : at.map((value, n) => `${others[n]?.name}=${value}`).join(' '),
  );
  return renderTable(
    [POLICY, ...(titles ?? []).map((title): Column => ({ title, align: 'right' }))],
    policies.map(({ policy, cells }) => [policy, ...cells.map(cellText)]),
  );
}

/** `all`, `none`, `..7` (works up to 7), `8..` (from 8 on), `..7 12..`. */
export function cellText({ turns }: SweepCell): string {
  const [first] = turns;
  if (turns.length === 1) return first?.failure === undefined ? 'all' : 'none';
  const parts = turns.map(({ value, failure }, at) => {
    if (failure !== undefined) return '';
    const end = turns[at + 1];
    return `${at === 0 ? '' : value}..${end === undefined ? '' : end.value - 1}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}

function counted({ policies }: SweepAnswer, isGrid: boolean): string[] {
  const titles = isGrid ? ['scenarios', 'work', 'fail'] : ['lines', 'always work', 'break'];
  return renderTable(
    [POLICY, ...titles.map((title): Column => ({ title, align: 'right' }))],
    policies.map(({ policy, cells }) => {
      const good = cells.filter(({ turns }) => turns.every(({ failure }) => failure === undefined)).length;
      return [policy, ...[cells.length, good, cells.length - good].map(String)];
    }),
  );
}

function legend(sought: string, out: Output, style: Style): string[] {
  const text = `..7: ${sought} up to 7 works; 8..: from 8 on; all, none: nothing in the range fails, everything does`;
  return wrap(`  ${text}`, out.columns, '  ').map(style.dim);
}

/** The first failure of each policy, in the order of the combinations. */
function reasons({ policies, dimensions }: SweepAnswer, out: Output, style: Style): string[] {
  const width = Math.max(0, ...policies.map(({ policy }) => policy.length));
  return policies.flatMap(({ policy, cells }) => {
    const label = `  ${policy.padEnd(width)}  `;
    const found = cells.flatMap(({ at, turns }) =>
      turns.flatMap(({ value, failure }) => (failure === undefined ? [] : [{ at, value, failure }])),
    )[0];
    if (found === undefined) return [`${label}${style.good('nothing fails')}`];
    let other = 0;
    const where = dimensions.map(
      ({ name, isSought }) => `${name}=${isSought ? found.value : (found.at[other++] ?? '')}`,
    );
    const text = `${where.join(' ')}: ${failureWords(found.failure)}`;
    return wrap(text, out.columns - label.length).map(
      (line, at) => `${at === 0 ? label : ' '.repeat(label.length)}${style.bad(line)}`,
    );
  });
}

function failureWords({ target, step, errno, says }: ComparedFailure): string {
  return [`step ${step}${target === '' ? '' : ` ${target}`}`, errno, says]
    .filter((part) => part !== '')
    .join(': ');
}
