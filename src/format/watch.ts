import { z } from 'zod';
import { certainty } from './figure.ts';
import { reportCpu } from './report.ts';

/** Something that happened since the sample before. */
export const watchEvent = z.object({
  /** `no-vector`: the vector domain looked for one and found none; `old-vector`: the one of before a move came back. */
  kind: z.enum([
    'moved',
    'no-vector',
    'assigned',
    'released',
    'old-vector',
    'mask',
    'requested',
    'gone',
    'cpu-online',
    'cpu-offline',
    'lost',
  ]),
  /** `trace`: from a tracepoint; `seen`: from two readings that differ, so it is not known when and how often. */
  by: z.enum(['trace', 'seen']),
  /** Milliseconds since 1970, of the sample that noticed it. */
  at: z.number(),
  /** The trace's own time, as it prints it. */
  clock: z.string().optional(),
  irq: z.int().optional(),
  name: z.string().optional(),
  cpu: z.int().optional(),
  /** moved: the CPU before. */
  from: z.int().optional(),
  vector: z.int().optional(),
  text: z.string(),
});

export const watchCpu = reportCpu.omit({ vectors: true }).extend({
  /** Interrupts of devices for each second; absent in a first reading. */
  rate: z.number().optional(),
  /** The local timer's. */
  timer: z.number().optional(),
  /** What CPUs send each other: rescheduling, function calls, TLB shootdowns. */
  between: z.number().optional(),
});

export const watchIrq = z.object({
  irq: z.int(),
  name: z.string(),
  /** PCI address. */
  device: z.string().optional(),
  driver: z.string().optional(),
  /** Absent: cannot be told. */
  managed: z.boolean().optional(),
  /** The CPU of its vector. */
  cpu: z.int().optional(),
  vector: z.int().optional(),
  /** For each second, on all CPUs; absent in a first reading, and of an interrupt that is new. */
  rate: z.number().optional(),
  /** The CPUs that it was delivered to, most first. */
  on: z.array(z.object({ cpu: z.int(), rate: z.number() })),
});

/** A line of `irqspace watch --json`, version 1. */
export const watchSample = z.object({
  kind: z.literal('watch'),
  version: z.literal(1),
  source: z.string(),
  /** `uname -r`. */
  release: z.string().optional(),
  /** Milliseconds since 1970. */
  at: z.number(),
  /** How long the rates were measured; absent in a first reading. */
  seconds: z.number().optional(),
  /** Of the vectors' figures. */
  certainty,
  /** Milliseconds since 1970: when the figures that are read rarely were read (vectors, owners). */
  factsAt: z.number(),
  cpus: z.array(watchCpu),
  irqs: z.array(watchIrq),
  events: z.array(watchEvent),
  tracing: z.object({ on: z.boolean(), text: z.string() }),
});

export type WatchEvent = z.infer<typeof watchEvent>;
export type WatchCpu = z.infer<typeof watchCpu>;
export type WatchIrq = z.infer<typeof watchIrq>;
export type WatchSample = z.infer<typeof watchSample>;
