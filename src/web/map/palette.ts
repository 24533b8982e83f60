import type { CellClass, SegmentKind } from '../../query/occupancy.ts';

type Ink = 'open' | 'ink' | 'muted' | 'line' | 'surface' | 'focus' | 'bad' | 'hatch';

/** The colours of the map. They are defined once, in style/theme.css, for the legend and for the canvas. */
export type Palette = Readonly<Record<CellClass | SegmentKind | Ink, string>> & { readonly font: string };

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    system: read('--cell-system'),
    legacy: read('--cell-legacy'),
    regular: read('--cell-regular'),
    managed: read('--cell-managed'),
    unknown: read('--cell-unknown'),
    idle: read('--cell-idle'),
    uncertain: read('--cell-free'),
    free: read('--cell-free'),
    outside: read('--cell-outside'),
    hatch: read('--hatch'),
    ink: read('--ink'),
    muted: read('--muted'),
    line: read('--line'),
    surface: read('--surface'),
    focus: read('--focus'),
    bad: read('--bad'),
    open: read('--open'),
    font: style.fontFamily,
  };
}
