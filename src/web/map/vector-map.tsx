import { useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Fits } from '../../format/fits.ts';
import type { Report } from '../../format/report.ts';
import type { Occupancy } from '../../query/occupancy.ts';
import { devices, selectedIrq } from '../state/answers.ts';
import { deviceKey } from '../state/devices.ts';
import { isDark } from '../state/theme.ts';
import { changeView, view } from '../state/view.ts';
import type { RowOrder } from '../state/view-state.ts';
import { describe, describeInWords } from './describe.ts';
import { drawMap } from './draw.ts';
import { hitTest, irqAt, type MapTarget, rectOf, targetOf } from './hit.ts';
import { layoutMap } from './layout.ts';
import { Legend } from './legend.tsx';
import { focusTarget, hoverTarget, setTarget } from './map-state.ts';
import { moveFocus } from './move.ts';
import { readPalette } from './palette.ts';
import { Readout } from './readout.tsx';

const MAX_HEIGHT = 640;

interface Props {
  readonly report: Report;
  readonly occupancy: Occupancy;
  readonly hibernate: Fits;
}

/**
 * The map: a canvas as high as its window, kept in place while a spacer scrolls below it. The one cell that has
 * the focus also exists as an element inside the canvas, for screen readers.
 */
export function VectorMap({ report, occupancy, hibernate }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const { rows: order } = view.value;
  const layout = useMemo(() => layoutMap(report, occupancy, order, width), [report, occupancy, order, width]);
  const height = Math.min(MAX_HEIGHT, layout.axisHeight + layout.contentHeight + 3);
  const refusedCpu = hibernate.steps.find((step) => step.fits === false)?.cpu;
  const state = useRef({ layout, height, refusedCpu });
  state.current = { layout, height, refusedCpu };

  const draw = useRef(makePainter(canvas, scroller, state)).current;
  useLayoutEffect(draw);
  useSignalEffect(() => {
    // Read here, so that a change of any of them paints; the frame after it reads them again.
    void [hoverTarget.value, focusTarget.value, selectedIrq.value, view.value, devices.value, isDark.value];
    draw();
  });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const reveal = (target: MapTarget | undefined): void => {
    const element = scroller.current;
    const rect = target === undefined ? undefined : rectOf(layout, target);
    if (element === null || rect === undefined) return;
    const visible = height - layout.axisHeight;
    if (rect.y < element.scrollTop + 4) element.scrollTop = rect.y - 30;
    else if (rect.y + rect.height > element.scrollTop + visible - 4) {
      element.scrollTop = rect.y + rect.height - visible + 30;
    }
  };
  // Chosen elsewhere, or by the address: bring it into view.
  const chosen = view.value.irq;
  useEffect(() => {
    const irq = selectedIrq.value;
    if (irq !== undefined && width > 0) reveal(targetOf(layout, irq));
  }, [chosen, width > 0]);

  const targetAt = (event: MouseEvent): MapTarget | undefined => {
    const y = event.offsetY - layout.axisHeight;
    if (y < 0) return undefined;
    return hitTest(layout, event.offsetX, y + (scroller.current?.scrollTop ?? 0));
  };
  const choose = (target: MapTarget | undefined): void => {
    const irq = target === undefined ? undefined : irqAt(layout, target);
    changeView({ irq: irq?.irq, device: irq === undefined ? undefined : deviceKey(irq) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey) return;
    if (event.key === 'Enter') choose(focusTarget.value);
    else if (event.key === 'Escape') {
      focusTarget.value = undefined;
      changeView({ irq: undefined, device: undefined });
    } else {
      const pageRows = Math.max(1, Math.floor((height - layout.axisHeight) / layout.rowHeight) - 1);
      const key = { key: event.key, shift: event.shiftKey, ctrl: event.ctrlKey };
      const next = moveFocus(layout, focusTarget.value, key, pageRows);
      if (next === undefined) return;
      hoverTarget.value = undefined;
      setTarget(focusTarget, next);
      reveal(next);
    }
    event.preventDefault();
  };

  const isBars = occupancy.mode === 'bars';
  return (
    <section class="panel map" aria-labelledby="map-title">
      <div class="panel-head">
        <h2 id="map-title">{isBars ? 'Vectors in use, by CPU' : 'CPUs and their vectors'}</h2>
        <Legend occupancy={occupancy} />
        <RowOrderChoice hasNodes={report.nodes.length > 1} />
      </div>
      <div
        class="map-scroller"
        ref={scroller}
        style={{ height: `${height}px` }}
        onScroll={() => {
          hoverTarget.value = undefined;
          draw();
        }}
      >
        <div class="map-space" style={{ height: `${layout.axisHeight + layout.contentHeight + 3}px` }}>
          {/* biome-ignore lint/a11y/useSemanticElements: 300,000 cells are painted, not elements */}
          <canvas
            ref={canvas}
            class="map-canvas"
            role="grid"
            tabIndex={0}
            aria-label={`Vectors of ${report.cpus.length} CPUs. Arrow keys move, Enter chooses, Escape clears.`}
            aria-rowcount={report.cpus.length}
            aria-colcount={isBars ? occupancy.capacity : 256}
            aria-activedescendant={focusTarget.value === undefined ? undefined : 'map-cell'}
            onPointerMove={(event) => setTarget(hoverTarget, targetAt(event))}
            onPointerLeave={() => setTarget(hoverTarget, undefined)}
            onClick={(event) => {
              const target = targetAt(event);
              setTarget(focusTarget, target);
              choose(target);
            }}
            onFocus={() => draw()}
            onBlur={() => draw()}
            onKeyDown={onKeyDown}
          >
            <FocusedCell layout={layout} />
          </canvas>
        </div>
      </div>
      <Readout layout={layout} />
    </section>
  );
}

function FocusedCell({ layout }: { readonly layout: ReturnType<typeof layoutMap> }) {
  const target = focusTarget.value;
  if (target === undefined) return null;
  const irq = irqAt(layout, target);
  const row = layout.occupancy.cpus.findIndex((use) => use.cpu.cpu === target.cpu);
  return (
    // biome-ignore lint/a11y/useSemanticElements: inside a canvas, read but never shown
    // biome-ignore lint/a11y/useFocusableInteractive: the canvas has the focus and points here
    <div role="row" aria-rowindex={row + 1}>
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: see above */}
      <div
        id="map-cell"
        role="gridcell"
        aria-colindex={target.at + 1}
        aria-selected={irq !== undefined && irq.irq === view.value.irq}
      >
        {describeInWords(describe(layout, target))}
      </div>
    </div>
  );
}

