/** The CPU × vector picture for a terminal. */
import { formatNumberList } from '../../base/number-list.ts';
import type { Report } from '../../format/report.ts';
import {
  buildOccupancy,
  type CellClass,
  type CpuUse,
  type Occupancy,
  type SegmentKind,
} from '../../query/occupancy.ts';
import type { Output } from '../output.ts';
import { type Style, styleFor } from './style.ts';
import { clip, printableAnswer, wrap } from './text.ts';

type Kind = CellClass | SegmentKind;

/** What a character says of its vectors, in the order of the legend. */
const MARKS: readonly { readonly kind: Kind; readonly mark: string; readonly meaning: string }[] = [
  { kind: 'regular', mark: 'r', meaning: 'interrupts that may move' },
  { kind: 'managed', mark: 'm', meaning: 'managed interrupts' },
  { kind: 'legacy', mark: 'i', meaning: 'ISA interrupts' },
  { kind: 'unknown', mark: '?', meaning: 'in use, not known by what' },
  { kind: 'idle', mark: '-', meaning: 'set aside for managed interrupts' },
  { kind: 'uncertain', mark: '~', meaning: 'not certain' },
  { kind: 'free', mark: '.', meaning: 'free' },
  { kind: 'system', mark: '#', meaning: 'system' },
  { kind: 'outside', mark: ' ', meaning: '' },
];
const IN_USE = 4;

/** Below are exceptions on every machine. */
const FIRST_SHOWN = 32;
const RULER_STEP = 32;
const LABEL_WIDEST = 14;
const MOST_ROWS = 128;

interface Row {
  readonly cpus: number[];
  readonly cells: string;
}

/**
 * A line per CPU, those that look alike in one; as many vectors to a character as the width asks for. A capital: every
 * vector of the character that devices can have is in use.
 */
export function renderMap(report: Report, out: Output): string[] {
  const style = styleFor(out.color);
  const occupancy = buildOccupancy(printableAnswer(report));
  const online = occupancy.cpus.filter(({ cpu }) => cpu.online);
  const byNumber = occupancy.mode === 'vectors';
  const rowOf = (use: CpuUse): readonly Kind[] =>
    byNumber ? (use.cells ?? []).slice(FIRST_SHOWN) : bar(use, occupancy);
  const length = Math.max(1, ...online.map((use) => rowOf(use).length));
  const room = out.columns - LABEL_WIDEST - ' ||'.length;
  const per = Math.ceil(length / room);
  const rows = alike(online, (use) => drawn(rowOf(use), per));
  const labels = rows.map(({ cpus }) => clip(formatNumberList(cpus), LABEL_WIDEST));
  const width = Math.max('CPUs'.length, ...labels.map((label) => label.length));
  const shown = rows.slice(0, MOST_ROWS);
  return [
    ...(byNumber ? [style.dim(`${'CPUs'.padStart(width)}  ${ruler(length, per)}`)] : []),
    ...shown.map(({ cells }, at) => `${(labels[at] ?? '').padStart(width)} |${painted(cells, style)}|`),
    ...(rows.length > shown.length
      ? [style.dim(`… and ${rows.length - shown.length} rows more; --json has all`)]
      : []),
    ...wrap(legend(shown, per, byNumber), out.columns, '  ').map(style.dim),
  ];
}

function bar({ segments }: CpuUse, { capacity }: Occupancy): Kind[] {
  const kinds = segments.flatMap(({ kind, from, to }) => Array.from({ length: to - from }, (): Kind => kind));
  return kinds.slice(0, capacity);
}

function alike(uses: readonly CpuUse[], draw: (use: CpuUse) => string): Row[] {
  const rows = new Map<string, Row>();
  for (const use of uses) {
    const cells = draw(use);
    const row = rows.get(cells);
    if (row === undefined) rows.set(cells, { cpus: [use.cpu.cpu], cells });
    else row.cpus.push(use.cpu.cpu);
  }
  return [...rows.values()];
}

function drawn(kinds: readonly Kind[], per: number): string {
  let text = '';
  for (let at = 0; at < kinds.length; at += per) text += markOf(kinds.slice(at, at + per), per);
  return text;
}

/** The kind that most of the used vectors are; else of all. */
function markOf(kinds: readonly Kind[], per: number): string {
  const count = (kind: Kind): number => kinds.filter((one) => one === kind).length;
  const most = (of: typeof MARKS): string => {
    const [first] = [...of].sort((a, b) => count(b.kind) - count(a.kind));
    return first?.mark ?? ' ';
  };
  const used = MARKS.slice(0, IN_USE).filter(({ kind }) => count(kind) > 0);
  if (used.length === 0) return most(MARKS.slice(IN_USE));
  const isFull = count('free') + count('idle') + count('uncertain') === 0;
  return isFull && per > 1 ? most(used).toUpperCase() : most(used);
}

function ruler(length: number, per: number): string {
  let text = '';
  for (let vector = FIRST_SHOWN; vector < FIRST_SHOWN + length; vector += RULER_STEP) {
    const at = Math.floor((vector - FIRST_SHOWN) / per);
    if (at >= text.length) text = `${text.padEnd(at)}${vector} `;
  }
  return text.trimEnd();
}

function painted(cells: string, style: Style): string {
  return cells.replace(/[rR]+|[mM]+|[#.]+/g, (run) => {
    if (/^[rR]/.test(run)) return style.warn(run);
    return /^[mM]/.test(run) ? style.good(run) : style.dim(run);
  });
}

function legend(rows: readonly Row[], per: number, byNumber: boolean): string {
  const used = new Set(rows.flatMap(({ cells }) => [...cells.toLowerCase()]));
  const marks = MARKS.filter(({ mark, meaning }) => meaning !== '' && used.has(mark)).map(
    ({ mark, meaning }) => `${mark} ${meaning}`,
  );
  const scale =
    per === 1 ? [] : [`${per} vectors to a character, a capital where all that devices can have are in use`];
  const order = byNumber ? [] : ['vector numbers are not known, only how many'];
  return [...marks, ...scale, ...order].join('; ');
}
