import type { Spread } from '../../format/spread.ts';
import type { Output } from '../output.ts';
import { styleFor } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { printableAnswer, wrap } from './text.ts';

const COLUMNS: readonly Column[] = [
  { title: 'message', align: 'right' },
  { title: 'node', align: 'right' },
  { title: '', align: 'left' },
  { title: 'CPUs', align: 'left' },
];

/** A row for each message, in the order of the MSI-X table. */
export function renderSpread(answer: Spread, out: Output): string {
  const { kernel, topology, nvecs, asked, masks, failure, warnings } = printableAnswer(answer);
  const style = styleFor(out.color);
  const count = asked === undefined ? `${nvecs}` : `${nvecs} of ${asked.max}`;
  const head = `${topology.name}: ${count} messages over CPUs ${topology.present}, rules of ${kernel.profile}`;
  const lines = [
    ...wrap(head, out.columns, '  '),
    ...(failure === undefined
      ? []
      : [style.bad(`${failure.kind === 'crash' ? 'the kernel crashes' : 'refused'}: ${failure.text}`)]),
    ...(masks.length === 0 ? [] : renderTable(COLUMNS, masks.map(rowOf), out.columns)),
    ...warnings.flatMap((text) => wrap(`warning: ${text}`, out.columns, '  ')),
    ...(kernel.assumption === undefined
      ? []
      : wrap(style.dim(`note: ${kernel.assumption}`), out.columns, '  ')),
  ];
  return `${lines.join('\n')}\n`;
}

function rowOf({ index, cpus, node, managed }: Spread['masks'][number]): string[] {
  return [String(index), node === undefined ? '' : String(node), managed ? 'managed' : 'default', cpus];
}
