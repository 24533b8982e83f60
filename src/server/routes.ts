import { createRoute, z } from '@hono/zod-openapi';
import { explain } from '../format/explain.ts';
import { explainMessage } from '../format/explain-message.ts';
import { fits } from '../format/fits.ts';
import { report } from '../format/report.ts';

/*
 * A copy, because zod-openapi can name only schemas that were made after it was loaded, and who loads the
 * schemas first is not for this file to say.
 */
const named = <T extends z.ZodType>(schema: T, name: string): T => schema.clone().openapi(name);

const failure = z.object({ error: z.string().openapi({ description: 'One line.' }) }).openapi('Failure');

const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

const unreadable = json(failure, 'The machine could not be read');

export const reportRoute = createRoute({
  method: 'get',
  path: '/api/report',
  summary: 'What the vector space looks like, per CPU and per interrupt',
  responses: { 200: json(named(report, 'Report'), 'The report'), 500: unreadable },
});

export const fitsRoute = createRoute({
  method: 'get',
  path: '/api/fits',
  summary: 'Whether a change fits',
  request: {
    query: z.object({
      change: z.enum(['hibernate', 'suspend', 'offline']).optional().openapi({
        description: 'One change; or give do.',
      }),
      cpus: z.string().max(40_000).optional().openapi({
        description: 'With change=offline: a CPU list whose order is kept.',
        example: '3,0-1',
      }),
      do: z
        .union([z.string().max(40_000), z.array(z.string().max(40_000)).max(64)])
        .optional()
        .openapi({
          description:
            'A change and its value, as the options of irqspace fits: offline:3,2, online:4-7, smt-off, isolate:2-7, ' +
            'add:nvme=4x16@1, vfs:0000:03:00.0=8, remove:0000:03:00.0, pin:24-31=0-3, upgrade:6.12, suspend, ' +
            'hibernate. Given several times: one after the other.',
          example: 'add:nvme=4x16',
        }),
      max: z.enum(['true', 'false']).optional().openapi({
        description: 'true: how many devices of the last add or vfs fit at most.',
      }),
    }),
  },
  responses: {
    200: json(named(fits, 'Fits'), 'The answer, step by step'),
    400: json(failure, 'The request is not understood'),
    500: unreadable,
  },
});

export const explainRoute = createRoute({
  method: 'get',
  path: '/api/explain/{irq}',
  summary: 'Who owns an interrupt, where it may go, why it is there',
  request: {
    params: z.object({
      irq: z
        .string()
        .regex(/^\d{1,9}$/, 'expected an interrupt number')
        .openapi({ example: '130' }),
    }),
  },
  responses: {
    200: json(named(explain, 'Explain'), 'The explanation'),
    400: json(failure, 'Not a number'),
    404: json(failure, 'No such interrupt on this machine'),
    500: unreadable,
  },
});

export const explainMessageRoute = createRoute({
  method: 'get',
  path: '/api/explain-message',
  summary: 'What messages of the kernel, irqbalance or tuned mean, and what of this machine matters to them',
  request: {
    query: z.object({
      text: z.string().min(1, 'expected a message').max(40_000).openapi({
        description: 'One line or several.',
        example: 'do_IRQ: 3.37 No irq handler for vector',
      }),
    }),
  },
  responses: {
    200: json(named(explainMessage, 'ExplainMessage'), 'The lines that are known'),
    400: json(failure, 'No text'),
    500: unreadable,
  },
});
