import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Listening } from '../../src/server/listen.ts';
import type { MachineSource } from '../../src/server/machine-source.ts';
import { CHROMIUM, hasChromium, launch, serveSample, shoot } from './browser.ts';
import { SAMPLES, type SampleName } from './sample-reports.ts';

const isCi = (process.env.CI ?? '') !== '';

if (!hasChromium && isCi) {
  test('Chromium is installed', () => {
    throw new Error(`${CHROMIUM} is missing, and in CI the page has to be tested: apt-get install chromium`);
  });
} else if (!hasChromium) {
  test.skip(`the page: ${CHROMIUM} is missing (apt-get install chromium)`, () => {});
} else {
  describe('the page in Chromium', pageTests);
}

function pageTests(): void {
  let browser: Browser;
  let directory: string;
  const servers: Listening[] = [];
  /** Whatever the console says besides what a test expects is a failure. */
  let complaints: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'irqspace-web-'));
    const { build } = await import('vite');
    await build({ configFile: 'vite.config.ts', logLevel: 'error', build: { outDir: directory } });
    browser = await launch();
  });

  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true });
  });

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    for (const server of servers.splice(0)) await server.close();
    const said = complaints;
    complaints = [];
    expect(said).toEqual([]);
  });

  interface Options {
    readonly width?: number;
    readonly hash?: string;
    readonly dark?: boolean;
  }

  async function open(sample: SampleName | MachineSource, options: Options = {}): Promise<Page> {
    const machine = typeof sample === 'string' ? SAMPLES[sample]() : sample;
    const server = await serveSample(machine, directory);
    servers.push(server);
    const { width = 1280, hash = '', dark = false } = options;
    const page = await browser.newPage({
      viewport: { width, height: width > 2000 ? 1400 : 900 },
      colorScheme: dark ? 'dark' : 'light',
    });
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(server.url + hash);
    await page.locator('.map-canvas[style]').waitFor();
    await painted(page);
    return page;
  }

  describe('the verdict', () => {
    test('says where the kernel refuses, with its message', async () => {
      const page = await open('threadripper');
      expect(await page.locator('h1').innerText()).toBe('Hibernation does not fit');
      const text = await page.locator('.verdict').innerText();
      expect(text).toContain('The kernel refuses at CPU 31, step 31 of 31');
      expect(text).toMatch(/CPU 31 has \d+ vectors, \d+ available\. Cannot disable CPU/);
      expect(text).toContain('In the end 250 vectors share CPU 0, which has room for 200.');
      expect(await page.locator('.findings li').allInnerTexts()).toHaveLength(3);
    });

    test('says that it fits, and that it cannot be decided', async () => {
      const fits = await open('numa16');
      expect(await fits.locator('h1').innerText()).toBe('Hibernation fits');
      const open64 = await open('undecided');
      expect(await open64.locator('h1').innerText()).toBe('Hibernation cannot be decided');
      expect(await open64.locator('.verdict').innerText()).toContain('What would decide it: The driver qedf');
    });
  });

  describe('the map', () => {
    test('shows each class in its colour', async () => {
      const page = await open('numa16');
      const at = await geometry(page);
      const colors = await palette(page);
      const of = (cpu: number, vector: number) => pixel(page, at.x(vector) + 1, at.y(cpu) + 4);
      expect(await of(4, 33)).toBe(colors.managed);
      expect(await of(4, 35)).toBe(colors.regular);
      expect(await of(0, 48)).toBe(colors.legacy);
      expect(await of(0, 128)).toBe(colors.system);
      expect(await of(0, 200)).toBe(colors.free);
      expect(new Set(Object.values(colors)).size).toBe(5);
    });

    test('the pointer reads out the interrupt below it', async () => {
      const page = await open('numa16');
      const at = await geometry(page);
      await page.locator('.map-canvas').hover({ position: { x: at.x(33) + 1, y: at.y(4) + 4 } });
      const text = await page.locator('.readout').innerText();
      for (const fact of [
        'CPU 4 · vector 33 (0x21)',
        'nvme0q5',
        '0000:41:00.0',
        'nvme',
        'yes (smp_affinity',
      ]) {
        expect(text).toContain(fact);
      }
      await page.mouse.move(2, 2);
      expect(await page.locator('.readout').innerText()).toContain('Point at a vector');
    });

    test('keys move, choose and clear, and say so to a screen reader', async () => {
      const page = await open('numa16');
      const map = page.getByRole('grid', { name: /Vectors of 16 CPUs/ });
      await map.focus();
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('.readout').innerText()).toContain('CPU 0 · vector 33');
      for (let n = 0; n < 4; n++) await page.keyboard.press('ArrowDown');
      expect(await page.locator('.readout').innerText()).toContain('nvme0q5');
      expect(await map.getAttribute('aria-activedescendant')).toBe('map-cell');
      expect(await page.locator('#map-cell').textContent()).toContain(
        'CPU 4 · vector 33 (0x21), IRQ 29 nvme0q5',
      );
      expect(await page.locator('.readout').getAttribute('aria-live')).toBe('polite');

      await page.keyboard.press('Enter');
      await page.locator('.explain').waitFor();
      expect(await page.locator('#interrupt-title').innerText()).toBe('IRQ 29 nvme0q5');
      expect(await page.locator('.explain').innerText()).toContain('It is managed');
      expect(page.url()).toContain('irq=29');
      await shoot(page, 'numa16-chosen');

      await page.keyboard.press('End');
      expect(await page.locator('.readout').innerText()).toContain('vector 255');
      await page.keyboard.press('Home');
      expect(await page.locator('.readout').innerText()).toContain('vector 0 ');
      await page.keyboard.press('Escape');
      expect(page.url()).not.toContain('irq=');
      expect(await page.locator('.readout').innerText()).toContain('Point at a vector');
    });

    test('the focus ring can be seen', async () => {
      const page = await open('numa16');
      await page.keyboard.press('Tab');
      await page.locator('.map-canvas').focus();
      await page.keyboard.press('End');
      const outline = await page
        .locator('.map-canvas')
        .evaluate((canvas) => getComputedStyle(canvas).outlineStyle);
      expect(outline).toBe('solid');
    });

    test('a chosen interrupt dims what is not on its device', async () => {
      const page = await open('numa16', { hash: '#irq=29' });
      const at = await geometry(page);
      const colors = await palette(page);
      expect(await pixel(page, at.x(33) + 1, at.y(8) + 4)).toBe(colors.managed);
      expect(await pixel(page, at.x(35) + 1, at.y(8) + 4)).not.toBe(colors.regular);
    });

    test('without vector numbers it shows bars, and still every interrupt', async () => {
      const page = await open('vm');
      expect(await page.locator('#map-title').innerText()).toBe('Vectors in use, by CPU');
      await page.locator('.map-canvas').focus();
      await page.keyboard.press('ArrowRight');
      const names = new Set<string>();
      for (let n = 0; n < 12; n++) {
        names.add(await page.locator('.readout').innerText());
        await page.keyboard.press('ArrowRight');
      }
      const all = [...names].join('\n');
      for (const name of ['timer', 'virtio1-input.0', 'virtio0-req.0']) expect(all).toContain(name);
      expect(all).toContain('193 vectors');
    });

    test('of 1,152 CPUs scrolls in one canvas, with few elements and at once', async () => {
      const page = await open('huge');
      expect(await page.locator('*').count()).toBeLessThan(900);
      const before = await page.locator('.map-canvas').evaluate((c: HTMLCanvasElement) => c.toDataURL());
      const started = Date.now();
      await page.locator('.map-scroller').evaluate((scroller) => {
        scroller.scrollTop = 3000;
      });
      await painted(page);
      expect(Date.now() - started).toBeLessThan(1000);
      const canvas = page.locator('.map-canvas');
      expect(await canvas.evaluate((c: HTMLCanvasElement) => c.toDataURL())).not.toBe(before);
      expect((await canvas.boundingBox())?.height).toBeLessThan(700);
      await canvas.focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Control+End');
      expect(await page.locator('.readout').innerText()).toContain('CPU 1151');
    });
  });

  test('the device list is filtered and sorted, and filters the map', async () => {
    const page = await open('numa16');
    await page.getByRole('searchbox').fill('nvme');
    expect(await deviceKeys(page)).toEqual(['0000:41:00.0', '0000:42:00.0']);
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'reserved' }).click();
    expect((await deviceKeys(page))[0]).toBe('0000:01:00.0');
    await page.getByRole('button', { name: 'reserved' }).click();
    expect((await deviceKeys(page)).at(-1)).toBe('0000:01:00.0');
    await page.getByRole('button', { name: '0000:81:00.0' }).click();
    expect(await page.locator('#interrupt-title').innerText()).toBe('0000:81:00.0 i40e');
    await painted(page);
    const at = await geometry(page);
    expect(await pixel(page, at.x(33) + 1, at.y(4) + 4)).not.toBe((await palette(page)).managed);
    await page.getByRole('button', { name: '58', exact: true }).click();
    expect(await page.locator('#interrupt-title').innerText()).toContain('IRQ 58');
    await page.getByTitle('All interrupts of this device').click();
    expect(await page.locator('#interrupt-title').innerText()).toBe('0000:81:00.0 i40e');
  });

  describe('the what-if box', () => {
    test('asks in the given order and shows the steps', async () => {
      const page = await open('numa16');
      await page.getByLabel('CPUs go offline, in this order').fill('14,12');
      await page.getByRole('button', { name: 'Ask' }).click();
      await page.locator('.what-if-verdict').waitFor();
      expect(await page.locator('.what-if-verdict').innerText()).toContain('It fits');
      expect(await page.locator('.step-table tbody button').allInnerTexts()).toEqual(['14', '12']);
      expect(await page.locator('.step-facts').innerText()).toMatch(
        /4 shut down .*: IRQ \d+, IRQ \d+, IRQ \d+, IRQ \d+/,
      );
      expect(page.url()).toContain('#offline=14,12');
    });

    test('shows the step that the kernel refuses, with its message', async () => {
      const page = await open('threadripper', { hash: '#suspend=1' });
      await page.locator('.what-if-verdict').waitFor();
      expect(await page.locator('.what-if-verdict').innerText()).toContain('It does not fit');
      expect(await page.locator('.step-facts').innerText()).toContain('Cannot disable CPU');
    });

    test('says what is wrong with a list, without asking', async () => {
      const page = await open('numa16', { hash: '#offline=3-1' });
      expect(await page.locator('.problem').innerText()).toContain(
        'a range whose end is not below its start',
      );
    });

    test('passes on what only the machine knows', async () => {
      const page = await open('numa16', { hash: '#offline=13' });
      await page.locator('.problem').waitFor();
      expect(await page.locator('.problem').innerText()).toBe('CPU 13 is not online');
      // Chromium itself notes every answer of 400; the page says nothing more.
      expect(complaints.splice(0)).toHaveLength(1);
    });
  });

  test('the view survives a reload', async () => {
    const hash = '#device=0000:41:00.0&rows=fullest&filter=nvme&sort=driver&offline=12,14&theme=dark';
    const page = await open('numa16', { hash });
    await page.reload();
    await page.locator('.what-if-verdict').waitFor();
    expect(await page.locator('#interrupt-title').innerText()).toBe('0000:41:00.0 nvme');
    expect(await page.getByRole('radio', { name: 'fullest first' }).isChecked()).toBe(true);
    expect(await page.getByRole('searchbox').inputValue()).toBe('nvme');
    expect(await page.getByLabel('CPUs go offline, in this order').inputValue()).toBe('12,14');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await page.getByText('by node').click();
    expect(page.url()).toContain('#device=0000:41:00.0&filter=nvme');
    await page.evaluate(() => {
      location.hash = '#irq=29';
    });
    await page.locator('.explain').waitFor();
    expect(await page.locator('html').getAttribute('data-theme')).toBe(null);
  });

  describe('reading again', () => {
    test('a button reads again, and every 2 s if wanted', async () => {
      const page = await open('numa16', { hash: '#irq=29' });
      const count = page.locator('.facts > div', { hasText: 'count' });
      const first = await count.innerText();
      await page.getByRole('button', { name: 'Refresh' }).click();
      await expect.poll(() => count.innerText()).not.toBe(first);
      const second = await count.innerText();
      await page.getByLabel('every 2 s').check();
      expect(page.url()).toContain('auto=1');
      await expect.poll(() => count.innerText(), { timeout: 5000 }).not.toBe(second);
    });

    test('keeps what is shown when the server has gone', async () => {
      const page = await open('numa16');
      for (const server of servers.splice(0)) await server.close();
      await page.getByRole('button', { name: 'Refresh' }).click();
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').innerText()).toBe(
        'the server does not answer: is irqspace still running?',
      );
      expect(await page.locator('h1').innerText()).toBe('Hibernation fits');
      expect(complaints.splice(0).every((line) => line.includes('ERR_CONNECTION_REFUSED'))).toBe(true);
    });

    test('says so when the machine cannot be read', async () => {
      const sample = SAMPLES.numa16();
      let isBroken = false;
      const page = await open({
        report: () => {
          if (isBroken) throw new Error('/proc/interrupts: permission denied');
          return sample.report();
        },
        fits: (request) => sample.fits(request),
        explain: (irq) => sample.explain(irq),
      });
      isBroken = true;
      await page.getByRole('button', { name: 'Refresh' }).click();
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').innerText()).toBe('/proc/interrupts: permission denied');
      complaints = complaints.filter((line) => !line.includes('500'));
    });
  });

  test('the theme follows the system until the button is used, and the map follows the theme', async () => {
    const page = await open('numa16', { dark: true });
    const at = await geometry(page);
    const free = () => pixel(page, at.x(200) + 1, at.y(4) + 4);
    const dark = await free();
    expect(dark).toBe((await palette(page)).free);
    await page.getByRole('button', { name: 'Change to the light theme' }).click();
    await painted(page);
    expect(page.url()).toContain('theme=light');
    const light = await free();
    expect(light).toBe((await palette(page)).free);
    expect(light).not.toBe(dark);
    await page.getByRole('button', { name: 'Change to the dark theme' }).click();
    expect(page.url()).not.toContain('theme=');
    await page.emulateMedia({ colorScheme: 'light' });
    await painted(page);
    expect(await free()).toBe(light);
  });

  const names = Object.keys(SAMPLES) as SampleName[];
  const views = names.flatMap((name) =>
    [1280, 2560].flatMap((width) => [false, true].map((dark) => ({ name, width, dark }))),
  );
  test.each(views)('$name at $width px, dark: $dark, fits its width and is readable', async (given) => {
    const page = await open(given.name, given);
    await shoot(page, `${given.name}-${given.dark ? 'dark' : 'light'}-${given.width}`);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(given.width);
    expect(await lowContrast(page)).toEqual([]);
  });
}

