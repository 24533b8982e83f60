import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createApp } from '../../src/server/app.ts';
import { type Listening, listen } from '../../src/server/listen.ts';
import type { MachineSource } from '../../src/server/machine-source.ts';

/** Debian's; the one that playwright would bring is not wanted. */
export const CHROMIUM = '/usr/bin/chromium';
export const SHOTS = 'test/web/shots';

export const hasChromium = existsSync(CHROMIUM);

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export function serveSample(machine: MachineSource, pageDirectory: string): Promise<Listening> {
  return listen(createApp(machine, { pageDirectory }), { port: 0, host: '127.0.0.1' });
}

export async function shoot(page: Page, name: string, fullPage = true): Promise<void> {
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage });
}
