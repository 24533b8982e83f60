import { plural } from '../../base/plural.ts';
import { formatRange, isExact } from '../../base/range.ts';
import type { Report, ReportCpu } from '../../format/report.ts';
import { barLegend, cpuBar } from './cpu-bar.ts';
import { type Column, renderTable } from './table.ts';
import { shortList, wrap } from './text.ts';

/** More CPUs than this: those with equal figures share a row. */
const SINGLE_ROWS = 32;
/** More rows than that: only the fullest are shown. */
const MOST_ROWS = 32;
const FULLEST_ROWS = 16;
/** From here on there is room for longer lists of CPUs. */
const WIDE = 110;
/** A bar shorter than this says nothing. */
const BAR_NARROWEST = 6;
const BAR_WIDEST = 40;

const FIGURES: readonly Column[] = [
  { title: 'node', align: 'right' },
  { title: 'capacity', align: 'right' },
  { title: 'available', align: 'right' },
  { title: 'allocated', align: 'right' },
  { title: 'managed', align: 'right' },
  { title: 'in use', align: 'right' },
];
const ONE: readonly Column[] = [{ title: 'CPU', align: 'right' }, ...FIGURES];
const MANY: readonly Column[] = [{ title: 'CPUs', align: 'left' }, ...FIGURES];

interface Row {
  readonly sample: ReportCpu;
  readonly cpus: readonly number[];
}

/** What every CPU has left, with a bar each and what the words mean. */
export function cpuTable(report: Report, columns: number): string[] {
  const grouped = report.cpus.length > SINGLE_ROWS;
  const all = grouped ? alike(report.cpus) : report.cpus.map((cpu) => ({ sample: cpu, cpus: [cpu.cpu] }));
  const rows = all.length > MOST_ROWS ? [...all].sort(fullestFirst).slice(0, FULLEST_ROWS) : all;
  const cells = rows.map((row) => [
    grouped ? shortList(row.cpus, columns >= WIDE ? 24 : 11) : String(row.sample.cpu),
    ...figures(row.sample),
  ]);
  const plain = grouped ? MANY : ONE;
  const taken = Math.max(...renderTable(plain, cells).map((line) => line.length));
  const barWidth = Math.min(BAR_WIDEST, columns - taken - '  ||'.length);
  const bars = rows.map(({ sample }) => barOf(sample, barWidth));
  const withBars = cells.map((row, at) => [...row, bars[at] ?? '']);
  const head = rows.length < all.length ? [hiddenRows(all, rows)] : [];
  return [
    ...head,
    ...renderTable([...plain, { title: '', align: 'left' }], withBars),
    ...legend(rows, bars).flatMap((line) => wrap(`  ${line}`, columns, '  ')),
  ];
}

function barOf(cpu: ReportCpu, width: number): string {
  if (!cpu.online) return 'offline';
  return width < BAR_NARROWEST ? '' : cpuBar(cpu, width);
}

function figures(cpu: ReportCpu): string[] {
  return [
    cpu.node === undefined ? '' : String(cpu.node),
    formatRange(cpu.capacity),
    formatRange(cpu.available),
    formatRange(cpu.allocated),
    formatRange(cpu.managed),
    formatRange(cpu.managedAllocated),
  ];
}

/** CPUs of one node with the same figures in one row, in the order of their first CPU. */
function alike(cpus: readonly ReportCpu[]): Row[] {
  const rows = new Map<string, { sample: ReportCpu; cpus: number[] }>();
  for (const cpu of cpus) {
    const key = [cpu.online, ...figures(cpu)].join(' ');
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { sample: cpu, cpus: [cpu.cpu] });
    else row.cpus.push(cpu.cpu);
  }
  return [...rows.values()];
}

function fullestFirst(a: Row, b: Row): number {
  return (
    Number(b.sample.online) - Number(a.sample.online) ||
    a.sample.available.min - b.sample.available.min ||
    a.sample.cpu - b.sample.cpu
  );
}

function hiddenRows(all: readonly Row[], shown: readonly Row[]): string {
  const cpus = (rows: readonly Row[]): number => rows.reduce((sum, row) => sum + row.cpus.length, 0);
  return `The fullest ${plural(cpus(shown), 'CPU')} of ${cpus(all)} (--json has all):`;
}

function legend(rows: readonly Row[], bars: readonly string[]): string[] {
  const used = barLegend(bars.filter((bar) => bar.startsWith('|')));
  const ranges = rows.some(({ sample }) => [sample.capacity, sample.available, sample.allocated].some(open));
  const managed = rows.some(({ sample }) => sample.managed.max > 0);
  return [
    'capacity: vectors that devices can get; available: free for any of them',
    ...(managed ? ['managed: set aside for managed interrupts; in use: how many of these hold one'] : []),
    ...(ranges ? ['a..b: the true figure lies between'] : []),
    ...(used === '' ? [] : [`bar: ${used}`]),
  ];
}

function open(figure: ReportCpu['capacity']): boolean {
  return !isExact(figure);
}
