import { z } from 'zod';
import { kernelFacts } from './kernel-facts.ts';
import { report } from './report.ts';

/** One thing that was asked of the kernel or a driver, and what came of it. */
export const simulatedOperation = z.object({
  /** Index of the scenario's step. */
  step: z.int(),
  do: z.string(),
  /** What it was done to: `nvme0`, `CPU 3`, `irq 34`; empty for the machine. */
  target: z.string(),
  /** `OK`, the errno's name (`ENOSPC`), or `BUG`: the kernel stopped. */
  result: z.string(),
  outcome: z.string(),
  /** What the kernel printed meanwhile; a WARN has that level, and where it is as its text. */
  messages: z.array(z.object({ level: z.string(), text: z.string() })),
  /** Rules of the driver contract that were broken meanwhile: `C1`. */
  violations: z.array(z.object({ rule: z.string(), text: z.string() })),
  /** Tracepoints with the fields that they print. */
  events: z.array(z.object({ name: z.string(), fields: z.record(z.string(), z.int()) })),
});

/** What of the state at the end is alike in all orders that were tried of devices that probe together. */
export const orders = z.object({
  tried: z.int(),
  /** Those that have a handler and a vector. */
  interrupts: z.int(),
  sameCpu: z.int(),
  /** On the same CPU, and with the same vector. */
  sameVector: z.int(),
  /** All others: action, CPUs, ascending, and in how many orders it has no vector at all. */
  otherCpu: z.array(z.object({ name: z.string(), cpus: z.array(z.int()), absent: z.int() })),
});

/** `irqspace simulate --json`, version 1. */
export const simulateAnswer = z.object({
  kind: z.literal('simulate'),
  version: z.literal(1),
  /** The scenario's name, or its file. */
  source: z.string(),
  kernel: kernelFacts,
  /** Who gave out vectors: `matrix` is the kernel's own way. */
  policy: z.string(),
  operations: z.array(simulatedOperation),
  /** How many of them did not end in OK. */
  refused: z.int(),
  /** The kernel stopped: the steps after the last operation were not done. */
  stopped: z.boolean(),
  /** States that `snapshot` steps asked for. */
  snapshots: z.array(z.object({ name: z.string(), step: z.int(), state: report })),
  /** The state at the end. */
  state: report,
  /** Absent where nothing probes together, or the scenario says who did what when. */
  orders: orders.optional(),
});

export type Orders = z.infer<typeof orders>;
export type SimulateAnswer = z.infer<typeof simulateAnswer>;
export type SimulatedOperation = z.infer<typeof simulatedOperation>;
