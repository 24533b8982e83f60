import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Listening } from '../../src/server/listen.ts';
import type { MachineSource } from '../../src/server/machine-source.ts';
import { CHROMIUM, hasChromium, launch, serveSample } from './browser.ts';
import { painted } from './probe.ts';

export interface PageOptions {
  readonly width?: number;
  readonly hash?: string;
  readonly dark?: boolean;
}

export interface Pages {
  open(machine: MachineSource, options?: PageOptions): Promise<Page>;
  /** A page that somebody else serves. */
  openUrl(url: string, options?: PageOptions): Promise<Page>;
  stopServers(): Promise<void>;
  /** Takes complaints that the test expected out of the list. */
  forgive(isExpected: (complaint: string) => boolean): string[];
}

const isCi = (process.env.CI ?? '') !== '';

/** Tests in a real browser, on a page that is built for them; skipped with a reason where Chromium is missing. */
export function describePages(title: string, tests: (pages: Pages) => void): void {
  if (hasChromium) describe(title, () => tests(usePages()));
  else if (isCi) {
    test('Chromium is installed', () => {
      throw new Error(
        `${CHROMIUM} is missing, and in CI the page has to be tested: apt-get install chromium`,
      );
    });
  } else test.skip(`${title}: ${CHROMIUM} is missing (apt-get install chromium)`, () => {});
}

function usePages(): Pages {
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

  const stopServers = async (): Promise<void> => {
    for (const server of servers.splice(0)) await server.close();
  };

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await stopServers();
    const said = complaints;
    complaints = [];
    expect(said).toEqual([]);
  });

  const openUrl = async (url: string, options: PageOptions = {}): Promise<Page> => {
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
      if (!request.url().startsWith(url)) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(url + hash);
    await page.locator('main').waitFor();
    await painted(page);
    return page;
  };

  return {
    openUrl,
    stopServers,
    open: async (machine, options) => {
      const server = await serveSample(machine, directory);
      servers.push(server);
      return openUrl(server.url, options);
    },
    forgive: (isExpected) => {
      const expected = complaints.filter(isExpected);
      complaints = complaints.filter((line) => !isExpected(line));
      return expected;
    },
  };
}
