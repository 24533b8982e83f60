/**
 * The pictures of the README: `npx vite build && node tools/run-ts.mjs test/web/picture.ts`. A snapshot of a real
 * kernel (../shared): three CPUs of four, 486 vectors in use, and the line that this kernel did print.
 */
import { mkdir } from 'node:fs/promises';
import { launch, serveSample } from './browser.ts';
import { answersOf, capturePath, machineAt } from './machines.ts';
import { geometry } from './probe.ts';

const IMAGES = 'docs/images';
const WIDTH = 1280;
/** Below the map, up to the next panel. */
const MARGIN = 12;

const path = capturePath('full');
if (path === undefined) throw new Error('the picture is made from ../shared/captures, which is not here');
// The path says nothing to a reader: `irqspace capture host.tar.gz` is what the README tells about.
const machine = { ...machineAt(path), source: 'host.tar.gz' };
const answers = answersOf(() => machine);
const server = await serveSample(answers, process.env.PAGE_DIRECTORY ?? 'dist/web');
const browser = await launch();
await mkdir(IMAGES, { recursive: true });
for (const [colorScheme, name] of [
  ['light', 'irqspace.png'],
  ['dark', 'irqspace-dark.png'],
] as const) {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 }, colorScheme });
  await page.goto(server.url);
  const map = page.locator('.map-canvas[style]');
  await map.waitFor();
  const at = await geometry(page, answers);
  // What is pointed at is read out below the map: an idle queue in the crowd on the CPU that cannot go.
  await map.hover({ position: { x: at.x(150) + 1, y: at.y(1) + 12 } });
  await page.waitForTimeout(200);
  const box = await page.locator('.map').boundingBox();
  const height = Math.ceil((box?.y ?? 0) + (box?.height ?? 0)) + MARGIN;
  await page.screenshot({ path: `${IMAGES}/${name}`, clip: { x: 0, y: 0, width: WIDTH, height } });
  await page.close();
}
await browser.close();
await server.close();
console.log(`${IMAGES}/irqspace.png and ${IMAGES}/irqspace-dark.png`);
