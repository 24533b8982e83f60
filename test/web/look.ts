/**
 * For the people who work on the page, run with tools/run-ts.mjs after `npx vite build`:
 * `look.ts shoot [NAME...]` takes a picture of every sample and capture in both themes and widths;
 * `look.ts serve NAME` stays up.
 */
import type { MachineSource } from '../../src/server/machine-source.ts';
import { launch, SHOTS, serveSample, shoot } from './browser.ts';
import { answersOf, CAPTURES, type CaptureName, capturePath, machineAt } from './machines.ts';
import { SAMPLES, type SampleName } from './sample-reports.ts';

const PAGE = process.env.PAGE_DIRECTORY ?? 'dist/web';
const [mode = 'shoot', ...names] = process.argv.slice(2);
const chosen = names.length > 0 ? names : [...Object.keys(SAMPLES), ...Object.keys(CAPTURES), 'live'];

/** A sample, a capture, `live` or a path. */
function machineNamed(name: string): MachineSource {
  if (name in SAMPLES) return SAMPLES[name as SampleName]();
  if (name === 'live') return answersOf(() => machineAt('/'));
  const machine = machineAt((name in CAPTURES ? capturePath(name as CaptureName) : undefined) ?? name);
  return answersOf(() => machine);
}

if (mode === 'serve') {
  const { url } = await serveSample(machineNamed(chosen[0] ?? 'numa16'), PAGE);
  console.log(`${url} (Ctrl-C ends it)`);
} else {
  const browser = await launch();
  for (const name of chosen) {
    const server = await serveSample(machineNamed(name), PAGE);
    for (const width of [1280, 2560]) {
      for (const theme of ['light', 'dark']) {
        const page = await browser.newPage({ viewport: { width, height: width === 1280 ? 900 : 1400 } });
        page.on('console', (message) => console.log(name, message.type(), message.text()));
        page.on('pageerror', (error) => console.log(name, error));
        await page.goto(`${server.url}#theme=${theme}${process.env.LOOK_HASH ?? ''}`);
        await page.waitForSelector('main');
        await page.waitForTimeout(250);
        await shoot(page, `${name.replace(/.*\//, '')}-${theme}-${width}`);
        await page.close();
      }
    }
    await server.close();
  }
  await browser.close();
  console.log(`pictures are in ${SHOTS}/`);
}
