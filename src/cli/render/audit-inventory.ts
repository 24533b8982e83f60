import { plural } from '../../base/plural.ts';
import type { AuditInventory } from '../../format/audit.ts';
import type { Output } from '../output.ts';
import { renderTable } from './table.ts';
import { printableAnswer } from './text.ts';

export type InventoryRow = AuditInventory['drivers'][number];

/** Titles, in the order of {@link inventoryCells}. */
export const INVENTORY_TITLES = [
  'driver',
  'requests',
  'API',
  'managed',
  'hints',
  'counts CPUs',
  'CPU callbacks',
  'when a CPU goes',
];

export function inventoryCells(row: InventoryRow): string[] {
  return [
    row.driver,
    String(row.requests),
    row.api,
    row.managed ? 'yes' : '',
    row.hints === 'none' ? '' : row.hints,
    row.cpuCounts.join(' '),
    row.cpuCallbacks ? 'yes' : '',
    row.hotplug,
  ];
}

export function renderInventory(drivers: readonly InventoryRow[], out: Output): string {
  const rows = printableAnswer([...drivers]).map((row) => inventoryCells(row));
  const columns = INVENTORY_TITLES.map((title, at) => ({
    title,
    align: at === 1 ? ('right' as const) : ('left' as const),
  }));
  const count = (api: string): number => drivers.filter((row) => row.api === api).length;
  const summary =
    `${plural(drivers.length, 'driver')}: ${count('vectors')} with pci_alloc_irq_vectors(), ${count('legacy')} with ` +
    `deprecated calls, ${count('both')} with both, ${count('line')} with interrupt lines; ` +
    `${drivers.filter(({ managed }) => managed).length} managed`;
  return `${[...renderTable(columns, rows, out.columns), summary].join('\n')}\n`;
}

export function renderInventoryCsv(drivers: readonly InventoryRow[]): string {
  const head = ['driver', 'requests', 'api', 'managed', 'hints', 'cpu_counts', 'cpu_callbacks', 'hotplug'];
  const lines = drivers.map((row) =>
    [
      row.driver,
      row.requests,
      row.api,
      row.managed,
      row.hints,
      row.cpuCounts.join(' '),
      row.cpuCallbacks,
      row.hotplug,
    ]
      .map((cell) => csvCell(String(cell)))
      .join(','),
  );
  return `${[head.join(','), ...lines].join('\r\n')}\r\n`;
}

/** Quoted where RFC 4180 asks for it, and where a spreadsheet would take it for a formula. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
