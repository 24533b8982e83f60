import { plural } from '../../base/plural.ts';
import type { SimulateAnswer, SimulatedOperation } from '../../format/simulate.ts';
import type { Output } from '../output.ts';
import { renderReport } from './report.ts';
import { type Style, styleFor } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { clip, printableAnswer, wrap } from './text.ts';
import { renderMap } from './vector-map.ts';

export interface SimulateView {
  readonly map: boolean;
  readonly events: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'step', align: 'right' },
  { title: 'what', align: 'left' },
  { title: 'target', align: 'left' },
  { title: 'result', align: 'left' },
  { title: '', align: 'left' },
];

/** What happened, step by step, then the state at the end as `report` shows it. */
export function renderSimulate(answer: SimulateAnswer, view: SimulateView, out: Output): string {
  const a = printableAnswer(answer);
  const style = styleFor(out.color);
  const blocks = [
    verdict(a, out, style),
    ...(a.operations.length === 0 ? [] : [operations(a.operations, view, out, style)]),
    ...(view.map
      ? a.snapshots.map(({ name, state }) => [style.bold(`${name}:`), ...renderMap(state, out)])
      : []),
    ...(view.map ? [renderMap(a.state, out)] : []),
    ordersNote(a, out),
  ];
  const texts = [...blocks, sleepNote(a, out)].filter((lines) => lines.length > 0);
  return `${texts.map((lines) => lines.join('\n')).join('\n\n')}\n\n${renderReport(answer.state, out)}`;
}

/** A sleep that went well, and a report that says it would not. */
function sleepNote({ operations: all, state }: SimulateAnswer, out: Output): string[] {
  const slept = all.some(({ do: what, result }) => /^(?:hibernate|suspend)$/.test(what) && result === 'OK');
  if (!slept || !state.findings.some(({ code }) => code === 'hibernate-refused')) return [];
  const why =
    'the report below asks whether all vectors fit; when it slept above, drivers gave up theirs first';
  return wrap(`note: ${why}`, out.columns, '  ');
}

/** Interrupts named that another order would put on another CPU. */
const MOST_NAMED = 6;

function ordersNote({ orders }: SimulateAnswer, out: Output): string[] {
  if (orders === undefined) return [];
  const { tried, interrupts, sameCpu, sameVector, otherCpu } = orders;
  const rest = otherCpu.length - MOST_NAMED;
  return [
    ...wrap(
      `note: who comes first of those that probe together is not known: in ${tried} orders ${sameCpu} of ` +
        `${plural(interrupts, 'interrupt')} end on the same CPU, ${sameVector} with the same vector`,
      out.columns,
      '  ',
    ),
    ...otherCpu.slice(0, MOST_NAMED).flatMap(({ name, cpus, absent }) => {
      const without = absent === 0 ? '' : `; in ${absent} of them without a vector`;
      return wrap(`  ${name}: CPU ${cpus.join(', ')}${without}`, out.columns, '    ');
    }),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ];
}

function verdict(a: SimulateAnswer, out: Output, style: Style): string[] {
  const done = plural(a.operations.length, 'operation');
  const words = a.stopped
    ? style.bad('the kernel stopped')
    : a.refused === 0
      ? style.good('all done')
      : style.warn(`${a.refused} refused`);
  const rules = a.policy === 'matrix' ? a.kernel.profile : `${a.kernel.profile}, policy ${a.policy}`;
  return wrap(`${a.source}: rules of ${rules}; ${done}, ${words}`, out.columns, '  ');
}

/** Operations of one step that ended alike, printed nothing and broke nothing share a row. */
function operations(
  all: readonly SimulatedOperation[],
  view: SimulateView,
  out: Output,
  style: Style,
): string[] {
  const groups: SimulatedOperation[][] = [];
  for (const operation of all) {
    const last = groups.at(-1);
    const quiet = isQuiet(operation) && !view.events;
    if (quiet && last?.[0] !== undefined && alike(last[0], operation)) last.push(operation);
    else groups.push([operation]);
  }
  const rows = groups.map((group) => rowOf(group));
  const [head = '', ...lines] = renderTable(COLUMNS, rows, out.columns);
  return [
    style.dim(head),
    ...groups.flatMap((group, at) => [
      lineOf(lines[at] ?? '', group, style),
      ...detailsOf(group, view)
        .flatMap((text) => wrap(`        ${text}`, out.columns, '          '))
        .map(style.dim),
    ]),
  ];
}

function alike(a: SimulatedOperation, b: SimulatedOperation): boolean {
  return a.step === b.step && a.result === b.result && a.outcome === b.outcome && isQuiet(a);
}

function isQuiet({ messages, violations }: SimulatedOperation): boolean {
  return messages.length === 0 && violations.length === 0;
}

const TARGETS = 30;

/** Steps are counted from 0, as in messages about the file: `steps[3]`. */
function rowOf(group: readonly SimulatedOperation[]): string[] {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return [];
  const target = group.length === 1 ? first.target : `${first.target} … ${last.target} (${group.length})`;
  return [String(first.step), first.do, clip(target, TARGETS), first.result, first.outcome];
}

function lineOf(line: string, [first]: readonly SimulatedOperation[], style: Style): string {
  return first?.result === 'OK' ? line : style.bad(line);
}

function detailsOf([first]: readonly SimulatedOperation[], view: SimulateView): string[] {
  if (first === undefined) return [];
  const messages = [
    ...first.messages.map(({ level, text }) => `${level}: ${text}`),
    ...first.violations.map(({ rule, text }) => `breaks ${rule}: ${text}`),
  ];
  if (!view.events) return briefly(messages);
  const events = first.events.map(({ name, fields }) => {
    const pairs = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
    return `${name}: ${pairs.join(' ')}`;
  });
  return [...messages, ...events];
}

/** Lines that differ in their numbers only: all where they are few, otherwise the first. */
const FEW = 3;

function briefly(messages: readonly string[]): string[] {
  const alike = new Map<string, string[]>();
  for (const message of messages) {
    const shape = message.replace(/\d+/g, '#');
    alike.set(shape, [...(alike.get(shape) ?? []), message]);
  }
  return [...alike.values()].flatMap((group) => {
    const [one = ''] = group;
    return group.length <= FEW ? group : [`${one} (and ${group.length - 1} more such lines)`];
  });
}
