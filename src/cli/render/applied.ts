import { plural } from '../../base/plural.ts';
import type { Applied, AppliedWrite } from '../../format/apply.ts';
import type { Output } from '../output.ts';
import { type Style, styleFor } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { printableAnswer, shortenLists, wrap } from './text.ts';

const WRITES_SHOWN = 40;

const COLUMNS: readonly Column[] = [
  { title: 'IRQ', align: 'right' },
  { title: 'mask', align: 'left' },
  { title: 'on CPU', align: 'left' },
  { title: 'result', align: 'left' },
];

/** What apply or rollback did, mask by mask; what needs a look comes first. */
export function renderApplied(answer: Applied, out: Output): string {
  const applied = printableAnswer(answer);
  const style = styleFor(out.color);
  const blocks = [
    [
      ...wrap(headline(applied), out.columns).map(paintFor(applied, style)),
      ...applied.notes.flatMap((note) => wrap(shortenLists(note), out.columns, '  ')),
    ],
    table(applied, out),
    applied.journal === undefined || applied.writes.length === 0
      ? []
      : [style.dim(`journal: ${applied.journal}`)],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headline({ outcome, writes }: Applied): string {
  const count = (result: AppliedWrite['result']): number =>
    writes.filter((write) => write.result === result).length;
  switch (outcome) {
    case 'dry-run':
      return `The machine is as planned; ${plural(writes.length, 'mask')} would be written. --yes writes them.`;
    case 'nothing-to-do':
      return 'Nothing to do.';
    case 'applied': {
      const pending = count('pending');
      const rest = pending === 0 ? '' : `; ${pending} of them move with their next interrupt`;
      return `${plural(writes.length, 'mask')} written${rest}.`;
    }
    case 'refused':
      return `Stopped; ${plural(count('restored'), 'mask')} that had been written ${count('restored') === 1 ? 'is' : 'are'} restored.`;
    case 'restored':
      return `${plural(count('restored'), 'mask')} restored.`;
    case 'not-restored':
      return `${plural(count('not-restored') + count('foreign'), 'mask')} could not be restored.`;
  }
}

function paintFor({ outcome }: Applied, style: Style): (text: string) => string {
  if (outcome === 'refused' || outcome === 'not-restored') return style.bad;
  return outcome === 'dry-run' ? style.warn : style.good;
}

/** What is as it should be comes last, and is cut first. */
const ORDER: readonly AppliedWrite['result'][] = ['refused', 'not-restored', 'foreign', 'gone', 'pending'];

function table({ writes }: Applied, out: Output): string[] {
  if (writes.length === 0) return [];
  const rank = ({ result }: AppliedWrite): number => {
    const at = ORDER.indexOf(result);
    return at < 0 ? ORDER.length : at;
  };
  const rows = [...writes]
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, WRITES_SHOWN)
    .map(({ irq, from, to, result, errno, effective }) => [
      String(irq),
      shortenLists(`${from} → ${to}`),
      effective ?? '',
      errno === undefined ? result : `${result}: ${errno}`,
    ]);
  const hidden = writes.length - rows.length;
  return [
    ...renderTable(COLUMNS, rows, out.columns),
    ...(hidden > 0 ? [`  … and ${hidden} more (--json has all)`] : []),
  ];
}
