/**
 * For the people who work on the page, run with tools/run-ts.mjs after `npx vite build`:
 * `look.ts shoot` takes a picture of every sample in both themes and widths; `look.ts serve SAMPLE` stays up.
 */
import { launch, SHOTS, serveSample, shoot } from './browser.ts';
import { SAMPLES, type SampleName } from './sample-reports.ts';

const PAGE = process.env.PAGE_DIRECTORY ?? 'dist/web';
const [mode = 'shoot', ...names] = process.argv.slice(2);
const chosen = (names.length > 0 ? names : Object.keys(SAMPLES)) as SampleName[];

if (mode === 'serve') {
  const { url } = await serveSample(SAMPLES[chosen[0] ?? 'numa16'](), PAGE);
  console.log(`${url} (Ctrl-C ends it)`);
} else {
  const browser = await launch();
  for (const name of chosen) {
    const server = await serveSample(SAMPLES[name](), PAGE);
    for (const width of [1280, 2560]) {
      for (const theme of ['light', 'dark']) {
        const page = await browser.newPage({ viewport: { width, height: width === 1280 ? 900 : 1400 } });
        page.on('console', (message) => console.log(name, message.type(), message.text()));
        page.on('pageerror', (error) => console.log(name, error));
        await page.goto(`${server.url}#theme=${theme}`);
        await page.waitForSelector('.map-canvas');
        await page.waitForTimeout(150);
        await shoot(page, `${name}-${theme}-${width}`);
        await page.close();
      }
    }
    await server.close();
  }
  await browser.close();
  console.log(`pictures are in ${SHOTS}/`);
}
