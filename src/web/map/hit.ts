import type { ReportIrq } from '../../format/report.ts';
import { IN_USE, VECTORS } from '../../query/occupancy.ts';
import { type CpuRow, type MapLayout, rowIndexAt } from './layout.ts';

/** One place on the map: a vector or a segment of a CPU, or ({@link WHOLE_CPU}) the CPU itself. */
export interface MapTarget {
  readonly cpu: number;
  /** Vector number, or index of the segment where only bars are shown. */
  readonly at: number;
}

export const WHOLE_CPU = -1;

/** Number of places in a row, the CPU itself not counted. */
export function placesIn(layout: MapLayout, row: CpuRow): number {
  if (!row.use.cpu.online) return 0;
  if (layout.occupancy.mode === 'bars') return row.use.segments.length;
  return row.use.cells === undefined ? 0 : VECTORS;
}

/** What is under a point; `y` counts from below the axis, scrolling included. */
export function hitTest(layout: MapLayout, x: number, y: number): MapTarget | undefined {
  const row = layout.rows[rowIndexAt(layout, y)];
  if (row === undefined || row.kind !== 'cpu' || y < row.y || y >= row.y + row.height) return undefined;
  if (x < 0 || x >= layout.width) return undefined;
  const { cpu } = row.use.cpu;
  const unit = Math.floor((x - layout.gridX) / layout.unit);
  const places = placesIn(layout, row);
  if (x < layout.gridX || places === 0) return { cpu, at: WHOLE_CPU };
  if (layout.occupancy.mode === 'vectors') return { cpu, at: unit < VECTORS ? unit : WHOLE_CPU };
  const at = row.use.segments.findIndex((segment) => unit >= segment.from && unit < segment.to);
  return { cpu, at: at < 0 ? WHOLE_CPU : at };
}

export function irqAt(layout: MapLayout, target: MapTarget): ReportIrq | undefined {
  const use = layout.occupancy.byCpu.get(target.cpu);
  if (use === undefined || target.at === WHOLE_CPU) return undefined;
  return layout.occupancy.mode === 'bars' ? use.segments[target.at]?.irq : use.owners.get(target.at);
}

/** Held by an interrupt, known or not. */
export function isInUse(layout: MapLayout, target: MapTarget): boolean {
  const use = layout.occupancy.byCpu.get(target.cpu);
  const kind = layout.occupancy.mode === 'bars' ? use?.segments[target.at]?.kind : use?.cells?.[target.at];
  return kind !== undefined && IN_USE.has(kind);
}

/** Where an interrupt is on the map; undefined when it holds no vector, or nobody knows which. */
export function targetOf(layout: MapLayout, irq: ReportIrq): MapTarget | undefined {
  if (irq.cpu === undefined || irq.state !== 'active') return undefined;
  const use = layout.occupancy.byCpu.get(irq.cpu);
  if (use === undefined) return undefined;
  if (layout.occupancy.mode === 'bars') {
    const at = use.segments.findIndex((segment) => segment.irq?.irq === irq.irq);
    return at < 0 ? undefined : { cpu: irq.cpu, at };
  }
  return irq.vector === undefined ? undefined : { cpu: irq.cpu, at: irq.vector };
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The rectangle of a place; `y` counts from below the axis, scrolling included. */
export function rectOf(layout: MapLayout, target: MapTarget): Rect | undefined {
  const row = layout.rowOfCpu.get(target.cpu);
  if (row === undefined) return undefined;
  const { y, height } = row;
  if (target.at === WHOLE_CPU || placesIn(layout, row) === 0) {
    return { x: 0, y, width: layout.figureRight, height };
  }
  if (layout.occupancy.mode === 'vectors') {
    return { x: layout.gridX + target.at * layout.unit, y, width: layout.unit, height };
  }
  const segment = row.use.segments[target.at];
  if (segment === undefined) return undefined;
  const x = layout.gridX + segment.from * layout.unit;
  return { x, y, width: (segment.to - segment.from) * layout.unit, height };
}
