import { formatNumberList } from '../../base/number-list.ts';
import type { Report } from '../../format/report.ts';
import { type CpuUse, type Occupancy, VECTORS } from '../../query/occupancy.ts';
import type { RowOrder } from '../state/view-state.ts';

/** Where everything on the map is, in CSS pixels. `y` counts from below the axis, through all rows. */
export interface MapLayout {
  readonly occupancy: Occupancy;
  readonly width: number;
  readonly axisHeight: number;
  readonly rowHeight: number;
  /** Left end of the cells (vectors) or of the bars. */
  readonly gridX: number;
  /** Width of one vector. Whole pixels where vectors are columns, so that no column looks wider. */
  readonly unit: number;
  /** The bar right of the cells; absent where the bars are the map. */
  readonly bar: { readonly x: number; readonly unit: number } | undefined;
  /** Right end of the figure at the right. */
  readonly figureRight: number;
  readonly rows: readonly Row[];
  readonly rowOfCpu: ReadonlyMap<number, CpuRow>;
  readonly contentHeight: number;
}

export interface CpuRow {
  readonly kind: 'cpu';
  readonly y: number;
  readonly height: number;
  readonly use: CpuUse;
  /** False where rows are too low for a number each. */
  readonly hasLabel: boolean;
}

export interface HeadingRow {
  readonly kind: 'heading';
  readonly y: number;
  readonly height: number;
  readonly text: string;
  readonly detail: string;
}

export type Row = CpuRow | HeadingRow;

const LABEL_WIDTH = 46;
export const FIGURE_WIDTH = 58;
const GAP = 10;
const HEADING_HEIGHT = 24;
const MIN_BAR = 64;
const MAX_BAR = 240;
/** Below this, a row's number would touch the next. */
const LABEL_HEIGHT = 11;
/** The height that the rows share before they get too low. */
const COMFORTABLE_HEIGHT = 560;

export function layoutMap(report: Report, occupancy: Occupancy, order: RowOrder, width: number): MapLayout {
  const count = Math.max(1, occupancy.cpus.length);
  const rowHeight = clamp(Math.floor(COMFORTABLE_HEIGHT / count), 5, count <= 8 ? 26 : 20);
  const rows = layoutRows(report, occupancy, order, rowHeight);
  const last = rows.at(-1);
  const rowOfCpu = new Map<number, CpuRow>();
  for (const row of rows) if (row.kind === 'cpu') rowOfCpu.set(row.use.cpu.cpu, row);
  return {
    occupancy,
    width,
    axisHeight: 39,
    rowHeight,
    gridX: LABEL_WIDTH,
    ...columns(occupancy, width),
    rows,
    rowOfCpu,
    contentHeight: last === undefined ? 0 : last.y + last.height,
  };
}

function columns(occupancy: Occupancy, width: number): Pick<MapLayout, 'unit' | 'bar' | 'figureRight'> {
  const room = Math.max(0, width - LABEL_WIDTH - FIGURE_WIDTH);
  if (occupancy.mode === 'bars') {
    return { unit: room / occupancy.capacity, bar: undefined, figureRight: width };
  }
  const unit = Math.max(2, Math.floor((room - GAP - MIN_BAR) / VECTORS));
  const x = LABEL_WIDTH + unit * VECTORS + GAP;
  const barWidth = clamp(width - FIGURE_WIDTH - x, 0, MAX_BAR);
  return {
    unit,
    bar: { x, unit: barWidth / occupancy.capacity },
    figureRight: x + barWidth + FIGURE_WIDTH,
  };
}

function layoutRows(report: Report, occupancy: Occupancy, order: RowOrder, rowHeight: number): Row[] {
  const rows: Row[] = [];
  const step = labelStep(rowHeight);
  let y = 0;
  const addCpus = (uses: readonly CpuUse[]): void => {
    for (const [at, use] of uses.entries()) {
      rows.push({ kind: 'cpu', y, height: rowHeight, use, hasLabel: at % step === 0 });
      y += rowHeight;
    }
  };
  const groups = order === 'node' ? groupByNode(report, occupancy) : [];
  // Offline CPUs have left their node: alone they are no second one.
  if (groups.filter((group) => group.node !== undefined).length < 2) {
    addCpus(order === 'fullest' ? [...occupancy.cpus].sort(byRoom) : occupancy.cpus);
    return rows;
  }
  for (const group of groups) {
    const online = group.uses.filter((use) => use.cpu.online);
    const free = online.reduce((sum, use) => sum + use.cpu.available.min, 0);
    const capacity = online.reduce((sum, use) => sum + use.cpu.capacity.min, 0);
    const cpus = formatNumberList(group.uses.map((use) => use.cpu.cpu));
    rows.push({
      kind: 'heading',
      y,
      height: HEADING_HEIGHT,
      text: group.node === undefined ? 'NUMA node not known' : `NUMA node ${group.node}`,
      detail:
        online.length === 0
          ? `${group.uses.length === 1 ? 'CPU' : 'CPUs'} ${cpus} · offline`
          : `CPUs ${cpus} · ${free.toLocaleString('en')} free of ${capacity.toLocaleString('en')}`,
    });
    y += HEADING_HEIGHT;
    addCpus(group.uses);
  }
  return rows;
}

interface NodeGroup {
  readonly node: number | undefined;
  readonly uses: CpuUse[];
}

function groupByNode(report: Report, occupancy: Occupancy): NodeGroup[] {
  const groups = new Map<number | undefined, NodeGroup>();
  for (const { node } of report.nodes) groups.set(node, { node, uses: [] });
  for (const use of occupancy.cpus) {
    const group = groups.get(use.cpu.node) ?? { node: use.cpu.node, uses: [] };
    groups.set(use.cpu.node, group);
    group.uses.push(use);
  }
  return [...groups.values()].filter((group) => group.uses.length > 0);
}

/** The least certain room first; offline CPUs have none to give and come last. */
function byRoom(a: CpuUse, b: CpuUse): number {
  if (a.cpu.online !== b.cpu.online) return a.cpu.online ? -1 : 1;
  return a.cpu.available.min - b.cpu.available.min || a.cpu.cpu - b.cpu.cpu;
}

function labelStep(rowHeight: number): number {
  return [1, 2, 4].find((step) => step * rowHeight >= LABEL_HEIGHT) ?? 4;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Index of the row at `y`, or of the last row above it. */
export function rowIndexAt(layout: MapLayout, y: number): number {
  let low = 0;
  let high = layout.rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((layout.rows[middle]?.y ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}