const ORDERS: readonly (readonly [RowOrder, string])[] = [
  ['node', 'by node'],
  ['number', 'by number'],
  ['fullest', 'fullest first'],
];

function RowOrderChoice({ hasNodes }: { readonly hasNodes: boolean }) {
  const current = !hasNodes && view.value.rows === 'node' ? 'number' : view.value.rows;
  return (
    <fieldset class="segmented" aria-label="Order of the CPUs">
      {ORDERS.filter(([order]) => hasNodes || order !== 'node').map(([order, label]) => (
        <label key={order} class={order === current ? 'is-on' : ''}>
          <input
            type="radio"
            name="rows"
            checked={order === current}
            onChange={() => changeView({ rows: order === 'number' && !hasNodes ? 'node' : order })}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

interface Ref<T> {
  readonly current: T;
}

interface PaintState {
  readonly layout: ReturnType<typeof layoutMap>;
  readonly height: number;
  readonly refusedCpu: number | undefined;
}

/** Paints in the next frame, once, however often it is called before that. */
function makePainter(
  canvas: Ref<HTMLCanvasElement | null>,
  scroller: Ref<HTMLDivElement | null>,
  state: Ref<PaintState>,
): () => void {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      const element = canvas.current;
      const ctx = element?.getContext('2d') ?? null;
      const { layout, height, refusedCpu } = state.current;
      if (element === null || ctx === null || layout.width === 0) return;
      const pixelRatio = devicePixelRatio;
      const [w, h] = [Math.round(layout.width * pixelRatio), Math.round(height * pixelRatio)];
      if (element.width !== w || element.height !== h) {
        element.width = w;
        element.height = h;
        element.style.width = `${layout.width}px`;
        element.style.height = `${height}px`;
      }
      const irq = selectedIrq.peek();
      const isFocused = element === document.activeElement;
      drawMap(ctx, layout, {
        scrollTop: scroller.current?.scrollTop ?? 0,
        height,
        pixelRatio,
        palette: readPalette(element),
        hover: hoverTarget.peek(),
        focus: isFocused ? focusTarget.peek() : undefined,
        selected: irq === undefined ? undefined : targetOf(layout, irq),
        highlighted: highlightedIrqs(),
        refusedCpu,
      });
    });
  };
}

/** All interrupts of the chosen device, or of the device of the chosen interrupt. */
function highlightedIrqs(): ReadonlySet<number> | undefined {
  const irq = selectedIrq.peek();
  const key = irq === undefined ? view.peek().device : deviceKey(irq);
  const device = key === undefined ? undefined : devices.peek().find((row) => row.key === key);
  return device === undefined ? undefined : new Set(device.irqs.map((one) => one.irq));
}
