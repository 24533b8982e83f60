import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { explain } from '../../src/format/explain.ts';
import { explainMessage } from '../../src/format/explain-message.ts';
import { fits } from '../../src/format/fits.ts';
import { report } from '../../src/format/report.ts';
import type { FitsChange } from '../../src/query/fits.ts';
import { RequestError } from '../../src/query/request-error.ts';
import { type App, createApp } from '../../src/server/app.ts';
import { ListenError, listen } from '../../src/server/listen.ts';
import type { MachineSource } from '../../src/server/machine-source.ts';
import { SAMPLES } from '../web/sample-reports.ts';

const sample = SAMPLES.numa16();
const asked: FitsChange[] = [];
const options: unknown[] = [];
const machine: MachineSource = {
  report: () => sample.report(),
  explain: (irq) => sample.explain(irq),
  explainMessages: (text) => sample.explainMessages(text),
  fits: (changes, asking) => {
    options.push(asking);
    asked.push(...changes);
    return sample.fits(changes);
  },
};

let directory: string;
let app: App;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'irqspace-page-'));
  await mkdir(join(directory, 'web', 'assets'), { recursive: true });
  await writeFile(join(directory, 'secret.txt'), 'secret');
  await writeFile(join(directory, 'web', 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(directory, 'web', 'assets', 'index-AbCd1234.js'), 'export {};');
  await writeFile(join(directory, 'web', 'favicon.svg'), '<svg/>');
  app = createApp(machine, { pageDirectory: join(directory, 'web'), version: '1.2.3' });
});

afterAll(() => rm(directory, { recursive: true }));

const errorOf = async (response: Response): Promise<string> => {
  const { error } = (await response.json()) as { error: string };
  expect(error).not.toContain('\n');
  return error;
};