/** Two frames: effects run after the first, the map is painted in the second. */
async function painted(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))),
      ),
  );
}

/** Where cells are on the canvas of the sample numa16, found from the outside: 4 nodes with a heading each. */
async function geometry(page: Page): Promise<{ x(vector: number): number; y(cpu: number): number }> {
  const { layoutMap } = await import('../../src/web/map/layout.ts');
  const { buildOccupancy } = await import('../../src/web/map/occupancy.ts');
  const width = await page.locator('.map-scroller').evaluate((element) => element.clientWidth);
  const report = SAMPLES.numa16().report();
  const layout = layoutMap(report, buildOccupancy(report), 'node', width);
  return {
    x: (vector) => layout.gridX + vector * layout.unit,
    y: (cpu) => layout.axisHeight + (layout.rowOfCpu.get(cpu)?.y ?? 0),
  };
}

function pixel(page: Page, x: number, y: number): Promise<string> {
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

function palette(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const style = getComputedStyle(document.documentElement);
    const kinds = ['system', 'legacy', 'regular', 'managed', 'free'];
    return Object.fromEntries(kinds.map((kind) => [kind, style.getPropertyValue(`--cell-${kind}`).trim()]));
  });
}

function deviceKeys(page: Page): Promise<string[]> {
  return page.locator('.device-table tbody button').allInnerTexts();
}

/** Texts whose contrast to what is behind them is below 4.5:1 (WCAG AA). */
function lowContrast(page: Page): Promise<string[]> {
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
