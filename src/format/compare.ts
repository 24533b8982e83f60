import { z } from 'zod';
import { cpuListText } from './figure.ts';
import { kernelFacts } from './kernel-facts.ts';

/** Vectors at one moment, system vectors left out. */
export const comparedFigures = z.object({
  /** Taken on the CPUs that are online. */
  vectors: z.int(),
  /** Of these: not the one by which an interrupt with a handler arrives. */
  wasted: z.int(),
  /** Promised without a vector. */
  reserved: z.int(),
  /** Set aside for managed interrupts and not in use. */
  setAside: z.int(),
  /** Interrupts that have a handler and a vector. */
  inUse: z.int(),
  /** The CPU with the most vectors taken, and how many. */
  fullest: z.object({ cpu: z.int(), vectors: z.int() }),
  /** `fullest.vectors` divided by the mean of the CPUs that are online: 1 is even. */
  imbalance: z.number(),
});

/** What a CPU's vectors are used for, as lists of vector numbers (`33-38,48`). */
export const comparedCpu = z.object({
  cpu: z.int(),
  online: z.boolean(),
  /** By interrupts with a handler that may move, and that may not (managed). */
  moving: z.string(),
  managed: z.string(),
  /** Taken by nobody who has a handler. */
  wasted: z.string(),
});

/** Consecutive steps of one kind. */
export const comparedStage = z.object({
  name: z.string(),
  /** Indices of the scenario's steps. */
  firstStep: z.int(),
  lastStep: z.int(),
});

export const comparedFailure = z.object({
  /** Index into `stages`. */
  stage: z.int(),
  step: z.int(),
  target: z.string(),
  /**
   * `refused`: the operation ended in an errno, or a CPU could not go; `enable`, `request`: a driver heard that there is
   * no vector, and gave up or went on in another way; `cannot`: the policy cannot run the machine; `lost`: an interrupt stayed on a CPU that went; `stopped`: the kernel did.
   */
  kind: z.enum(['cannot', 'refused', 'enable', 'request', 'lost', 'stopped']),
  /** The errno's name. */
  errno: z.string(),
  /** The kernel's line where there is one, else what it comes to in a few words. */
  says: z.string(),
});

export const comparedHotplug = z.object({
  /** CPUs that went, each time counted, and those that could not. */
  gone: z.int(),
  refused: z.array(
    z.object({
      step: z.int(),
      cpu: z.int(),
      errno: z.string(),
      needed: z.int(),
      available: z.int(),
      message: z.string().optional(),
    }),
  ),
  /** Interrupts that moved inside their affinity; whose affinity was broken; managed ones shut down, and of these started again; lost. */
  moved: z.int(),
  broken: z.int(),
  shutdown: z.int(),
  restored: z.int(),
  lost: z.int(),
  /** Interrupts in use before the first CPU went that are now on another CPU, or have no vector any more. */
  displaced: z.int(),
});

export const comparedPolicy = z.object({
  policy: z.string(),
  title: z.string(),
  /** Whose rules hold besides: `4.14` under the policies of that time. */
  profile: z.string(),
  /** Vectors of one CPU that devices can have. */
  perCpu: z.int(),
  /** Why it cannot run this machine; then there is nothing else. */
  cannot: z.string().optional(),
  /** One per stage; fewer where the kernel stopped. */
  stages: z.array(comparedFigures.extend({ map: z.array(comparedCpu).optional() })),
  firstFailure: comparedFailure.optional(),
  /** Operations that failed in one of these ways. */
  failures: z.int(),
  hotplug: comparedHotplug,
});

/** `irqspace compare --json`, version 1. */
export const compareAnswer = z.object({
  kind: z.literal('compare'),
  version: z.literal(1),
  source: z.string(),
  /** As described; a policy of another time has its own. */
  kernel: kernelFacts,
  online: cpuListText,
  stages: z.array(comparedStage),
  policies: z.array(comparedPolicy),
  /** Of a machine that was read: devices with messages that the workload leaves out, for want of their driver in the catalogue. */
  leftOut: z.array(z.object({ device: z.string(), driver: z.string(), messages: z.int() })).optional(),
});

export type CompareAnswer = z.infer<typeof compareAnswer>;
export type ComparedPolicy = z.infer<typeof comparedPolicy>;
export type ComparedFigures = z.infer<typeof comparedFigures>;
export type ComparedCpu = z.infer<typeof comparedCpu>;
export type ComparedFailure = z.infer<typeof comparedFailure>;
export type ComparedHotplug = z.infer<typeof comparedHotplug>;
export type ComparedStage = z.infer<typeof comparedStage>;
