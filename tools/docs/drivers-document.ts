/** docs/drivers.md from the catalogue: what `irqspace drivers` tells, to be read without it. */
import type { CatalogueDriver } from '../../src/format/drivers.ts';
import { driversOf } from '../../src/query/drivers.ts';

export const DRIVERS_DOCUMENT = 'docs/drivers.md';

export function driversDocument(): string {
  const { drivers } = driversOf();
  const blocks = [HEAD, table(drivers), KINDS, ...drivers.map(section)];
  return `${blocks.join('\n\n')}\n`;
}

const HEAD = `<!-- Written by \`npm run docs\`: change src/model/drivers, not this file. -->

# Drivers

What a scenario ([scenarios.md](scenarios.md)) may name: each driver is written from its source, which is named below. \`irqspace drivers\`
and \`irqspace drivers NAME\` print the same, \`--json\` for scripts. What is left out is in [limits.md](limits.md).`;

const KINDS = `## Their parameters

A **device** parameter is what the hardware or its firmware offers, a **module** parameter an option of the module, a
**setting** is made once the driver is bound (\`ethtool -L\`, \`accel-config\`). Beside probe and remove, a driver may know steps
for its link and for virtual functions.`;

function table(drivers: readonly CatalogueDriver[]): string {
  const rows = drivers.map(({ name, summary }) => [`[${name}](#${name})`, summary]);
  return markdownTable(['driver', 'what it asks for, and when'], rows);
}

function section(driver: CatalogueDriver): string {
  const { name, parameters, sources } = driver;
  const rows = parameters.map(({ name: parameter, is, default: value, min, max, meaning }) => [
    `\`${parameter}\``,
    is,
    `${value}`,
    `${min} to ${max}`,
    meaning,
  ]);
  return [
    `### ${name}`,
    factsOf(driver),
    ...(rows.length === 0 ? [] : [markdownTable(['parameter', 'kind', 'default', 'range', 'meaning'], rows)]),
    sources.map(({ file, kernel, functions }) => `- ${file} (${kernel}): ${code(functions)}`).join('\n'),
  ].join('\n\n');
}

function factsOf({ instance, capabilities: { msix, msi }, vf, steps }: CatalogueDriver): string {
  const has = [
    ...(msix === undefined ? [] : [`${msix} entries of MSI-X`]),
    ...(msi === undefined ? [] : [`${msi.messages} of MSI${msi.maskable ? ' (maskable)' : ''}`]),
  ];
  const taken = [...(steps.link ? ['link-up', 'link-down'] : []), ...(steps.vfs ? ['vfs'] : [])];
  return [
    `Devices: ${instance}0, ${instance}1, ...; ${has.join(', ')}.`,
    ...(vf === undefined ? [] : [`Virtual functions: up to ${vf.max}, driven by ${vf.driver}.`]),
    ...(taken.length === 0 ? [] : [`Steps: ${taken.join(', ')}.`]),
    ...(steps.cpus ? ['It follows CPUs that come and go.'] : []),
    SUSPEND[steps.suspend],
  ].join(' ');
}

const SUSPEND = {
  changes: 'Its interrupts change when the machine sleeps or wakes.',
  keeps: 'Its interrupts stay as they are while the machine sleeps.',
  refuses: 'It refuses to suspend.',
} as const;

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}()\``).join(', ');
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
