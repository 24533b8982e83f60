import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { parseCpuSequence } from '../base/cpu-list.ts';
import { printable } from '../base/printable.ts';
import { fitsChange } from '../format/fits.ts';
import { type FitsChange, parseChange } from '../query/fits-change.ts';
import { RequestError } from '../query/request-error.ts';
import { guard, securityHeaders } from './guard.ts';
import type { MachineSource } from './machine-source.ts';
import { readPage } from './page.ts';
import { explainMessageRoute, explainRoute, fitsRoute, reportRoute } from './routes.ts';

/** All that the caller needs of the app: a function from request to response. */
export interface App {
  fetch(request: Request): Response | Promise<Response>;
  request(path: string, init?: RequestInit): Response | Promise<Response>;
}

export interface AppOptions {
  /** Where the built page is (`dist/web`); without it only the API is served. */
  readonly pageDirectory?: string;
  /** For the OpenAPI document. */
  readonly version?: string;
  /** Takes the stack of a failure that nobody foresaw; by default it goes to stderr. */
  readonly log?: (text: string) => void;
}

export function createApp(machine: MachineSource, options: AppOptions = {}): App {
  const { log = toStderr } = options;
  const app = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const facts = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
      return c.json({ error: oneLine(facts.join('; ')) }, 400);
    },
  });
  app.use(securityHeaders);
  app.use(guard);
  // Every answer of a live machine is a new one.
  app.use('/api/*', async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });

  app.openapi(reportRoute, async (c) => c.json(await machine.report(), 200));
  app.openapi(fitsRoute, async (c) => {
    const { change, cpus, do: asked, max } = c.req.valid('query');
    const changes = changesOf({ change, cpus, do: asked });
    if (changes.length === 0) throw new RequestError('change: expected a change, or do');
    return c.json(await machine.fits(changes, { max: max === 'true' }), 200);
  });
  app.openapi(explainRoute, async (c) => {
    const irq = Number(c.req.valid('param').irq);
    const answer = await machine.explain(irq);
    if (answer === undefined) return c.json({ error: `no interrupt ${irq} on this machine` }, 404);
    return c.json(answer, 200);
  });
  app.openapi(explainMessageRoute, async (c) =>
    c.json(await machine.explainMessages(c.req.valid('query').text), 200),
  );
  app.doc31('/api/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'irqspace',
      version: options.version ?? '0',
      description:
        'The interrupt vector space of a Linux x86 machine. Every answer has a kind and a version.',
    },
  });
  app.all('/api/*', notInApi);
  app.all('/api', notInApi);
  servePage(app, options.pageDirectory);

  app.notFound((c) => c.text('not found\n', 404));
  app.onError((error, c) => {
    if (error instanceof RequestError) return c.json({ error: oneLine(error.fact) }, 400);
    log(`${c.req.method} ${c.req.path}: ${error.stack ?? error.message}`);
    return c.json({ error: oneLine(error.message) }, 500);
  });
  return app;
}

type FitsQuery = Readonly<Record<'change' | 'cpus', string | undefined>> & {
  readonly do: string | readonly string[] | undefined;
};

const CHANGE_KINDS: ReadonlySet<string> = new Set(fitsChange.shape.change.options);

/** @throws RequestError */
function changesOf({ change, cpus, do: asked }: FitsQuery): FitsChange[] {
  if (change !== undefined && asked !== undefined) throw new RequestError('give change or do, not both');
  if (change === undefined && cpus !== undefined) throw new RequestError('cpus: goes with change=offline');
  if (change === 'offline') return [cpusOffline(cpus ?? '')];
  if (change === 'hibernate' || change === 'suspend') {
    if (cpus !== undefined) {
      throw new RequestError(`cpus: goes with change=offline, not with change=${change}`);
    }
    return [{ kind: change }];
  }
  return [asked ?? []].flat().map((text) => {
    const [kind = '', ...value] = text.split(':');
    if (!CHANGE_KINDS.has(kind)) {
      throw new RequestError(
        `do: expected one of ${[...CHANGE_KINDS].join(', ')}, found "${kind.slice(0, 40)}"`,
      );
    }
    return parseChange(kind as FitsChange['kind'], value.join(':'));
  });
}

function cpusOffline(text: string): FitsChange {
  const sequence = parseCpuSequence(text);
  if (!sequence.ok) {
    const { column, text: found, expected } = sequence.error;
    throw new RequestError(`cpus: column ${column}: "${found.slice(0, 40)}": expected ${expected}`);
  }
  if (sequence.value.length === 0) throw new RequestError('cpus: expected a CPU list such as 3,0-1');
  return { kind: 'offline', cpus: sequence.value };
}

function notInApi(c: Context): Response {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    c.header('Allow', 'GET, HEAD');
    return c.json({ error: `${c.req.method} is not allowed: this server only reads` }, 405);
  }
  return c.json({ error: 'no such path: see /api/openapi.json' }, 404);
}

function servePage(app: OpenAPIHono, directory: string | undefined): void {
  if (directory === undefined) return;
  const files = readPage(directory);
  app.get('*', (c) => {
    const file = files.get(c.req.path);
    if (file === undefined) {
      if (files.size > 0) return c.notFound();
      return c.text(`the page was not built: nothing in ${directory}\n`, 404);
    }
    c.header('ETag', file.etag);
    c.header('Cache-Control', file.cacheControl);
    if (c.req.header('if-none-match') === file.etag) return c.body(null, 304);
    c.header('Content-Type', file.contentType);
    return c.body(file.bytes);
  });
}

/** What the machine's files hold may be in it: nothing of that may drive the terminal. */
function toStderr(text: string): void {
  process.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
