import { z } from 'zod';
import { kernelFacts } from './kernel-facts.ts';

export const spreadMessage = z.object({
  /** Position in the MSI-X table, or among the messages of MSI. */
  index: z.int(),
  /** The CPUs it may run on, `0-3,8`; empty where the kernel leaves the mask empty. */
  cpus: z.string(),
  /** NUMA node of the lowest of them, where the kernel puts the descriptor. */
  node: z.int().optional(),
  managed: z.boolean(),
});

export const spreadTopology = z.object({
  /** Where it comes from: `2x16x2`, or the machine. */
  name: z.string(),
  possible: z.string(),
  present: z.string(),
  /** The possible CPUs of each node id, nodes without any included. */
  nodes: z.array(z.object({ node: z.int(), cpus: z.string() })),
});

/** `irqspace spread --json`, version 1. */
export const spread = z.object({
  kind: z.literal('spread'),
  version: z.literal(1),
  kernel: kernelFacts,
  topology: spreadTopology,
  /** What the driver asked for, where it left the number to the kernel. */
  asked: z.object({ min: z.int(), max: z.int() }).optional(),
  /** Messages that are spread over `masks`, leading and trailing ones included. */
  nvecs: z.int(),
  preVectors: z.int(),
  postVectors: z.int(),
  /** Sizes of the driver's sets; absent: one set. */
  sets: z.array(z.int()).optional(),
  /** One per message; none where `failure` is set. */
  masks: z.array(spreadMessage),
  /** What the kernel does instead: it refuses with an errno, or it crashes. */
  failure: z.object({ kind: z.enum(['refused', 'crash']), text: z.string() }).optional(),
  /** What the kernel warns of, and what is surprising about the masks; a sentence each. */
  warnings: z.array(z.string()),
});

export type Spread = z.infer<typeof spread>;
export type SpreadMessage = z.infer<typeof spreadMessage>;
