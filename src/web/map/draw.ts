import { formatRange } from '../../base/range.ts';
import {
  type CellClass,
  driftOf,
  IN_USE,
  type Segment,
  type SegmentKind,
  VECTORS,
} from '../../query/occupancy.ts';
import { type MapTarget, rectOf } from './hit.ts';
import { type CpuRow, FIGURE_WIDTH, type HeadingRow, type MapLayout, rowIndexAt } from './layout.ts';
import type { Palette } from './palette.ts';

/** What is on show now; everything else follows from the layout. */
export interface MapScene {
  readonly scrollTop: number;
  /** Of the canvas, axis included. */
  readonly height: number;
  readonly pixelRatio: number;
  readonly palette: Palette;
  readonly hover: MapTarget | undefined;
  readonly focus: MapTarget | undefined;
  readonly selected: MapTarget | undefined;
  /** Interrupts of the chosen device; undefined: none chosen, all in full colour. */
  readonly highlighted: ReadonlySet<number> | undefined;
  /** Where the kernel would refuse to hibernate. */
  readonly refusedCpu: number | undefined;
}

type Context = CanvasRenderingContext2D;

const DIMMED = 0.22;

export function drawMap(ctx: Context, layout: MapLayout, scene: MapScene): void {
  const { palette, pixelRatio, height, scrollTop } = scene;
  ctx.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  ctx.fillStyle = palette.surface;
  ctx.fillRect(0, 0, layout.width, height);

  const hatch = hatchPattern(ctx, palette.hatch, pixelRatio);
  ctx.save();
  ctx.translate(0, layout.axisHeight - scrollTop);
  for (let at = rowIndexAt(layout, scrollTop); at < layout.rows.length; at++) {
    const row = layout.rows[at];
    if (row === undefined || row.y > scrollTop + height - layout.axisHeight) break;
    if (row.kind === 'heading') drawHeading(ctx, layout, row, palette);
    else drawCpu(ctx, layout, row, scene, hatch);
  }
  drawMarks(ctx, layout, scene);
  ctx.restore();
  drawAxis(ctx, layout, scene);
}

function drawHeading(ctx: Context, layout: MapLayout, row: HeadingRow, palette: Palette): void {
  const baseline = row.y + row.height - 7;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.font = `600 12px ${palette.font}`;
  ctx.fillStyle = palette.ink;
  ctx.fillText(row.text, layout.gridX, baseline);
  const after = layout.gridX + ctx.measureText(row.text).width + 10;
  ctx.font = `12px ${palette.font}`;
  ctx.fillStyle = palette.muted;
  ctx.fillText(row.detail, after, baseline);
}

function drawCpu(
  ctx: Context,
  layout: MapLayout,
  row: CpuRow,
  scene: MapScene,
  hatch: CanvasPattern | string,
): void {
  const { palette } = scene;
  const { cpu } = row.use.cpu;
  // One pixel between rows, as long as a row can spare it.
  const height = row.height - (row.height >= 14 ? 2 : row.height >= 4 ? 1 : 0);
  const isPointed = scene.hover?.cpu === cpu || scene.focus?.cpu === cpu;
  const isRefused = scene.refusedCpu === cpu;

  if (!row.use.cpu.online) drawOffline(ctx, layout, row, height, palette, hatch);
  else if (layout.occupancy.mode === 'bars') drawSegments(ctx, layout, row, height, scene, hatch);
  else {
    if (row.use.cells !== undefined) drawCells(ctx, layout, row, row.use.cells, height, scene);
    drawBar(ctx, layout, row, height, palette, hatch);
  }

  if (!row.hasLabel && !isPointed && !isRefused) return;
  if (row.height < 11 && (isPointed || isRefused)) {
    // Rows without a number of their own: clear the neighbours' numbers away.
    ctx.fillStyle = palette.surface;
    ctx.fillRect(0, row.y - 5, layout.gridX - 3, row.height + 10);
    ctx.fillRect(layout.figureRight - FIGURE_WIDTH + 2, row.y - 5, FIGURE_WIDTH - 2, row.height + 10);
  }
  const middle = row.y + height / 2 + 0.5;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'right';
  ctx.font = `${isPointed || isRefused ? '600 ' : ''}11px ${palette.font}`;
  ctx.fillStyle = isRefused ? palette.bad : isPointed ? palette.ink : palette.muted;
  ctx.fillText(`${isRefused ? '✕ ' : ''}${cpu}`, layout.gridX - 8, middle);
  if (!row.use.cpu.online) return;
  const { min, max } = row.use.cpu.available;
  ctx.fillStyle = isPointed ? palette.ink : palette.muted;
  const hasDrifted = driftOf(row.use.cpu) !== 0;
  if (hasDrifted) ctx.fillStyle = palette.open;
  ctx.fillText(formatRange({ min, max }) + (hasDrifted ? '*' : ''), layout.figureRight - 6, middle);
}

