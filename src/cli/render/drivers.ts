import { plural } from '../../base/plural.ts';
import type { CatalogueDriver, Drivers } from '../../format/drivers.ts';
import type { Output } from '../output.ts';
import { styleFor } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { printableAnswer, wrap } from './text.ts';

const COLUMNS: readonly Column[] = [
  { title: 'driver', align: 'left' },
  { title: 'read in', align: 'left' },
  { title: 'what it asks for', align: 'left' },
];

/** A row for each driver. */
export function renderDrivers(answer: Drivers, out: Output): string {
  const style = styleFor(out.color);
  const rows = printableAnswer(answer).drivers.map((driver) => [
    driver.name,
    [...new Set(driver.sources.map(({ kernel }) => kernel))].join(', '),
    driver.summary,
  ]);
  const [head = '', ...lines] = renderTable(COLUMNS, rows, out.columns);
  const more = `${plural(rows.length, 'driver')}; irqspace drivers NAME tells everything about one`;
  return `${[style.dim(head), ...lines, '', style.dim(more)].join('\n')}\n`;
}

const PARAMETERS: readonly Column[] = [
  { title: 'parameter', align: 'left' },
  { title: 'kind', align: 'left' },
  { title: 'default', align: 'right' },
  { title: 'range', align: 'left' },
];

/** Everything about one driver. */
export function renderDriver(driver: CatalogueDriver, out: Output): string {
  const one = printableAnswer(driver);
  const style = styleFor(out.color);
  const indented = (text: string): string[] => wrap(`  ${text}`, out.columns, '    ');
  const blocks = [
    [style.bold(one.name), ...wrap(`  ${one.summary}`, out.columns, '  ')],
    [devicesOf(one), ...vfsOf(one), stepsOf(one), SUSPEND[one.steps.suspend]].flatMap(indented),
    parametersOf(one, out),
    ['Read in:', ...one.sources.flatMap((source) => indented(sourceOf(source)))],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function devicesOf({ instance, capabilities: { msix, msi } }: CatalogueDriver): string {
  const has = [
    ...(msix === undefined ? [] : [`MSI-X (${msix} entries)`]),
    ...(msi === undefined
      ? []
      : [`MSI (${plural(msi.messages, 'message')}${msi.maskable ? ', maskable' : ''})`]),
  ];
  return `devices: ${instance}0, ${instance}1, ...; by default with ${has.join(' and ') || 'a line only'}`;
}

function vfsOf({ vf }: CatalogueDriver): string[] {
  return vf === undefined ? [] : [`virtual functions: by default up to ${vf.max}, driven by ${vf.driver}`];
}

function stepsOf({ steps: { link, vfs, cpus } }: CatalogueDriver): string {
  const taken = ['probe', 'remove', ...(link ? ['link-up', 'link-down'] : []), ...(vfs ? ['vfs'] : [])];
  return `steps of a scenario: ${taken.join(', ')}${cpus ? '; it follows CPUs that come and go' : ''}`;
}

const SUSPEND = {
  changes: 'suspend, hibernation: its interrupts change when the machine sleeps, or when it wakes',
  keeps: 'suspend, hibernation: its interrupts stay as they are',
  refuses: 'suspend, hibernation: it refuses, and the machine stays awake',
} as const;

/** What a parameter means stands below it: no width is too small for that. */
function parametersOf({ parameters }: CatalogueDriver, out: Output): string[] {
  if (parameters.length === 0) return [];
  const style = styleFor(out.color);
  const rows = parameters.map(({ name, is, default: value, min, max }) => [
    name,
    is,
    String(value),
    `${min} to ${max}`,
  ]);
  const [head = '', ...lines] = renderTable(PARAMETERS, rows, out.columns);
  return [
    style.dim(head),
    ...parameters.flatMap(({ meaning }, at) => [
      lines[at] ?? '',
      ...wrap(`      ${meaning}`, out.columns, '      ').map(style.dim),
    ]),
  ];
}

function sourceOf({ file, functions, kernel }: CatalogueDriver['sources'][number]): string {
  return `${file} of ${kernel}: ${functions.map((name) => `${name}()`).join(', ')}`;
}