describe('the API', () => {
  test('GET /api/report is a report by the schema, fresh each time', async () => {
    const response = await app.request('/api/report');
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const first = report.parse(await response.json());
    const second = report.parse(await (await app.request('/api/report')).json());
    expect(second.irqs[0]?.count).toBeGreaterThan(first.irqs[0]?.count ?? 0);
  });

  test.each([
    ['hibernate', { kind: 'hibernate' }],
    ['suspend', { kind: 'suspend' }],
    ['offline&cpus=3,1-2', { kind: 'offline', cpus: [3, 1, 2] }],
    ['offline&cpus=3%2C1-2', { kind: 'offline', cpus: [3, 1, 2] }],
  ])('GET /api/fits?change=%s asks the machine just that, in that order', async (query, change) => {
    const response = await app.request(`/api/fits?change=${query}`);
    expect(response.status).toBe(200);
    expect(asked.at(-1)).toEqual(change);
    expect(fits.parse(await response.json()).steps.length).toBeGreaterThan(0);
  });

  test('GET /api/fits?do=…&do=… asks one change after the other, and for the most devices', async () => {
    const response = await app.request(
      '/api/fits?do=isolate:8-11&do=add:nvme=1x4@1&do=offline:3,2&do=hibernate',
    );
    expect(response.status).toBe(200);
    expect(asked.slice(-4)).toEqual([
      { kind: 'isolate', cpus: [8, 9, 10, 11] },
      { kind: 'add', driver: 'nvme', count: 1, queues: 4, node: 1 },
      { kind: 'offline', cpus: [3, 2] },
      { kind: 'hibernate' },
    ]);
    expect(fits.parse(await response.json()).changes.map(({ change }) => change)).toEqual([
      'isolate',
      'add',
      'offline',
      'hibernate',
    ]);
    expect((await app.request('/api/fits?do=add:nvme=1x4&max=true')).status).toBe(200);
    expect(options.at(-1)).toEqual({ max: true });
  });

  test.each([
    ['/api/fits', 'change'],
    ['/api/fits?do=reboot', 'do: expected one of offline'],
    ['/api/fits?do=add:nvme', 'expected DRIVER=N'],
    ['/api/fits?do=remove:0000:99:00.0', '0000:99:00.0 has no interrupt here'],
    ['/api/fits?do=suspend&change=suspend', 'give change or do, not both'],
    ['/api/fits?cpus=3', 'cpus: goes with change=offline'],
    ['/api/fits?change=reboot', 'change'],
    ['/api/fits?change=offline', 'cpus: expected a CPU list'],
    ['/api/fits?change=offline&cpus=', 'cpus: expected a CPU list'],
    ['/api/fits?change=offline&cpus=3,x', 'column 3: "x"'],
    ['/api/fits?change=offline&cpus=3-1', 'a range whose end is not below its start'],
    ['/api/fits?change=offline&cpus=99999', 'CPU numbers below 8192'],
    ['/api/fits?change=hibernate&cpus=1', 'goes with change=offline'],
    ['/api/fits?change=offline&cpus=13', 'CPU 13 is offline already'],
    ['/api/fits?change=offline&cpus=99', 'there is no CPU 99 here (CPUs 0-15)'],
    ['/api/fits?change=offline&cpus=0', 'CPU 0 cannot go offline on x86'],
    ['/api/explain/x', 'expected an interrupt number'],
    ['/api/explain/-1', 'expected an interrupt number'],
    ['/api/explain/99999999999', 'expected an interrupt number'],
  ])('%s is refused in one line', async (path, fact) => {
    const response = await app.request(path);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toContain(fact);
  });

  test('GET /api/explain/IRQ explains, or says that there is no such interrupt', async () => {
    const response = await app.request('/api/explain/24');
    expect(explain.parse(await response.json()).irq.name).toBe('nvme0q0');
    const none = await app.request('/api/explain/9999');
    expect(none.status).toBe(404);
    expect(await errorOf(none)).toBe('no interrupt 9999 on this machine');
  });

  test('GET /api/explain-message?text=… explains the lines that are known', async () => {
    const text = encodeURIComponent('IRQ 24: no longer affine to CPU3\nhello');
    const answer = explainMessage.parse(
      await (await app.request(`/api/explain-message?text=${text}`)).json(),
    );
    expect(answer).toMatchObject({ read: 2, unknown: 1, messages: [{ name: 'no-longer-affine' }] });
    expect(answer.messages[0]?.facts[0]).toContain('nvme0q0');
    expect((await app.request('/api/explain-message?text=')).status).toBe(400);
  });

  test('an unknown path is 404 as JSON, and nothing can be written', async () => {
    const unknown = await app.request('/api/reports');
    expect(unknown.status).toBe(404);
    expect(await errorOf(unknown)).toContain('/api/openapi.json');
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const response = await app.request('/api/report', { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
    }
    expect((await app.request('/api/report', { method: 'HEAD' })).status).toBe(200);
  });

  test('the OpenAPI document names every path and schema', async () => {
    const document = (await (await app.request('/api/openapi.json')).json()) as {
      info: { version: string };
      paths: Record<string, { get: { responses: Record<string, unknown> } }>;
      components: { schemas: { Report?: { properties: object } } };
    };
    expect(document.info.version).toBe('1.2.3');
    expect(Object.keys(document.paths)).toEqual([
      '/api/report',
      '/api/fits',
      '/api/explain/{irq}',
      '/api/explain-message',
    ]);
    expect(Object.keys(document.components.schemas).sort()).toEqual([
      'Explain',
      'ExplainMessage',
      'Failure',
      'Fits',
      'Report',
    ]);
    expect(Object.keys(document.components.schemas.Report?.properties ?? {})).toContain('systemVectors');
    expect(document.paths['/api/report']?.get.responses['200']).toEqual({
      description: 'The report',
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Report' } } },
    });
  });

  test('a failure is 500 in one line, its stack is logged; what the machine does not have is 400', async () => {
    const logged: string[] = [];
    const source: MachineSource = {
      ...machine,
      report: () => {
        throw new Error('/proc/interrupts:\n permission denied');
      },
      fits: () => Promise.reject(new RequestError('CPU 5 is not on this machine', '--offline')),
    };
    const broken = createApp(source, { log: (text) => logged.push(text) });
    const response = await broken.request('/api/report');
    expect(response.status).toBe(500);
    expect(await errorOf(response)).toBe('/proc/interrupts: permission denied');
    expect(logged).toEqual([
      expect.stringMatching(/^GET \/api\/report: Error: .*\n permission denied\n +at .*app\.test\.ts/),
    ]);

    const refused = await broken.request('/api/fits?change=suspend');
    expect(refused.status).toBe(400);
    expect(await errorOf(refused)).toBe('CPU 5 is not on this machine');
    expect(logged).toHaveLength(1);
  });

  test('what is logged cannot drive the terminal', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const failing = () => Promise.reject(new Error('a name with \u001b[2J'));
    await createApp({ ...machine, report: failing }).request('/api/report');
    const text = write.mock.calls.join('');
    write.mockRestore();
    expect(text).toMatch(/^GET \/api\/report: Error: a name with ·\[2J\n +at /);
  });
});

describe('the page', () => {
  test('is served with types and cache headers', async () => {
    const index = await app.request('/');
    expect(index.status).toBe(200);
    expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(index.headers.get('cache-control')).toBe('no-cache');
    expect(await index.text()).toContain('<title>page</title>');
    const etag = index.headers.get('etag') ?? '';
    expect((await app.request('/', { headers: { 'If-None-Match': etag } })).status).toBe(304);

    const script = await app.request('/assets/index-AbCd1234.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await app.request('/favicon.svg')).headers.get('content-type')).toBe('image/svg+xml');
  });

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '//secret.txt',
    '/assets',
    '/assets/',
    '/etc/passwd',
    '/index.html%00',
  ])('%s does not leave the directory', async (path) => {
    const response = await app.request(path);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('secret');
  });

  test('that was not built is said, and the API works all the same', async () => {
    const bare = createApp(machine, { pageDirectory: join(directory, 'nothing') });
    const response = await bare.request('/');
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('the page was not built');
    expect((await bare.request('/api/report')).status).toBe(200);
    expect((await createApp(machine).request('/')).status).toBe(404);
  });
});

