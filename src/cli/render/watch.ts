/** A sample of `watch` as lines: the terminal's picture, and the plain text. Pure. */
import { plural } from '../../base/plural.ts';
import { printable } from '../../base/printable.ts';
import { formatRange } from '../../base/range.ts';
import type { WatchCpu, WatchEvent, WatchIrq, WatchSample } from '../../format/watch.ts';
import type { View } from '../watch/view.ts';
import { barLegend, cpuBar } from './cpu-bar.ts';
import type { Style } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { clip } from './text.ts';

/** A line before it is coloured: its length is what is seen. */
export interface Line {
  readonly text: string;
  readonly tone?: keyof Style;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Rows of a picture: what stands above the table and below it. */
const SHORT = 12;
const MOST_EVENTS = 8;
const BAR_WIDEST = 40;
const BAR_NARROWEST = 8;
/** Wide enough for the right column's numbers not to dance. */
const RATE_WIDTH = 9;

const KEYS = 'q quit  v CPUs or IRQs  r i n c sort  / filter  space pause  ? help';

const HELP: readonly string[] = [
  'q, Ctrl-C     quit; the terminal and tracefs are left as they were',
  'v, Tab        interrupts, or CPUs',
  'r i n c       sort by rate, IRQ number, name, CPU',
  '/             filter: part of a name, a device or a driver; =24 is one number; Escape ends it',
  'space         hold the picture; what happens meanwhile is still noted',
  'arrows, page  scroll',
  'Ctrl-L        draw everything anew',
  '',
  'Vectors: # in use, m in use by managed interrupts, - set aside for them, ? not certain, . available.',
  'Managed: m the kernel places it itself; nothing, user space may move it; ? cannot be told.',
  'Rates are of the last second. A counter shows deliveries, not where an interrupt may go.',
];

/** Exactly `rows` lines, none wider than the terminal. `log` is the latest last. */
export function renderWatch(
  sample: WatchSample,
  view: View,
  log: readonly WatchEvent[],
  { columns, rows }: Size,
): Line[] {
  const short = rows < SHORT;
  const above = heading(sample, view, columns);
  const head = short ? above.slice(0, 2) : [...above, { text: '' }];
  const foot: Line = { text: view.typing === undefined ? KEYS : `filter: ${view.typing}_`, tone: 'dim' };
  const shownEvents = short ? 0 : Math.min(MOST_EVENTS, Math.floor(rows / 4), log.length + 2);
  const events = shownEvents < 2 ? [] : eventLines(log, shownEvents);
  const room = Math.max(0, rows - head.length - events.length - 1);
  const body = view.help ? HELP.map((text) => ({ text })) : table(sample, view, columns, room);
  const lines = [...head, ...body.slice(0, room)];
  while (lines.length < rows - events.length - 1) lines.push({ text: '' });
  lines.push(...events, foot);
  return fitted(lines.slice(-rows), columns);
}

/** Rows that a page has, for the keys that scroll: one less than fit, so that one is seen twice. */
export function pageOf({ rows }: Size): number {
  return Math.max(1, rows - SHORT);
}

/** All that delivered something, every CPU, and what happened: for a pipe or a file. */
export function renderPlainSample(sample: WatchSample, view: View, columns: number): Line[] {
  const quiet = sample.seconds === undefined ? 0 : sample.irqs.filter(({ rate }) => !rate).length;
  const busy = quiet === 0 ? sample : { ...sample, irqs: sample.irqs.filter(({ rate }) => rate) };
  const lines = [
    ...heading(sample, view, columns),
    ...table(busy, { ...view, tab: 'cpus' }, columns, Number.POSITIVE_INFINITY),
    ...table(busy, view, columns, Number.POSITIVE_INFINITY),
    ...(quiet === 0 ? [] : [{ text: `  and ${plural(quiet, 'quiet interrupt')}` }]),
    ...sample.events.map(eventLine),
  ];
  return fitted(lines, columns);
}

/** Names come from outside: nothing in them may reach the terminal but what can be read. */
function fitted(lines: readonly Line[], columns: number): Line[] {
  return lines.map((line) => ({ ...line, text: clip(printable(line.text), columns).trimEnd() }));
}

function heading(sample: WatchSample, view: View, columns: number): Line[] {
  const { cpus, irqs, source, release, seconds, at, tracing } = sample;
  const online = cpus.filter((cpu) => cpu.online);
  const states = [
    `${view.tab === 'irqs' ? 'IRQs' : 'CPUs'} by ${view.sort}`,
    ...(view.filter === '' ? [] : [`filter "${view.filter}"`]),
    ...(view.paused ? ['PAUSED'] : []),
  ];
  const now = `${clock(at)}  ${states.join(', ')}`;
  const kernel = release === undefined ? '' : `, ${release}`;
  // What changes is the last to go where there is no room.
  const titles = [`irqspace watch: ${source}${kernel}  ${now}`, `${source}  ${now}`, now];
  const title = titles.find(({ length }) => length <= columns) ?? states.join(', ');
  const rates =
    seconds === undefined
      ? `${plural(irqs.length, 'interrupt')} on ${plural(online.length, 'CPU')}; no rates from one reading`
      : `${perSecond(sum(online, 'rate'))}/s of devices, ${perSecond(sum(online, 'timer'))}/s of timers, ` +
        `${perSecond(sum(online, 'between'))}/s between CPUs, over ${seconds.toFixed(1)} s`;
  return [
    { text: title, tone: view.paused ? 'warn' : 'bold' },
    { text: rates },
    ...vectorLine(sample, online),
    { text: tracing.text, tone: 'dim' },
  ];
}

function vectorLine({ certainty }: WatchSample, online: readonly WatchCpu[]): Line[] {
  const counted = online.filter(({ capacity }) => capacity.max > 0);
  const [first, ...more] = counted;
  if (first === undefined) return [];
  const least = more.reduce((a, b) => (b.available.min < a.available.min ? b : a), first);
  const left = formatRange(least.available);
  const text =
    `vectors: CPU ${least.cpu} has the fewest left, ${left} of ${formatRange(least.capacity)}` +
    `${certainty === 'exact' ? '' : ' (figures have bounds)'}`;
  return [least.available.min === 0 ? { text, tone: 'bad' } : { text }];
}

function clock(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}

function sum(cpus: readonly WatchCpu[], field: 'rate' | 'timer' | 'between'): number {
  return cpus.reduce((total, cpu) => total + (cpu[field] ?? 0), 0);
}

/** `0`, `0.4`, `12`, `123456`; nothing where it is not known. */
export function perSecond(rate: number | undefined): string {
  if (rate === undefined) return '';
  return rate > 0 && rate < 9.95 ? rate.toFixed(1) : String(Math.round(rate));
}

function table(sample: WatchSample, view: View, columns: number, room: number): Line[] {
  const irqs = sample.irqs.filter((irq) => matches(irq, view.filter));
  return view.tab === 'irqs'
    ? irqTable([...irqs].sort(irqOrder(view.sort)), view.top, columns, room)
    : cpuTable(sample, irqs, view, columns, room);
}

/** Case does not matter. */
export function matches({ irq, name, device = '', driver = '' }: WatchIrq, filter: string): boolean {
  if (filter === '') return true;
  if (/^=\d+$/.test(filter)) return irq === Number(filter.slice(1));
  const wanted = filter.toLowerCase();
  return [name, device, driver].some((text) => text.toLowerCase().includes(wanted));
}

function irqOrder(sort: View['sort']): (a: WatchIrq, b: WatchIrq) => number {
  const byIrq = (a: WatchIrq, b: WatchIrq): number => a.irq - b.irq;
  switch (sort) {
    case 'irq':
      return byIrq;
    case 'name':
      return (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : byIrq(a, b));
    case 'cpu':
      return (a, b) => (a.cpu ?? Infinity) - (b.cpu ?? Infinity) || byIrq(a, b);
    case 'rate':
      return (a, b) => (b.rate ?? 0) - (a.rate ?? 0) || byIrq(a, b);
  }
}

/** A column and from which width on there is room for it. */
interface IrqColumn extends Column {
  readonly from: number;
  readonly cell: (irq: WatchIrq) => string;
}

const IRQ_COLUMNS: readonly IrqColumn[] = [
  { title: 'IRQ', align: 'right', from: 0, cell: ({ irq }) => String(irq) },
  {
    title: 'per s',
    align: 'right',
    from: 0,
    cell: ({ rate }) => (rate === undefined ? '' : perSecond(rate).padStart(RATE_WIDTH)),
  },
  { title: 'CPU', align: 'right', from: 30, cell: ({ cpu }) => (cpu === undefined ? '' : String(cpu)) },
  {
    title: 'vector',
    align: 'right',
    from: 90,
    cell: ({ vector }) => (vector === undefined ? '' : String(vector)),
  },
  {
    title: 'managed',
    align: 'left',
    from: 70,
    cell: ({ managed }) => (managed === undefined ? '?' : managed ? 'm' : ''),
  },
  { title: 'delivered on', align: 'left', from: 60, cell: ({ on }) => deliveredOn(on).padEnd(20) },
  { title: 'device', align: 'left', from: 110, cell: ({ device = '' }) => device },
  { title: 'driver', align: 'left', from: 130, cell: ({ driver = '' }) => driver },
  { title: 'name', align: 'left', from: 0, cell: ({ name }) => name },
];

function irqTable(irqs: readonly WatchIrq[], top: number, columns: number, room: number): Line[] {
  const shown = window(irqs, top, room - 1);
  const used = IRQ_COLUMNS.filter(({ from }) => columns >= from);
  const [head = '', ...lines] = renderTable(
    used,
    shown.map((irq) => used.map(({ cell }) => cell(irq))),
    columns,
  );
  return [
    { text: head, tone: 'bold' },
    ...lines.map((text, at): Line => (shown[at]?.rate === 0 ? { text, tone: 'dim' } : { text })),
  ];
}

/** `3`, or `3 80%, 0 20%` where there are several; at most two are named. */
function deliveredOn(on: WatchIrq['on']): string {
  const total = on.reduce((all, { rate }) => all + rate, 0);
  const [first, second] = on;
  if (first === undefined || total === 0) return '';
  if (second === undefined) return String(first.cpu);
  const named = [first, second].map(({ cpu, rate }) => `${cpu} ${Math.round((100 * rate) / total)}%`);
  return `${named.join(', ')}${on.length > 2 ? ', …' : ''}`;
}

const CPU_COLUMNS: readonly Column[] = [
  { title: 'CPU', align: 'right' },
  { title: 'node', align: 'right' },
  { title: 'per s', align: 'right' },
  { title: 'timer', align: 'right' },
  { title: 'between', align: 'right' },
  { title: 'left', align: 'right' },
  { title: 'used', align: 'right' },
  { title: 'managed', align: 'right' },
  { title: '', align: 'left' },
];
/** From this width on there is room for each of the columns above. */
const CPU_FROM: readonly number[] = [0, 60, 0, 66, 76, 0, 40, 50, 0];

function cpuTable(
  sample: WatchSample,
  irqs: readonly WatchIrq[],
  view: View,
  columns: number,
  room: number,
): Line[] {
  const filtered = view.filter === '' ? undefined : ratesOfCpus(irqs);
  const rateOf = ({ cpu, rate }: WatchCpu): number | undefined =>
    rate === undefined || filtered === undefined ? rate : (filtered.get(cpu) ?? 0);
  const cpus = [...sample.cpus].sort(
    view.sort === 'rate' ? (a, b) => (rateOf(b) ?? 0) - (rateOf(a) ?? 0) || a.cpu - b.cpu : () => 0,
  );
  const shown = window(cpus, view.top, room - 2);
  const cells = shown.map((cpu) => {
    const known = cpu.capacity.max > 0;
    return [
      String(cpu.cpu),
      cpu.node === undefined ? '' : String(cpu.node),
      ...[rateOf(cpu), cpu.timer, cpu.between].map((rate) =>
        rate === undefined ? '' : perSecond(rate).padStart(RATE_WIDTH),
      ),
      known ? formatRange(cpu.available) : '',
      known ? formatRange(cpu.allocated) : '',
      known ? formatRange(cpu.managed) : '',
    ].map((cell, at) => (columns >= (CPU_FROM[at] ?? 0) ? cell : ''));
  });
  const plain = renderTable(CPU_COLUMNS, cells, columns);
  const width = Math.min(BAR_WIDEST, columns - Math.max(...plain.map((line) => line.length)) - 4);
  const bars = shown.map((cpu) => {
    if (!cpu.online) return 'offline';
    return width < BAR_NARROWEST || cpu.capacity.max === 0 ? '' : cpuBar(cpu, width);
  });
  const [head = '', ...lines] = renderTable(
    CPU_COLUMNS,
    cells.map((row, at) => [...row, bars[at] ?? '']),
    columns,
  );
  const legend = barLegend(bars.filter((bar) => bar.startsWith('|')));
  return [
    { text: head, tone: 'bold' },
    ...lines.map((text, at): Line => toned(text, shown[at])),
    ...(legend === '' ? [] : [{ text: `  ${legend}`, tone: 'dim' as const }]),
  ];
}

function toned(text: string, cpu: WatchCpu | undefined): Line {
  if (cpu === undefined || !cpu.online) return { text, tone: 'dim' };
  return cpu.capacity.max > 0 && cpu.available.min === 0 ? { text, tone: 'bad' } : { text };
}

/** What the interrupts of a filter bring to each CPU. */
function ratesOfCpus(irqs: readonly WatchIrq[]): Map<number, number> {
  const rates = new Map<number, number>();
  for (const { on } of irqs) for (const { cpu, rate } of on) rates.set(cpu, (rates.get(cpu) ?? 0) + rate);
  return rates;
}

/** As many as there is room for, from `top` on, or the last page. */
function window<T>(all: readonly T[], top: number, room: number): readonly T[] {
  if (room >= all.length) return all;
  const first = Math.max(0, Math.min(top, all.length - room));
  return all.slice(first, first + Math.max(0, room));
}

function eventLines(log: readonly WatchEvent[], room: number): Line[] {
  const latest = log.slice(1 - room).map(eventLine);
  const title = latest.length === 0 ? 'Nothing has happened yet: no move, no refusal' : 'What happened';
  const lines: Line[] = [{ text: title, tone: 'bold' }, ...latest];
  while (lines.length < room) lines.push({ text: '' });
  return lines;
}

function eventLine({ kind, at, irq, name, text, cpu }: WatchEvent): Line {
  const who = irq === undefined ? '' : `IRQ ${irq}${name === undefined ? '' : ` ${name}`} `;
  const line = `${clock(at)}  ${who}${text}`;
  if (kind === 'no-vector' || kind === 'lost') return { text: line, tone: 'bad' };
  return kind === 'moved' || (irq === undefined && cpu !== undefined)
    ? { text: line, tone: 'warn' }
    : { text: line };
}
