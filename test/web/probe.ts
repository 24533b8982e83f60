/** What the tests and the pictures need to know of a page, found from the outside. */
import type { Page } from 'playwright-core';
import type { Report } from '../../src/format/report.ts';

/** Two frames: effects run after the first, the map is painted in the second. Then colours that fade have arrived. */
export async function painted(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await new Promise((done) =>
      requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
  });
}

/** Where cells are on the canvas of a machine, in the order of nodes. */
export async function geometry(
  page: Page,
  machine: { report(): Report },
): Promise<{ x(vector: number): number; y(cpu: number): number }> {
  const { layoutMap } = await import('../../src/web/map/layout.ts');
  const { buildOccupancy } = await import('../../src/query/occupancy.ts');
  const width = await page.locator('.map-scroller').evaluate((element) => element.clientWidth);
  const report = machine.report();
  const layout = layoutMap(report, buildOccupancy(report), 'node', width);
  return {
    x: (vector) => layout.gridX + vector * layout.unit,
    y: (cpu) => layout.axisHeight + (layout.rowOfCpu.get(cpu)?.y ?? 0),
  };
}

export function pixel(page: Page, x: number, y: number): Promise<string> {
  return page.locator('.map-canvas').evaluate(
    (canvas: HTMLCanvasElement, at) => {
      // From a copy: reading back the page's own canvas would slow it down, and Chromium says so.
      const copy = new OffscreenCanvas(1, 1).getContext('2d');
      copy?.drawImage(canvas, at.x, at.y, 1, 1, 0, 0, 1, 1);
      const data = copy?.getImageData(0, 0, 1, 1).data ?? [];
      return `#${[...data]
        .slice(0, 3)
        .map((n) => n.toString(16).padStart(2, '0'))
        .join('')}`;
    },
    { x: Math.round(x), y: Math.round(y) },
  );
}

export function palette(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const style = getComputedStyle(document.documentElement);
    const kinds = ['system', 'legacy', 'regular', 'managed', 'free'];
    return Object.fromEntries(kinds.map((kind) => [kind, style.getPropertyValue(`--cell-${kind}`).trim()]));
  });
}

export function deviceKeys(page: Page): Promise<string[]> {
  return page.locator('.device-table tbody button').allInnerTexts();
}

/** Texts whose contrast to what is behind them is below 4.5:1 (WCAG AA). */
export function lowContrast(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string): number => {
      const [r = 0, g = 0, b = 0] = channels(color).map((n) => {
        const c = n / 255;
        return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element: Element | null): string => {
      for (let at = element; at !== null; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        if ((channels(color)[3] ?? 1) === 1) return color;
      }
      return 'rgb(255, 255, 255)';
    };
    const low: string[] = [];
    for (const element of document.querySelectorAll('body *')) {
      const text = [...element.childNodes].find(
        (node) => node.nodeType === 3 && node.textContent?.trim() !== '',
      );
      if (text === undefined || element.closest('canvas, noscript, .visually-hidden') !== null) continue;
      const style = getComputedStyle(element);
      const [a, b] = [
        luminance(element instanceof SVGElement ? style.fill : style.color),
        luminance(behind(element)),
      ];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) low.push(`${ratio.toFixed(2)} “${text.textContent}”`);
    }
    return low;
  });
}
