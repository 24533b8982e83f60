import type { Rule } from '../../audit/rules/rule.ts';
import { plural } from '../../base/plural.ts';
import type { AuditAnswer } from '../../format/audit.ts';
import { INVENTORY_TITLES, type InventoryRow, inventoryCells } from './audit-inventory.ts';

type Finding = AuditAnswer['findings'][number];

/** Lines of a file, from 1; undefined where there are none. */
export type LinesOf = (file: string) => readonly string[] | undefined;

/** Lines shown above and below the one that a finding points to. */
const AROUND = 4;

/** One file without scripts and without links to elsewhere: the findings, the code around them, the inventory. */
export function renderAuditHtml(
  answer: AuditAnswer | undefined,
  drivers: readonly InventoryRow[],
  rules: readonly Rule[],
  linesOf: LinesOf,
): string {
  const parts = [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>irqspace audit</title><style>${STYLE}</style></head><body>`,
    '<h1>irqspace audit</h1>',
    ...(answer === undefined ? [] : findingsOf(answer, rules, linesOf)),
    ...inventoryOf(drivers),
    '</body></html>',
  ];
  return `${parts.join('\n')}\n`;
}

function findingsOf(answer: AuditAnswer, rules: readonly Rule[], linesOf: LinesOf): string[] {
  const { findings } = answer;
  const used = rules.filter(({ id }) => findings.some(({ rule }) => rule === id));
  return [
    `<p>${plural(findings.length, 'finding')} in ${plural(answer.files, 'file')}; ${answer.known} known, ${answer.allowed} allowed</p>`,
    ...used.flatMap((rule) => {
      const own = findings.filter((finding) => finding.rule === rule.id);
      return [
        `<section><h2 id="${text(rule.id)}">${text(rule.id)} <small>${own.length}</small></h2>`,
        `<p>${text(rule.summary)}. ${text(rule.why)}</p>`,
        ...own.map((finding) => findingOf(finding, linesOf)),
        '</section>',
      ];
    }),
    ...(answer.notes.length === 0
      ? []
      : ['<h2>Notes</h2><ul>', ...answer.notes.map((note) => `<li>${text(note)}</li>`), '</ul>']),
  ];
}

function findingOf(finding: Finding, linesOf: LinesOf): string {
  const { severity, file, line, column, message, related, function: fn } = finding;
  const marked = [line, ...related.filter((place) => place.file === file).map((place) => place.line)];
  return [
    `<details class="${severity}"><summary><b>${text(`${file}:${line}:${column}`)}</b> ${text(message)}</summary>`,
    `<p>in ${text(fn)}()</p><ul>`,
    ...related.map((place) => `<li>${text(`${place.file}:${place.line}: ${place.message}`)}</li>`),
    `</ul>${excerpt(file, marked, linesOf)}</details>`,
  ].join('\n');
}

/** The lines around all marked ones, with a gap where they are far apart. */
function excerpt(file: string, marked: readonly number[], linesOf: LinesOf): string {
  const lines = linesOf(file);
  if (lines === undefined) return '';
  const shown = new Set(
    marked.flatMap((line) => Array.from({ length: 2 * AROUND + 1 }, (_, at) => line - AROUND + at)),
  );
  const out: string[] = [];
  let last: number | undefined;
  for (const line of [...shown].sort((one, other) => one - other)) {
    const content = lines[line - 1];
    if (line < 1 || content === undefined) continue;
    if (last !== undefined && line > last + 1) out.push('<i>…</i>');
    const row = `${String(line).padStart(6)}  ${text(content)}`;
    out.push(marked.includes(line) ? `<mark>${row}</mark>` : row);
    last = line;
  }
  return `<pre>${out.join('\n')}</pre>`;
}

function inventoryOf(drivers: readonly InventoryRow[]): string[] {
  if (drivers.length === 0) return [];
  const row = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${text(cell)}</${tag}>`).join('')}</tr>`;
  return [
    `<h2>Inventory <small>${plural(drivers.length, 'driver')}</small></h2><table><thead>`,
    row(INVENTORY_TITLES, 'th'),
    '</thead><tbody>',
    ...drivers.map((driver) => row(inventoryCells(driver), 'td')),
    '</tbody></table>',
  ];
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function text(content: string): string {
  return content.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

const STYLE = `
:root { color-scheme: light dark }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem }
small { font-weight: normal; opacity: .7 }
details { margin: .4rem 0; padding: .3rem .6rem; border-left: .25rem solid #9aa }
details.warning { border-color: #d80 }
pre { overflow-x: auto; padding: .6rem; background: #8881; tab-size: 8 }
mark { display: inline-block; min-width: 100%; background: #fd05; color: inherit }
table { border-collapse: collapse; font-size: 13px }
th, td { text-align: left; padding: .15rem .6rem; border-bottom: 1px solid #8883; vertical-align: top }
`;
