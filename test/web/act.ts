import { launch, serveSample, shoot } from './browser.ts';
import { SAMPLES } from './sample-reports.ts';

const browser = await launch();
const go = async (
  name: keyof typeof SAMPLES,
  hash: string,
  width: number,
  shot: string,
  hover?: [number, number],
) => {
  const server = await serveSample(SAMPLES[name](), '.build/ui/dist');
  const page = await browser.newPage({ viewport: { width, height: 1000 } });
  page.on('console', (m) => console.log(name, m.type(), m.text()));
  page.on('pageerror', (e) => console.log(name, e));
  await page.goto(`${server.url}#${hash}`);
  await page.waitForSelector('.map-canvas');
  await page.waitForTimeout(200);
  if (hover) {
    const b = await page.locator('.map-canvas').boundingBox();
    await page.mouse.move((b?.x ?? 0) + hover[0], (b?.y ?? 0) + hover[1]);
    await page.waitForTimeout(100);
  }
  await shoot(page, shot);
  await page.close();
  await server.close();
};
await go('threadripper', 'irq=190&offline=31,30,29,28-1', 1280, 'x-select-light', [230, 200]);
await go('threadripper', 'irq=190&offline=31,30,29&theme=dark', 2560, 'x-select-dark', [230, 200]);
await go('numa16', 'device=0000:41:00.0&offline=12,14&theme=dark', 1280, 'x-device-dark', [130, 100]);
await go('vm', 'irq=26&suspend=1', 1280, 'x-vm', [150, 45]);
await go('huge', 'offline=1-600&rows=fullest&device=0001:41:00.0', 2560, 'x-huge', [600, 145]);
await browser.close();
