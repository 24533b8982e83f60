import { plural } from '../../base/plural.ts';
import type { Report, ReportIrq } from '../../format/report.ts';
import { shortNames } from './names.ts';
import { type Column, renderTable } from './table.ts';
import { shortList } from './text.ts';

/** More devices than this: those with the most interrupts are shown. */
const MOST_ROWS = 40;
/** From here on there is room for longer lists of CPUs. */
const WIDE = 110;

const COLUMNS: readonly Column[] = [
  { title: 'device', align: 'left' },
  { title: 'driver', align: 'left' },
  { title: 'IRQs', align: 'right' },
  { title: 'vectors', align: 'right' },
  { title: 'managed', align: 'right' },
  { title: 'on CPUs', align: 'left' },
  { title: 'interrupts', align: 'left' },
];

/** Who holds vectors: PCI devices, and chips for interrupts of no PCI device. */
export function deviceTable(report: Report, columns: number): string[] {
  const all = [...byDevice(report.irqs)];
  if (all.length === 0) return [];
  const shown =
    all.length > MOST_ROWS ? [...all].sort((a, b) => b[1].length - a[1].length).slice(0, MOST_ROWS) : all;
  const table = renderTable(
    COLUMNS,
    shown.map(([device, irqs]) => row(device, irqs, columns)),
    columns,
  );
  const open = shown.some(([, irqs]) => irqs.some(cannotTell));
  return [
    ...(shown.length < all.length
      ? [`The ${shown.length} of ${plural(all.length, 'device')} with the most interrupts (--json has all):`]
      : []),
    ...table,
    '  vectors: how many of the IRQs hold one; managed: the kernel chose their CPUs',
    ...(open ? ['  ?: more of them may be managed, it cannot be told'] : []),
  ];
}

function byDevice(irqs: readonly ReportIrq[]): Map<string, ReportIrq[]> {
  const groups = new Map<string, ReportIrq[]>();
  for (const irq of irqs) {
    if (irq.state === 'legacy-pic' || (irq.device === undefined && irq.name === '')) continue;
    const key = irq.device ?? irq.chip ?? 'no chip';
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [irq]);
    else group.push(irq);
  }
  return groups;
}

function row(device: string, irqs: readonly ReportIrq[], columns: number): string[] {
  const cpus = new Set(irqs.flatMap((irq) => irq.cpu ?? []));
  return [
    device,
    irqs[0]?.driver ?? '',
    String(irqs.length),
    String(irqs.filter((irq) => irq.state === 'active').length),
    `${irqs.filter((irq) => irq.managed === true).length}${irqs.some(cannotTell) ? '?' : ''}`,
    shortList(
      [...cpus].sort((a, b) => a - b),
      columns >= WIDE ? 24 : 16,
    ),
    shortNames(irqs.map((irq) => withoutDevice(irq.name, device))),
  ];
}

/** Many drivers put the PCI address into the name; the row has it already. */
function withoutDevice(name: string, device: string): string {
  for (const form of [`@pci:${device}`, `[${device}]`, `-${device}`]) {
    if (name.includes(form) && name !== form) return name.replace(form, '');
  }
  return name;
}

function cannotTell(irq: ReportIrq): boolean {
  return irq.managed === undefined;
}
