/**
 * Every machine, narrow and light, wide and dark: fits its width, is readable, and leaves pictures to look at.
 * (`look.ts shoot` takes the other two as well.)
 */
import { expect, test } from 'vitest';
import type { MachineSource } from '../../src/server/machine-source.ts';
import { shoot } from './browser.ts';
import { answersOf, CAPTURES, type CaptureName, capturePath, machineAt } from './machines.ts';
import { describePages } from './pages.ts';
import { lowContrast, painted } from './probe.ts';
import { SAMPLES, type SampleName } from './sample-reports.ts';

const VIEWS = [
  [1280, 900, 'light'],
  [2560, 1400, 'dark'],
] as const;

const captures = (Object.keys(CAPTURES) as CaptureName[]).flatMap((name) => {
  const path = capturePath(name);
  return path === undefined ? [] : [[name, path] as const];
});

describePages('the look of the page', (pages) => {
  const look = async (name: string, machine: MachineSource): Promise<void> => {
    const page = await pages.open(machine);
    for (const [width, height, colorScheme] of VIEWS) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await painted(page);
      await shoot(page, `${name}-${colorScheme}-${width}`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(await lowContrast(page), `${colorScheme}, ${width} px`).toEqual([]);
    }
  };

  test.each(Object.keys(SAMPLES) as SampleName[])('%s fits its width and is readable', (name) =>
    look(name, SAMPLES[name]()),
  );

  test.skipIf(captures.length === 0).each(captures)(
    'the capture %s fits its width and is readable (needs ../shared)',
    (name, path) => {
      const machine = machineAt(path);
      return look(
        name,
        answersOf(() => machine),
      );
    },
  );
});
