import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { MachineSource } from '../../src/server/machine-source.ts';
import { shoot } from './browser.ts';
import { describePages, type PageOptions } from './pages.ts';
import { deviceKeys, geometry, lowContrast, painted, palette, pixel } from './probe.ts';
import { SAMPLES, type SampleName } from './sample-reports.ts';

describePages('the page in Chromium', (pages) => {
  const open = (machine: SampleName | MachineSource, options?: PageOptions): Promise<Page> =>
    pages.open(typeof machine === 'string' ? SAMPLES[machine]() : machine, options);
  const numa16 = SAMPLES.numa16();

  describe('the verdict', () => {
    test('says where the kernel refuses, with its message', async () => {
      const page = await open('threadripper');
      expect(await page.locator('h1').innerText()).toBe('Hibernation does not fit');
      const text = await page.locator('.verdict').innerText();
      expect(text).toContain('The kernel refuses at CPU 31, step 31 of 31');
      expect(text).toContain('CPU 31 has 125 vectors, 75 available. Cannot disable CPU');
      expect(text).toContain('In the end 250 regular vectors share CPU 0, which has room for 200.');
      expect(await page.locator('.findings li').allInnerTexts()).toEqual([
        expect.stringContaining('refused at CPU 31: 125 vectors have to move, 75 are available'),
      ]);
    });

    test('says that it fits, and that it cannot be decided', async () => {
      const fits = await open('numa16');
      expect(await fits.locator('h1').innerText()).toBe('Hibernation fits');
      const open64 = await open('undecided');
      expect(await open64.locator('h1').innerText()).toBe('Hibernation cannot be decided');
      expect(await open64.locator('.verdict').innerText()).toContain(
        'What would decide it: 62 interrupts may hold a second vector',
      );
    });
  });

  test('a machine that hibernates at the cost of interrupts gets no tick', async () => {
    const page = await open('loses', { hash: '#offline=1' });
    expect(await page.locator('h1').innerText()).toBe('Hibernation fits, but 20 interrupts are lost');
    expect(await page.locator('.verdict').getAttribute('class')).toContain('verdict-loses');
    expect(await page.locator('.verdict .lost').innerText()).toContain('IRQ 225-244');
    await page.locator('.what-if-verdict').waitFor();
    expect(await page.locator('.what-if-verdict').innerText()).toContain(
      'CPU 1 goes, but 20 interrupts are lost',
    );
    expect(await page.locator('.what-if .lost').innerText()).toContain('IRQ 225-244');
    expect(await page.locator('.step-verdict').innerText()).toBe('20 lost');
    expect(await lowContrast(page)).toEqual([]);
    await shoot(page, 'loses-asked');
  });

  describe('the map', () => {
    test('shows each class in its colour', async () => {
      const page = await open('numa16');
      const at = await geometry(page, numa16);
      const colors = await palette(page);
      const of = (cpu: number, vector: number) => pixel(page, at.x(vector) + 1, at.y(cpu) + 4);
      expect(await of(4, 32)).toBe(colors.managed);
      expect(await of(4, 35)).toBe(colors.regular);
      expect(await of(0, 48)).toBe(colors.legacy);
      expect(await of(0, 128)).toBe(colors.system);
      expect(await of(0, 200)).toBe(colors.free);
      expect(new Set(Object.values(colors)).size).toBe(5);
    });

    test('the pointer reads out the interrupt below it', async () => {
      const page = await open('numa16');
      const at = await geometry(page, numa16);
      await page.locator('.map-canvas').hover({ position: { x: at.x(32) + 1, y: at.y(4) + 4 } });
      const text = await page.locator('.readout').innerText();
      for (const fact of [
        'CPU 4 · vector 32 (0x20)',
        'nvme0q5',
        '0000:41:00.0',
        'nvme',
        'yes (debugfs irq/irqs)',
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
      expect(await page.locator('.readout').innerText()).toContain('CPU 0 · vector 32');
      for (let n = 0; n < 4; n++) await page.keyboard.press('ArrowDown');
      expect(await page.locator('.readout').innerText()).toContain('nvme0q5');
      expect(await map.getAttribute('aria-activedescendant')).toBe('map-cell');
      expect(await page.locator('#map-cell').textContent()).toContain(
        'CPU 4 · vector 32 (0x20), IRQ 29 nvme0q5',
      );
      expect(await page.locator('.readout').getAttribute('aria-live')).toBe('polite');

      await page.keyboard.press('Enter');
      await page.locator('.explain').waitFor();
      expect(await page.locator('#interrupt-title').innerText()).toBe('IRQ 29 nvme0q5');
      expect(await page.locator('.explain').innerText()).toContain(
        'managed (debugfs irq/irqs): the kernel chose its mask',
      );
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
      const at = await geometry(page, numa16);
      const colors = await palette(page);
      expect(await pixel(page, at.x(32) + 1, at.y(8) + 4)).toBe(colors.managed);
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
      expect(all).toMatch(/19\d vectors free/);
    });

    test('of 1,152 CPUs scrolls in one canvas, with few elements', async () => {
      const page = await open('huge');
      expect(await page.locator('*').count()).toBeLessThan(900);
      const before = await page.locator('.map-canvas').evaluate((c: HTMLCanvasElement) => c.toDataURL());
      await page.locator('.map-scroller').evaluate((scroller) => {
        scroller.scrollTop = 3000;
      });
      await painted(page);
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
    const at = await geometry(page, numa16);
    expect(await pixel(page, at.x(32) + 1, at.y(4) + 4)).not.toBe((await palette(page)).managed);
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

    test('takes white space as a separator, shows what it understood, and keeps the focus', async () => {
      const page = await open('numa16');
      const box = page.getByLabel('CPUs go offline, in this order');
      await box.fill(' 1 2');
      await box.press('Enter');
      await page.locator('.what-if-verdict').waitFor();
      expect(await box.inputValue()).toBe('1,2');
      expect(await page.locator('.what-if-verdict').innerText()).toContain('CPUs 1, 2 offline');
      expect(await page.locator('.step-table tbody button').allInnerTexts()).toEqual(['1', '2']);
      expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
      // The same question in other words leaves the address alone.
      await box.fill('1  2');
      await box.press('Enter');
      expect(await box.inputValue()).toBe('1,2');
      await page.getByRole('button', { name: 'Clear the question' }).click();
      expect(await box.inputValue()).toBe('');
      expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
      await page.evaluate(() => {
        location.hash = '#offline=3+4';
      });
      await expect.poll(() => box.inputValue()).toBe('3,4');
    });

    test('shows the step that the kernel refuses, with its message', async () => {
      const page = await open('threadripper', { hash: '#suspend=1' });
      await page.locator('.what-if-verdict').waitFor();
      expect(await page.locator('.what-if-verdict').innerText()).toContain('It does not fit');
      expect(await page.locator('.kernel-messages').innerText()).toContain('Cannot disable CPU');
    });

    test('says what is wrong with a list, without asking', async () => {
      const page = await open('numa16', { hash: '#offline=3-1' });
      expect(await page.locator('.problem').innerText()).toContain(
        'a range whose end is not below its start',
      );
    });

    test('asks several changes in order, and says what came of each', async () => {
      const page = await open('numa16');
      await page.getByLabel('What happens').selectOption('isolate');
      await page.getByLabel('CPUs that interrupts leave').fill('14 15');
      await page.getByRole('button', { name: 'Ask' }).click();
      await expect.poll(() => page.locator('.change-lines li').count()).toBe(1);
      await page.getByLabel('What happens').selectOption('add');
      await page.getByLabel('Driver, number, queues, node').fill('nvme=2x4');
      await page.getByRole('button', { name: 'And then' }).click();
      await expect.poll(() => page.locator('.change-lines li').count()).toBe(2);
      expect(page.url()).toContain('#do=isolate:14,15&do=add:nvme=2x4');
      const lines = await page.locator('.change-lines li').allInnerTexts();
      expect(lines[0]).toContain('isolate 14-15');
      expect(lines[1]).toContain('add 2 x nvme, 4 queues: 10 interrupts');
      expect(await page.locator('.asked li').allInnerTexts()).toEqual([
        'CPUs are isolated 14,15',
        'Devices come nvme=2x4',
      ]);

      await page.getByLabel('How many fit at most?').check();
      await page.locator('.most-fit').waitFor();
      expect(await page.locator('.most-fit').innerText()).toMatch(/^At most [\d,]+ devices fit/);
      expect(page.url()).toContain('&max=1');

      await page.getByRole('button', { name: 'Without add:nvme=2x4' }).click();
      await expect.poll(() => page.locator('.change-lines li').count()).toBe(1);
      expect(page.url()).toMatch(/#do=isolate:14,15$/);
    });

    test('fits a screen of 400 px, with the whole page', async () => {
      const page = await open('numa16', { width: 400, hash: '#do=isolate:14,15&do=hibernate' });
      await page.locator('.change-lines').waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(400);
      expect(await lowContrast(page)).toEqual([]);
    });

    test('passes on what only the machine knows', async () => {
      const page = await open('numa16', { hash: '#offline=13' });
      await page.locator('.problem').waitFor();
      expect(await page.locator('.problem').innerText()).toBe('CPU 13 is offline already');
      // Chromium itself notes every answer of 400; the page says nothing more.
      expect(pages.forgive((line) => line.includes('400'))).toHaveLength(1);
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
    expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
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
      await pages.stopServers();
      await page.getByRole('button', { name: 'Refresh' }).click();
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').innerText()).toBe(
        'the server does not answer: is irqspace still running?',
      );
      expect(await page.locator('h1').innerText()).toBe('Hibernation fits');
      pages.forgive((line) => line.includes('ERR_CONNECTION_REFUSED'));
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
        explainMessages: (text) => sample.explainMessages(text),
        explain: (irq) => sample.explain(irq),
      });
      isBroken = true;
      await page.getByRole('button', { name: 'Refresh' }).click();
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').innerText()).toBe('/proc/interrupts: permission denied');
      pages.forgive((line) => line.includes('500'));
    });
  });

  test('the theme follows the system until the button is used, and the map follows the theme', async () => {
    const page = await open('numa16', { dark: true });
    const at = await geometry(page, numa16);
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
});
