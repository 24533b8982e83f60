import { MAX_CPUS } from '../base/cpu-list.ts';
import type { CpuSet } from '../base/cpu-set.ts';
import { PROFILE_NAMES, spreadingRulesNamed } from '../model/kernel-profile.ts';
import type { KernelFacts } from '../model/machine-state.ts';
import type { SpreadingRules } from '../model/spreading/spreading-rules.ts';
import {
  cpusOfShape,
  MAX_NODES,
  type Topology,
  type TopologyShape,
  topologyOfShape,
} from '../model/spreading/topology.ts';
import { RequestError } from './request-error.ts';

/** The kernel that spreads. Unlike a profile it may be 4.14, which has no vector matrix. */
export interface SpreadKernel {
  readonly profile: string;
  readonly rules: SpreadingRules;
  readonly release?: string | undefined;
  readonly assumption?: string | undefined;
}

/** A topology, and what to call it in the answer. */
export interface NamedTopology {
  readonly name: string;
  readonly topology: Topology;
  /** What is not known of it, as a sentence. */
  readonly doubt?: string | undefined;
}

export interface SpreadRequest {
  readonly kernel: SpreadKernel;
  readonly topology: NamedTopology;
  /** The messages to spread; with `minVectors`, the most that the driver takes. */
  readonly nvecs: number;
  /** Given: the kernel reduces the number to what the CPUs can use, as `pci_alloc_irq_vectors_affinity()` does. */
  readonly minVectors?: number | undefined;
  readonly preVectors?: number | undefined;
  readonly postVectors?: number | undefined;
  /** What the driver's `calc_sets()` answers. */
  readonly sets?: readonly number[] | undefined;
  /** `irqaffinity=` or default_smp_affinity; all possible CPUs without it. */
  readonly defaultAffinity?: CpuSet | undefined;
}

/** The most messages that an MSI-X table has. */
export const MAX_VECTORS = 2048;

/** For `--kernel`: a profile's name, or 4.14. */
export function spreadKernelNamed(name: string): SpreadKernel {
  const rules = spreadingRulesNamed(name);
  if (rules === undefined) {
    throw new RequestError(
      `"${name}" is not 4.14, ${PROFILE_NAMES[0] ?? ''} to ${PROFILE_NAMES.at(-1) ?? ''}, or newest`,
      '--kernel',
    );
  }
  return { profile: name === 'newest' ? (PROFILE_NAMES.at(-1) ?? name) : name, rules };
}

/** The kernel of a machine. */
export function spreadKernelOf({ release, profile, assumption }: KernelFacts): SpreadKernel {
  return { release, profile: profile.name, rules: profile, assumption };
}

/** For `--topology`: `2x16x2` is sockets x cores x threads; `2x16` has one thread per core. */
export function parseTopology(text: string): NamedTopology {
  const match = /^(\d{1,5})x(\d{1,5})(?:x(\d{1,5}))?$/.exec(text);
  const shape: TopologyShape = {
    sockets: Number(match?.[1] ?? 0),
    cores: Number(match?.[2] ?? 0),
    threads: Number(match?.[3] ?? 1),
  };
  const cpus = cpusOfShape(shape);
  if (cpus === 0) {
    throw new RequestError(`"${text}" is not sockets x cores x threads, such as 2x16x2`, '--topology');
  }
  if (cpus > MAX_CPUS) {
    throw new RequestError(`${text} is ${cpus} CPUs, Linux has at most ${MAX_CPUS}`, '--topology');
  }
  if (shape.sockets > MAX_NODES) {
    throw new RequestError(
      `${text} has ${shape.sockets} nodes, Linux has at most ${MAX_NODES}`,
      '--topology',
    );
  }
  return { name: text, topology: topologyOfShape(shape) };
}

/** For `--sets`: `8,8,4`. */
export function parseSets(text: string): readonly number[] {
  return text.split(',').map((size) => {
    if (!/^\d{1,5}$/.test(size)) {
      throw new RequestError(
        `"${size}" is not a number of messages; expected a list such as 8,8,4`,
        '--sets',
      );
    }
    return Number(size);
  });
}

/** Throws {@link RequestError} where no driver could ask this. */
export function checkSpreadRequest(request: SpreadRequest): void {
  const { nvecs, minVectors, preVectors = 0, postVectors = 0, sets, kernel } = request;
  checkNumber('--vectors', nvecs, 1);
  if (minVectors !== undefined) checkNumber('--min', minVectors, 1);
  checkNumber('--pre', preVectors, 0);
  checkNumber('--post', postVectors, 0);
  if (minVectors !== undefined && minVectors > nvecs) {
    throw new RequestError(`${minVectors} is more than the ${nvecs} of --vectors`, '--min');
  }
  const reserved = preVectors + postVectors;
  if (reserved > nvecs) {
    throw new RequestError(
      `${reserved} messages do not fit in the ${nvecs} of --vectors`,
      '--pre and --post',
    );
  }
  if (sets === undefined) return;
  if (kernel.rules.affinitySets === 'none') {
    throw new RequestError(`kernel ${kernel.profile} spreads all messages as one set`, '--sets');
  }
  if (sets.length === 0) throw new RequestError('name at least one size', '--sets');
  for (const size of sets) checkNumber('--sets', size, 0);
  const sum = sets.reduce((total, size) => total + size, 0);
  if (sum !== nvecs - reserved) {
    throw new RequestError(
      `they hold ${sum} messages, and there are ${nvecs - reserved} to spread (--vectors less --pre and --post)`,
      '--sets',
    );
  }
}

function checkNumber(option: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > MAX_VECTORS) {
    throw new RequestError(`${value} is not a number of messages from ${least} to ${MAX_VECTORS}`, option);
  }
}
