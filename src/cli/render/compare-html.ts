/** A comparison as one page that needs nothing else: the verdicts, the figures, the pictures. No script, nothing fetched. */
import type { CompareAnswer, ComparedPolicy } from '../../format/compare.ts';
import { compareSvg } from './compare-svg.ts';
import { escapeXml } from './xml.ts';

const STYLE = `
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .2em .8em; border-bottom: 1px solid #ddd; text-align: right; vertical-align: top; }
th:first-child, td:first-child, .text { text-align: left; }
.fails { color: #b34700; }
figure { margin: 1em 0; overflow-x: auto; }
`;

/** A cell: its text, and whether it is prose or something that failed. */
interface Cell {
  readonly text: string;
  readonly name?: 'text' | 'fails' | 'text fails';
}

export function compareHtml(a: CompareAnswer): string {
  const ran = a.policies.filter(({ cannot }) => cannot === undefined);
  const source = escapeXml(a.source);
  const cannot = a.policies.flatMap(({ policy, cannot: why }) =>
    why === undefined ? [] : [`<p>${escapeXml(`${policy} cannot run this machine: ${why}`)}</p>`],
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${source}: policies compared</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${source}</h1>
<p>CPUs ${escapeXml(a.online)} online, rules of ${escapeXml(a.kernel.profile)}.</p>
<h2>What fails first</h2>
${table(
  ['policy', 'at', 'errno', 'says'],
  ran.map((policy) => failureRow(policy, a)),
)}
<h2>Vectors taken after each stage</h2>
${table(
  ['policy', ...a.stages.map(({ name }) => name)],
  ran.map((policy) => stageRow(policy, a)),
)}
<h2>At the end</h2>
${table(['policy', 'per CPU', 'taken', 'in use', 'wasted', 'set aside', 'fullest', 'imbalance'], ran.map(endRow))}
<h2>CPUs that go</h2>
${table(['policy', 'went', 'refused', 'moved', 'broken', 'shut down', 'restored', 'lost', 'displaced'], ran.map(hotplugRow))}
${cannot.join('\n')}
<h2>The vector space</h2>
<figure>
${compareSvg(a)}</figure>
</body>
</html>
`;
}

function table(titles: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const isProse = (cell: Cell | undefined): boolean => cell?.name?.startsWith('text') === true;
  const head = titles.map((title, at) => {
    const cells = rows.map((row) => row[at]).filter((cell) => cell !== undefined);
    // Where every row has less to say, prose stands below.
    const style = cells.length === 0 || cells.some(isProse) ? ' class="text"' : '';
    return `<th scope="col"${style}>${escapeXml(title)}</th>`;
  });
  const body = rows.map((row) => {
    // A row that has less to say ends with prose as wide as the rest, or with empty cells: its line goes on.
    const missing = titles.length - row.length;
    const spans = missing > 0 && isProse(row.at(-1));
    const cells = row.map(({ text, name }, at) => {
      const style = name === undefined ? '' : ` class="${name}"`;
      const span = spans && at === row.length - 1 ? ` colspan="${missing + 1}"` : '';
      return `<td${style}${span}>${escapeXml(text)}</td>`;
    });
    return `<tr>${cells.join('')}${spans ? '' : '<td></td>'.repeat(Math.max(0, missing))}</tr>`;
  });
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>`;
}

const plain = (text: string | number): Cell => ({ text: String(text) });

function failureRow({ policy, firstFailure }: ComparedPolicy, a: CompareAnswer): Cell[] {
  if (firstFailure === undefined) return [plain(policy), { text: 'nothing fails', name: 'text' }];
  const { stage, step, target, errno, says } = firstFailure;
  const at = `${a.stages[stage]?.name ?? ''} ${target} (step ${step})`.replace(/ +/g, ' ');
  return [plain(policy), { text: at, name: 'text' }, plain(errno), { text: says, name: 'text fails' }];
}

function stageRow({ policy, stages, firstFailure }: ComparedPolicy, a: CompareAnswer): Cell[] {
  const cells = a.stages.map((_, at): Cell => {
    const stage = stages[at];
    if (stage === undefined) return { text: 'stopped', name: 'fails' };
    const promised = stage.reserved + stage.setAside;
    const text = `${stage.vectors}${promised === 0 ? '' : ` + ${promised}`}`;
    return firstFailure?.stage === at ? { text, name: 'fails' } : { text };
  });
  return [plain(policy), ...cells];
}

function endRow({ policy, perCpu, stages }: ComparedPolicy): Cell[] {
  const end = stages.at(-1);
  if (end === undefined) return [policy, perCpu].map(plain);
  const { vectors, inUse, wasted, setAside, fullest, imbalance } = end;
  const full = `CPU ${fullest.cpu}: ${fullest.vectors}`;
  return [policy, perCpu, vectors, inUse, wasted, setAside, full, imbalance.toFixed(2)].map(plain);
}

function hotplugRow({ policy, hotplug: h }: ComparedPolicy): Cell[] {
  const figures = [h.gone, h.refused.length, h.moved, h.broken, h.shutdown, h.restored, h.lost, h.displaced];
  return [policy, ...figures].map(plain);
}
