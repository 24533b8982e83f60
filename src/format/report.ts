import { z } from 'zod';
import { certainty, cpuListText, figure } from './figure.ts';
import { kernelFacts } from './kernel-facts.ts';

export const finding = z.object({
  severity: z.enum(['error', 'warning', 'note']),
  /** Stable word for scripts, e.g. `hibernate-refused`. */
  code: z.string(),
  text: z.string(),
});

export const reportCpu = z.object({
  cpu: z.int(),
  online: z.boolean(),
  node: z.int().optional(),
  capacity: figure,
  available: figure,
  allocated: figure,
  managed: figure,
  managedAllocated: figure,
  /** Vector numbers in use, as a list (`33-38,48`); only where VECTOR was readable. */
  vectors: z.string().optional(),
});

export const reportIrq = z.object({
  irq: z.int(),
  name: z.string(),
  chip: z.string().optional(),
  /** PCI address. */
  device: z.string().optional(),
  driver: z.string().optional(),
  /** Absent: cannot be told. */
  managed: z.boolean().optional(),
  managedBy: z.string(),
  cpu: z.int().optional(),
  vector: z.int().optional(),
  affinity: cpuListText.optional(),
  state: z.enum(['active', 'shutdown', 'reserved', 'legacy-pic', 'other', 'unknown']),
  /** An affinity write waits for the next interrupt. */
  movePending: z.boolean(),
  /** A second vector that it holds (or may: `certain` is false) on a CPU that it left, until its next interrupt. */
  oldVector: z.object({ cpus: cpuListText, certain: z.boolean(), vector: z.int().optional() }).optional(),
  /** Deliveries on all CPUs together. */
  count: z.number().optional(),
});

/** `irqspace report --json`, version 1. */
export const report = z.object({
  kind: z.literal('report'),
  version: z.literal(1),
  source: z.string(),
  kernel: kernelFacts,
  certainty,
  cpus: z.array(reportCpu),
  global: z.object({ available: figure, reserved: figure, totalAllocated: figure }),
  /** System vectors as a list; only where VECTOR was readable. */
  systemVectors: z.string().optional(),
  /** Vectors from `start` to `end` (exclusive) can be given to devices, less the system vectors inside. */
  window: z.object({ start: z.int(), end: z.int() }),
  nodes: z.array(z.object({ node: z.int(), cpus: cpuListText })),
  irqs: z.array(reportIrq),
  findings: z.array(finding),
  /** Why figures are not exact, one sentence each. */
  doubts: z.array(z.string()),
  /** What could not be read, and what that costs. */
  missing: z.array(z.object({ path: z.string(), cost: z.string() })),
});

export type Report = z.infer<typeof report>;
export type ReportCpu = z.infer<typeof reportCpu>;
export type ReportIrq = z.infer<typeof reportIrq>;
export type Finding = z.infer<typeof finding>;
