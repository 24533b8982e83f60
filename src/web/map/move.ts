import { isInUse, type MapTarget, placesIn, WHOLE_CPU } from './hit.ts';
import type { CpuRow, MapLayout } from './layout.ts';

export interface MoveKey {
  readonly key: string;
  /** Left and right: on to the next vector in use. */
  readonly shift: boolean;
  /** Home and End: over the whole map. */
  readonly ctrl: boolean;
}

/**
 * Where a key leads from `from`: undefined when it is not a moving key. Left of the first place is the CPU
 * itself. Up and down keep the place, as far as the next row has it.
 */
export function moveFocus(
  layout: MapLayout,
  from: MapTarget | undefined,
  { key, shift, ctrl }: MoveKey,
  pageRows: number,
): MapTarget | undefined {
  const rows = layout.rows.filter((row) => row.kind === 'cpu');
  const first = rows[0];
  const last = rows.at(-1);
  if (first === undefined || last === undefined || !MOVING_KEYS.has(key)) return undefined;
  const at = rows.findIndex((row) => row.use.cpu.cpu === from?.cpu);
  const row = rows[at];
  if (from === undefined || row === undefined) return firstInUse(layout, first) ?? placeIn(layout, first, 0);

  const toRow = (to: number): MapTarget => {
    const next = rows[Math.min(rows.length - 1, Math.max(0, to))] ?? row;
    return placeIn(layout, next, from.at);
  };
  switch (key) {
    case 'ArrowUp':
      return toRow(at - 1);
    case 'ArrowDown':
      return toRow(at + 1);
    case 'PageUp':
      return toRow(at - pageRows);
    case 'PageDown':
      return toRow(at + pageRows);
    case 'Home':
      return placeIn(layout, ctrl ? first : row, 0);
    case 'End':
      return placeIn(layout, ctrl ? last : row, Number.POSITIVE_INFINITY);
    case 'ArrowLeft':
      return (shift ? nextInUse(layout, row, from, -1) : undefined) ?? placeIn(layout, row, from.at - 1);
    default:
      return (shift ? nextInUse(layout, row, from, 1) : undefined) ?? placeIn(layout, row, from.at + 1);
  }
}

const MOVING_KEYS = new Set([
  'ArrowUp',
  'ArrowDown',
  'ArrowLeft',
  'ArrowRight',
  'PageUp',
  'PageDown',
  'Home',
  'End',
]);

function placeIn(layout: MapLayout, row: CpuRow, at: number): MapTarget {
  const last = placesIn(layout, row) - 1;
  return { cpu: row.use.cpu.cpu, at: Math.max(WHOLE_CPU, Math.min(last, at)) };
}

function firstInUse(layout: MapLayout, row: CpuRow): MapTarget | undefined {
  return nextInUse(layout, row, { cpu: row.use.cpu.cpu, at: WHOLE_CPU }, 1);
}

function nextInUse(layout: MapLayout, row: CpuRow, from: MapTarget, step: 1 | -1): MapTarget | undefined {
  const places = placesIn(layout, row);
  for (let at = from.at + step; at >= 0 && at < places; at += step) {
    const target = { cpu: from.cpu, at };
    if (isInUse(layout, target)) return target;
  }
  return undefined;
}
