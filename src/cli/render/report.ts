import { formatNumberList } from '../../base/number-list.ts';
import { formatRange } from '../../base/range.ts';
import type { Report, ReportCpu, ReportIrq } from '../../format/report.ts';
import type { Output } from '../output.ts';
import { type Style, styleFor } from './style.ts';
import { type Column, clip, plural, renderTable } from './table.ts';

/** More CPUs than this are summed up, and only the fullest are shown. */
const CPU_ROWS = 64;
const FULLEST_ROWS = 16;
const BAR_WIDTH = 24;

/** The report for people; `--json` is for scripts. */
export function renderReport(report: Report, out: Output): string {
  const style = styleFor(out.color);
  const blocks = [
    heading(report, style),
    findings(report, style),
    ...(hasVectors(report) ? [cpuTable(report)] : []),
    deviceTable(report, out.columns),
    footer(report, style),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function hasVectors(report: Report): boolean {
  return report.cpus.some((cpu) => cpu.capacity.max > 0);
}

function heading(report: Report, style: Style): string {
  const release = report.kernel.release ?? 'kernel not named';
  const online = report.cpus.filter((cpu) => cpu.online);
  const { available, reserved, totalAllocated } = report.global;
  if (!hasVectors(report))
    return `${style.bold(report.source)}: ${release}, ${plural(online.length, 'CPU')} online`;
  const certainty = report.certainty === 'exact' ? 'exact' : 'bounded (figures a..b hold the truth)';
  const lines = [
    `${style.bold(report.source)}: ${release}, vector rules of ${report.kernel.profile}, ${certainty}`,
    `${plural(online.length, 'CPU')} online of ${report.cpus.length}; ${formatRange(totalAllocated)} vectors in use, ${formatRange(available)} available, ${formatRange(reserved)} interrupts reserved without one`,
  ];
  return lines.join('\n');
}

function findings(report: Report, style: Style): string {
  if (report.findings.length === 0)
    return style.good('Nothing is about to go wrong: hibernation and suspend find room for every vector.');
  const paint = { error: style.bad, warning: style.warn, note: style.dim };
  return report.findings.map(({ severity, text }) => `${paint[severity](`${severity}:`)} ${text}`).join('\n');
}

const CPU_COLUMNS: readonly Column[] = [
  { title: 'CPU', align: 'right' },
  { title: 'node', align: 'right' },
  { title: 'capacity', align: 'right' },
  { title: 'available', align: 'right' },
  { title: 'allocated', align: 'right' },
  { title: 'managed', align: 'right' },
  { title: 'in use', align: 'right' },
  { title: '', align: 'left' },
];

function cpuTable(report: Report): string {
  const { cpus } = report;
  if (cpus.length <= CPU_ROWS) return renderTable(CPU_COLUMNS, cpus.map(cpuRow));
  const fullest = [...cpus]
    .filter((cpu) => cpu.online)
    .sort((a, b) => a.available.min - b.available.min || a.cpu - b.cpu)
    .slice(0, FULLEST_ROWS);
  return `The ${fullest.length} fullest of ${cpus.length} CPUs:\n${renderTable(CPU_COLUMNS, fullest.map(cpuRow))}`;
}

function cpuRow(cpu: ReportCpu): string[] {
  return [
    String(cpu.cpu),
    cpu.node === undefined ? '' : String(cpu.node),
    formatRange(cpu.capacity),
    formatRange(cpu.available),
    formatRange(cpu.allocated),
    formatRange(cpu.managed),
    formatRange(cpu.managedAllocated),
    cpu.online ? bar(cpu) : 'offline',
  ];
}

/** `#` regular, `m` managed in use, `-` set aside for managed, `?` not certain, `.` free. */
function bar(cpu: ReportCpu): string {
  const capacity = Math.max(1, cpu.capacity.max);
  const cells = (n: number): number => Math.round((n / capacity) * BAR_WIDTH);
  const inUse = cpu.managedAllocated.min;
  const regular = cpu.allocated.min - inUse;
  const marks: readonly (readonly [string, number])[] = [
    ['#', regular],
    ['m', inUse],
    ['-', cpu.managed.min - inUse],
    ['?', cpu.capacity.max - cpu.available.min - regular - cpu.managed.min],
  ];
  let text = '';
  let sum = 0;
  for (const [mark, amount] of marks) {
    sum += Math.max(0, amount);
    text = text.padEnd(
      Math.min(BAR_WIDTH, amount > 0 ? Math.max(cells(sum), text.length + 1) : cells(sum)),
      mark,
    );
  }
  return `|${text.slice(0, BAR_WIDTH).padEnd(BAR_WIDTH, '.')}|`;
}

const DEVICE_COLUMNS: readonly Column[] = [
  { title: 'device', align: 'left' },
  { title: 'driver', align: 'left' },
  { title: 'IRQs', align: 'right' },
  { title: 'with vector', align: 'right' },
  { title: 'managed', align: 'right' },
  { title: 'on CPUs', align: 'left' },
  { title: 'interrupts', align: 'left' },
];

const NAME_WIDTH = 40;
/** What the columns before the names take, about. */
const DEVICE_FIXED_WIDTH = 72;

function deviceTable(report: Report, columns: number): string {
  const groups = new Map<string, ReportIrq[]>();
  for (const irq of report.irqs) {
    if (irq.state === 'legacy-pic' || (irq.device === undefined && irq.name === '')) continue;
    const key = irq.device ?? irq.chip ?? 'no chip';
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [irq]);
    else group.push(irq);
  }
  if (groups.size === 0) return '';
  const nameWidth = Math.max(NAME_WIDTH, columns - DEVICE_FIXED_WIDTH);
  return renderTable(
    DEVICE_COLUMNS,
    [...groups].map(([key, irqs]) => deviceRow(key, irqs, nameWidth)),
  );
}

function deviceRow(key: string, irqs: readonly ReportIrq[], nameWidth: number): string[] {
  const open = irqs.some((irq) => irq.managed === undefined) ? '?' : '';
  const cpus = new Set(irqs.flatMap((irq) => irq.cpu ?? []));
  return [
    key,
    irqs[0]?.driver ?? '',
    String(irqs.length),
    String(irqs.filter((irq) => irq.state === 'active').length),
    `${irqs.filter((irq) => irq.managed === true).length}${open}`,
    clip(formatNumberList([...cpus].sort((a, b) => a - b)), 24),
    clip(
      irqs
        .map((irq) => irq.name)
        .filter(Boolean)
        .join(' '),
      nameWidth,
    ),
  ];
}

function footer(report: Report, style: Style): string {
  const lines = [
    ...report.doubts.map((text) => `not certain: ${text}`),
    ...report.missing.map(({ path, cost }) => `not read: ${path}: ${cost}`),
  ];
  return lines.map((line) => style.dim(line)).join('\n');
}
