import { CpuSet } from '../base/cpu-set.ts';
import { formatNumberList } from '../base/number-list.ts';
import type { Spread, SpreadMessage } from '../format/spread.ts';
import {
  type AffinityDescriptor,
  type AffinityMasks,
  calcVectors,
  createAffinityMasks,
  type IrqAffinity,
  KernelFault,
  MAX_SETS,
} from '../model/spreading/spreading.ts';
import { nodeOfCpu, type Topology } from '../model/spreading/topology.ts';
import {
  checkSpreadRequest,
  type NamedTopology,
  type SpreadKernel,
  type SpreadRequest,
} from './spread-request.ts';

export {
  MAX_VECTORS,
  type NamedTopology,
  parseSets,
  parseTopology,
  type SpreadKernel,
  type SpreadRequest,
  spreadKernelNamed,
  spreadKernelOf,
} from './spread-request.ts';

/** The masks the kernel would give a device's messages. Throws {@link RequestError} for what no driver could ask. */
export function spreadOf(request: SpreadRequest): Spread {
  checkSpreadRequest(request);
  const { kernel, topology, minVectors, sets, preVectors = 0, postVectors = 0 } = request;
  const affinity: IrqAffinity = {
    preVectors,
    postVectors,
    calcSets: sets === undefined ? undefined : () => sets,
  };
  const count = countOf(request, affinity);
  const outcome = count.refusal ?? outcomeOf(request, affinity, count.nvecs);
  return {
    kind: 'spread',
    version: 1,
    kernel: factsOf(kernel),
    topology: topologyFactsOf(topology),
    ...(minVectors === undefined ? {} : { asked: { min: minVectors, max: request.nvecs } }),
    nvecs: count.nvecs,
    preVectors,
    postVectors,
    ...(sets === undefined ? {} : { sets: [...sets] }),
    ...outcome,
    warnings: [...(topology.doubt === undefined ? [] : [topology.doubt]), ...outcome.warnings],
  };
}

type Outcome = Pick<Spread, 'masks' | 'failure' | 'warnings'>;

/** How many messages the kernel goes on with: all, or what `irq_calc_affinity_vectors()` leaves of them. */
function countOf(
  { kernel, topology, nvecs, minVectors }: SpreadRequest,
  affinity: IrqAffinity,
): { nvecs: number; refusal?: Outcome } {
  if (minVectors === undefined) return { nvecs };
  const offered = calcVectors(kernel.rules, topology.topology, minVectors, nvecs, affinity);
  if (offered >= minVectors) return { nvecs: offered };
  const reserved = affinity.preVectors + affinity.postVectors;
  const why =
    offered === 0
      ? `${reserved} messages are not spread, more than the ${minVectors} asked for at least`
      : `${offered} messages are all that the CPUs can use, ${minVectors} are asked for at least`;
  return {
    nvecs: offered,
    refusal: { masks: [], failure: { kind: 'refused', text: `ENOSPC: ${why}` }, warnings: [] },
  };
}

function outcomeOf(request: SpreadRequest, affinity: IrqAffinity, nvecs: number): Outcome {
  const { topology } = request.topology;
  const defaultAffinity = request.defaultAffinity ?? topology.possible;
  let made: AffinityMasks;
  try {
    made = createAffinityMasks(request.kernel.rules, topology, nvecs, affinity, defaultAffinity);
  } catch (error) {
    if (!(error instanceof KernelFault)) throw error;
    return { masks: [], failure: { kind: 'crash', text: error.message }, warnings: [] };
  }
  if (made.descriptors === undefined) {
    const ordinary: SpreadMessage = { index: 0, cpus: defaultAffinity.toString(), managed: false };
    return {
      masks: Array.from({ length: nvecs }, (_, index) => ({ ...ordinary, index })),
      warnings: [`${whyNothing(request, made)}: no message is managed, all have the default affinity`],
    };
  }
  return {
    masks: made.descriptors.map((descriptor, index) => messageOf(topology, descriptor, index)),
    warnings: [
      ...emptyMasks(made.descriptors),
      ...forgottenCpus(topology, made.descriptors.slice(affinity.preVectors, nvecs - affinity.postVectors)),
    ],
  };
}

function whyNothing({ sets = [] }: SpreadRequest, { warnings }: AffinityMasks): string {
  if (warnings.length > 0) return `the kernel warns about ${sets.length} sets, ${MAX_SETS} is the most`;
  return sets.includes(0) ? 'the kernel gives up on a set of size 0' : 'no message is left to spread';
}

function messageOf(
  topology: Topology,
  { mask, isManaged }: AffinityDescriptor,
  index: number,
): SpreadMessage {
  const { first } = mask;
  const node = first === undefined ? undefined : nodeOfCpu(topology, first);
  return { index, cpus: mask.toString(), ...(node === undefined ? {} : { node }), managed: isManaged };
}

function emptyMasks(descriptors: readonly AffinityDescriptor[]): string[] {
  const empty = descriptors.flatMap(({ mask }, index) => (mask.isEmpty ? [index] : []));
  if (empty.length === 0) return [];
  const messages = empty.length === 1 ? 'message' : 'messages';
  // alloc_descs(), kernel/irq/irqdesc.c (specification 5.1 step 4).
  return [
    `${messages} ${formatNumberList(empty)}: no CPU is left, the kernel warns and then refuses the empty mask with EINVAL`,
  ];
}

/** Present CPUs that no spread message may run on. */
function forgottenCpus(topology: Topology, spread: readonly AffinityDescriptor[]): string[] {
  const covered = new CpuSet();
  for (const { mask } of spread) for (const cpu of mask) covered.add(cpu);
  const forgotten = topology.present.andNot(covered);
  return forgotten.isEmpty ? [] : [`CPUs ${forgotten}: in the mask of no message that is spread`];
}

function factsOf({ release, profile, assumption }: SpreadKernel): Spread['kernel'] {
  return {
    ...(release === undefined ? {} : { release }),
    profile,
    ...(assumption === undefined ? {} : { assumption }),
  };
}

function topologyFactsOf({ name, topology }: NamedTopology): Spread['topology'] {
  return {
    name,
    possible: topology.possible.toString(),
    present: topology.present.toString(),
    nodes: topology.nodes.map((cpus, node) => ({ node, cpus: cpus.toString() })),
  };
}
