import { describe, expect, it } from 'vitest';
import { run, serve } from '../cli/run.ts';

/** Where `npm test` did not install, npm start would: under the feet of the tests that run. */
const installed =
  run(process.execPath, [
    '-e',
    "import('./tools/install.mjs').then((tool) => process.exit(tool.arePackagesInstalled() ? 0 : 1))",
  ]).code === 0;

describe.skipIf(!installed)('npm start (needs what npm test installs)', () => {
  it('prints the report, serves the page, and leaves nothing running when npm is told to stop', async () => {
    const server = await serve('npm', ['start', '--', '--port', '0']);
    expect(server.written()).toContain('this machine: Linux ');
    expect((await fetch(server.url)).status).toBe(200);
    server.process.kill('SIGTERM');
    await server.ended;
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });
});

describe('npm run irqspace', () => {
  it('prints nothing but what the command prints', async () => {
    const server = await serve('npm', ['run', '-s', 'irqspace', '--', 'serve', '--port', '0']);
    expect(server.written().replace(/^npm warn .*\n/gm, '')).toBe(
      `irqspace serves this machine on ${server.url} (stop with Ctrl-C)\n`,
    );
    server.process.kill('SIGTERM');
    await server.ended;
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });
});
