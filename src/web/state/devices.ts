import { CpuSet } from '../../base/cpu-set.ts';
import type { Report, ReportIrq } from '../../format/report.ts';
import type { SortKey } from './view-state.ts';

/** One line of the device list. */
export interface DeviceRow {
  /** PCI address, or the chip for what is on no PCI device. */
  readonly key: string;
  readonly driver: string;
  readonly isPci: boolean;
  readonly irqs: readonly ReportIrq[];
  readonly requested: number;
  readonly reserved: number;
  readonly managed: number;
  /** Managed, and no CPU of their masks is online. */
  readonly shutdown: number;
  /** How many whose managed flag cannot be told. */
  readonly managedUnknown: number;
  /** CPUs that its interrupts are delivered to. */
  readonly cpus: CpuSet;
  /** Undefined where no count could be read. */
  readonly count: number | undefined;
}

/** Interrupts of one PCI device belong together; the rest is grouped by the chip that raises it. */
export function deviceKey(irq: ReportIrq): string {
  return irq.device ?? irq.chip ?? 'no device';
}

export function listDevices(report: Report): DeviceRow[] {
  const byKey = new Map<string, ReportIrq[]>();
  for (const irq of report.irqs) {
    const key = deviceKey(irq);
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, [irq]);
    else group.push(irq);
  }
  return [...byKey].map(([key, irqs]) => deviceRow(key, irqs));
}

function deviceRow(key: string, irqs: readonly ReportIrq[]): DeviceRow {
  const cpus = new CpuSet();
  let count: number | undefined;
  for (const irq of irqs) {
    if (irq.cpu !== undefined && irq.state === 'active') cpus.add(irq.cpu);
    if (irq.count !== undefined) count = (count ?? 0) + irq.count;
  }
  const howMany = (is: (irq: ReportIrq) => boolean): number => irqs.filter(is).length;
  return {
    key,
    driver: irqs.find((irq) => irq.driver !== undefined)?.driver ?? '',
    isPci: irqs[0]?.device !== undefined,
    irqs,
    requested: howMany((irq) => irq.name !== ''),
    reserved: howMany((irq) => irq.state === 'reserved'),
    managed: howMany((irq) => irq.managed === true),
    shutdown: howMany((irq) => irq.state === 'shutdown'),
    // Who holds no vector need not be asked.
    managedUnknown: howMany((irq) => irq.managed === undefined && irq.state !== 'other'),
    cpus,
    count,
  };
}

/** Every word must be found in the address, the driver, an interrupt's name or its number. */
export function filterDevices(rows: readonly DeviceRow[], filter: string): DeviceRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) =>
    words.every(
      (word) =>
        row.key.toLowerCase().includes(word) ||
        row.driver.toLowerCase().includes(word) ||
        row.irqs.some((irq) => irq.name.toLowerCase().includes(word) || String(irq.irq) === word),
    ),
  );
}

export function sortDevices(
  rows: readonly DeviceRow[],
  sort: SortKey,
  descending: boolean,
): readonly DeviceRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(a, b, sort) || compareText(a.key, b.key));
}

function compare(a: DeviceRow, b: DeviceRow, sort: SortKey): number {
  switch (sort) {
    case 'device':
      return compareText(a.key, b.key);
    case 'driver':
      return compareText(a.driver, b.driver);
    case 'irqs':
      return a.irqs.length - b.irqs.length;
    case 'cpus':
      return a.cpus.size - b.cpus.size;
    case 'count':
      return (a.count ?? -1) - (b.count ?? -1);
    default:
      return a[sort] - b[sort];
  }
}

/** Plainly: addresses are hexadecimal with leading zeros, and "by value" would put 000a before 0001. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