function drawOffline(
  ctx: Context,
  layout: MapLayout,
  row: CpuRow,
  height: number,
  palette: Palette,
  hatch: CanvasPattern | string,
): void {
  const width =
    layout.occupancy.mode === 'bars' ? layout.unit * layout.occupancy.capacity : layout.unit * VECTORS;
  ctx.fillStyle = palette.outside;
  ctx.fillRect(layout.gridX, row.y, width, height);
  ctx.globalAlpha = 0.6;
  ctx.fillStyle = hatch;
  ctx.fillRect(layout.gridX, row.y, width, height);
  ctx.globalAlpha = 1;
  if (row.height < 11) return;
  ctx.font = `11px ${palette.font}`;
  const label = 'offline';
  ctx.fillStyle = palette.surface;
  ctx.fillRect(layout.gridX + 10, row.y, ctx.measureText(label).width + 12, height);
  ctx.fillStyle = palette.muted;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillText(label, layout.gridX + 16, row.y + height / 2 + 0.5);
}

/** What is not in use is drawn in runs, so that the eye finds what is. */
function drawCells(
  ctx: Context,
  layout: MapLayout,
  row: CpuRow,
  cells: readonly CellClass[],
  height: number,
  scene: MapScene,
): void {
  const { palette, highlighted } = scene;
  const x = (vector: number): number => layout.gridX + vector * layout.unit;
  const gap = layout.unit >= 4 ? 1 : 0;
  for (let from = 0; from < VECTORS; ) {
    let to = from + 1;
    const cell = cells[from] ?? 'outside';
    while (to < VECTORS && cells[to] === cell) to++;
    if (!IN_USE.has(cell)) {
      ctx.fillStyle = palette[cell];
      ctx.fillRect(x(from), row.y, x(to) - x(from), height);
    } else {
      ctx.fillStyle = palette.free;
      ctx.fillRect(x(from), row.y, x(to) - x(from), height);
      for (let vector = from; vector < to; vector++) {
        const irq = row.use.owners.get(vector);
        const isDimmed = highlighted !== undefined && (irq === undefined || !highlighted.has(irq.irq));
        ctx.globalAlpha = isDimmed ? DIMMED : 1;
        ctx.fillStyle = palette[cell];
        ctx.fillRect(x(vector), row.y, layout.unit - gap, height);
        if (irq?.movePending === true) drawPending(ctx, x(vector), layout.unit - gap, row, height, palette);
      }
      ctx.globalAlpha = 1;
    }
    from = to;
  }
}

/** An interrupt that is about to leave: its cell has a foot of another colour. */
function drawPending(
  ctx: Context,
  x: number,
  width: number,
  row: CpuRow,
  height: number,
  palette: Palette,
): void {
  const foot = Math.max(1, Math.round(height / 4));
  ctx.fillStyle = palette.ink;
  ctx.fillRect(x, row.y + height - foot, width, foot);
}

function drawSegments(
  ctx: Context,
  layout: MapLayout,
  row: CpuRow,
  height: number,
  scene: MapScene,
  hatch: CanvasPattern | string,
): void {
  const { palette, highlighted, pixelRatio } = scene;
  const snap = (x: number): number => Math.round(x * pixelRatio) / pixelRatio;
  for (const { kind, from, to, irq } of row.use.segments) {
    const left = snap(layout.gridX + from * layout.unit);
    const right = snap(layout.gridX + to * layout.unit);
    const isDimmed = highlighted !== undefined && irq !== undefined && !highlighted.has(irq.irq);
    ctx.globalAlpha = isDimmed ? DIMMED : 1;
    ctx.fillStyle = palette[kind];
    const width = right - left - (layout.unit >= 3 && kind !== 'free' ? 1 : 0);
    ctx.fillRect(left, row.y, width, height);
    if (irq?.movePending === true) drawPending(ctx, left, width, row, height, palette);
    ctx.globalAlpha = 1;
    if (kind !== 'uncertain' && kind !== 'idle') continue;
    ctx.fillStyle = hatch;
    ctx.fillRect(left, row.y, right - left, height);
  }
}

/** The same segments in small, neighbours of a kind in one piece: side by side they would blur. */
function drawBar(
  ctx: Context,
  layout: MapLayout,
  row: CpuRow,
  height: number,
  palette: Palette,
  hatch: CanvasPattern | string,
): void {
  const { bar } = layout;
  if (bar === undefined) return;
  let left = bar.x;
  for (const [kind, count] of totals(row.use.segments)) {
    if (kind === 'free') continue;
    const width = Math.max(MIN_BAR_PIECE, Math.round(count * bar.unit));
    ctx.fillStyle = palette[kind];
    ctx.fillRect(left, row.y, width, height);
    if (kind === 'uncertain' || kind === 'idle') {
      ctx.fillStyle = hatch;
      ctx.fillRect(left, row.y, width, height);
    }
    left += width;
  }
  ctx.fillStyle = palette.free;
  const right = Math.round(bar.x + layout.occupancy.capacity * bar.unit);
  if (left < right) ctx.fillRect(left, row.y, right - left, height);
}

