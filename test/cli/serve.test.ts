import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fits } from '../../src/format/fits.ts';
import { report } from '../../src/format/report.ts';
import { tempDir } from '../host/machine-fixture.ts';
import { dumpFile } from './machines.ts';
import { complaintOf, irqspace, irqspaceServe } from './run.ts';

/** True when somebody listens there. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

describe('irqspace serve', () => {
  it('serves the page and the answers on a free port, for a capture too', async () => {
    const root = dumpFile(tempDir());
    const server = await irqspaceServe('--port', '0', '--root', root);
    expect(server.written()).toBe(`irqspace serves ${root} on ${server.url} (stop with Ctrl-C)\n`);
    const page = await fetch(server.url);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('irqspace');
    const answer = report.parse(await (await fetch(`${server.url}api/report`)).json());
    expect(answer.cpus).toHaveLength(3);
    const verdict = await fetch(`${server.url}api/fits?change=offline&cpus=1,2`);
    expect(fits.parse(await verdict.json()).fits).toBe(false);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with exit code 0 on %s, open connections or not',
    async (signal) => {
      const server = await irqspaceServe('--port', '0', '--root', dumpFile(tempDir()));
      // A browser keeps its connection.
      const browser = connect(Number(new URL(server.url).port), '127.0.0.1');
      browser.on('error', () => undefined);
      await new Promise((resolve) => browser.once('connect', resolve));
      await (await fetch(`${server.url}api/report`)).arrayBuffer();
      server.process.kill(signal);
      expect(await server.ended).toBe(0);
      expect(server.written().split('\n')).toHaveLength(2);
      expect(await answers(server.url)).toBe(false);
      browser.destroy();
    },
  );

  it('says in one line that a port is busy', async () => {
    const { url } = await irqspaceServe('--port', '0', '--root', dumpFile(tempDir()));
    const { port } = new URL(url);
    expect(complaintOf(irqspace('serve', '--port', port))).toBe(
      `port ${port} on 127.0.0.1 is in use: choose another with --port`,
    );
    expect(await answers(url)).toBe(true);
  });

  it.each(['65536', '-1', 'http', '', '80.5', '1e3', '0x50', '999999'])('refuses the port "%s"', (port) => {
    expect(complaintOf(irqspace('serve', `--port=${port}`))).toBe(
      `--port: expected a number from 0 to 65535, found "${port}"`,
    );
  });

  it('reads its root before it serves', () => {
    expect(complaintOf(irqspace('serve', '--port', '0', '--root', '/no/such'))).toBe(
      '/no/such: cannot be read: no such file or directory',
    );
  });
});