describe('strangers', () => {
  test.each(['127.0.0.1', '127.0.0.1:8080', 'localhost', 'LOCALHOST:80', '[::1]', '[::1]:8080'])(
    'Host %s is answered',
    async (host) => {
      expect((await app.request('/api/report', { headers: { host } })).status).toBe(200);
    },
  );

  test.each([
    'evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evil.example#localhost',
    'user@localhost',
    '192.168.0.1',
    '0.0.0.0',
    '[::2]',
    '',
  ])('Host “%s” is refused, page and API', async (host) => {
    for (const path of ['/', '/api/report', '/api/nothing']) {
      const response = await app.request(path, { headers: { host } });
      expect(response.status).toBe(403);
      await errorOf(response);
    }
  });

  test('another site may link here, but not ask the API', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await app.request('/', { headers })).status).toBe(200);
    expect((await app.request('/api/report', { headers })).status).toBe(403);
    expect((await app.request('/api/report', { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(
      200,
    );
  });

  test.each(['/', '/api/report', '/api/nothing', '/nothing', '/api/fits'])(
    '%s carries the security headers and no CORS header',
    async (path) => {
      const { headers } = await app.request(path, { headers: { origin: 'https://evil.example' } });
      expect(headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    },
  );
});

describe('listen', () => {
  test('takes a free port, answers there, and ends', async () => {
    const server = await listen(app, { port: 0, host: '127.0.0.1' });
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect((await fetch(`${server.url}api/report`)).status).toBe(200);
    expect(await statusWithHost(server.url, 'evil.example')).toBe(403);
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow();
  });

  test('says in one line that a port is in use', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const error = await listen(app, { port, host: '127.0.0.1' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ListenError);
    expect((error as ListenError).message).toBe(
      `port ${port} on 127.0.0.1 is in use: choose another with --port`,
    );
    other.close();
  });
});

/** `fetch` does not let its caller choose the Host. */
function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}api/report`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
    request.end();
  });
}