/** What there is of a kind must be seen, if only two in two hundred are. */
const MIN_BAR_PIECE = 2;

function totals(segments: readonly Segment[]): ReadonlyMap<SegmentKind, number> {
  const sums = new Map<SegmentKind, number>();
  for (const { kind, from, to } of segments) sums.set(kind, (sums.get(kind) ?? 0) + to - from);
  return sums;
}

function drawMarks(ctx: Context, layout: MapLayout, { palette, hover, focus, selected }: MapScene): void {
  const ring = (target: MapTarget | undefined, color: string): void => {
    const rect = target === undefined ? undefined : rectOf(layout, target);
    if (rect === undefined) return;
    // Around what is painted, not around its share of the gaps; and light outside, to show on every colour.
    const width = rect.width - (rect.width >= 4 ? 1 : 0) + 4;
    const height = rect.height - (layout.rowHeight >= 14 ? 2 : 1) + 4;
    for (const [thickness, ink] of [
      [4, palette.surface],
      [2, color],
    ] as const) {
      ctx.lineWidth = thickness;
      ctx.strokeStyle = ink;
      ctx.strokeRect(rect.x - 2, rect.y - 2, width, height);
    }
  };
  if (selected !== undefined) ring(selected, palette.ink);
  if (focus !== undefined) ring(focus, palette.focus);
  if (hover !== undefined && hover.at >= 0) ring(hover, palette.muted);
}

function drawAxis(ctx: Context, layout: MapLayout, { palette }: MapScene): void {
  const { gridX, unit, occupancy, bar } = layout;
  // Three pixels are left to the rings around the first row.
  const axisHeight = layout.axisHeight - 3;
  ctx.fillStyle = palette.surface;
  ctx.fillRect(0, 0, layout.width, axisHeight);
  ctx.textBaseline = 'alphabetic';
  ctx.font = `11px ${palette.font}`;
  ctx.fillStyle = palette.muted;
  ctx.textAlign = 'right';
  ctx.fillText('CPU', gridX - 8, 29);
  ctx.fillText('free', layout.figureRight - 6, 29);

  const isBars = occupancy.mode === 'bars';
  const step = isBars ? 20 : 16;
  const end = isBars ? occupancy.capacity : VECTORS;
  ctx.textAlign = 'left';
  for (let at = 0; at < end - (isBars ? 6 : 0); at += step) {
    const x = Math.round(gridX + at * unit);
    ctx.fillStyle = palette.line;
    ctx.fillRect(x, 20, 1, axisHeight - 20);
    ctx.fillStyle = palette.muted;
    ctx.fillText(String(at), x + 3, 29);
  }
  if (isBars) {
    ctx.fillText(
      `vectors of each CPU, of ${occupancy.capacity}; which numbers they have is not known`,
      gridX,
      13,
    );
    return;
  }
  const { start, end: windowEnd } = occupancy.window;
  const caption = (text: string, from: number, to: number): void => {
    const left = gridX + from * unit;
    const width = (to - from) * unit;
    if (ctx.measureText(text).width + 4 <= width) ctx.fillText(text, left, 13);
    ctx.fillStyle = palette.line;
    ctx.fillRect(left, 18, width - 2, 1);
    ctx.fillStyle = palette.muted;
  };
  caption('exceptions', 0, start);
  caption(`vectors for devices, ${start} to ${windowEnd - 1}`, start, windowEnd);
  caption('system', windowEnd, VECTORS);
  if (bar === undefined) return;
  ctx.fillText(`use, of ${occupancy.capacity}`, bar.x, 29);
}

const hatches = new Map<string, CanvasPattern>();

/** Diagonal lines: a second sign beside colour for what is not known or not in use. */
function hatchPattern(ctx: Context, color: string, pixelRatio: number): CanvasPattern | string {
  const key = `${color} ${pixelRatio}`;
  const known = hatches.get(key);
  if (known !== undefined) return known;
  const size = Math.round(5 * pixelRatio);
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  if (pen === null) return color;
  pen.strokeStyle = color;
  pen.lineWidth = 1.1 * pixelRatio;
  for (const shift of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
    pen.stroke();
  }
  const pattern = ctx.createPattern(tile, 'repeat');
  if (pattern === null) return color;
  pattern.setTransform(new DOMMatrix().scale(1 / pixelRatio));
  hatches.set(key, pattern);
  return pattern;
}
