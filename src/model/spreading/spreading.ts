/**
 * `irq_create_affinity_masks()` and `irq_calc_affinity_vectors()`, kernel/irq/affinity.c: which CPUs each message of a
 * device with managed interrupts may run on. Specification chapter 7; the steps in comments are those of 7.4.3, which
 * describe the older kernels too once there is one set.
 */
import { invariant } from '../../base/assert.ts';
import type { CpuSet } from '../../base/cpu-set.ts';
import { groupCpusEvenly } from './group-cpus.ts';
import { KernelFault } from './spreading-fault.ts';
import { spreadingIndexOf } from './spreading-index.ts';
import type { SpreadingRules } from './spreading-rules.ts';
import type { Topology } from './topology.ts';

export { KernelFault } from './spreading-fault.ts';
export type { SpreadingRules } from './spreading-rules.ts';
export type { Topology } from './topology.ts';

/** What a driver passes along: `struct irq_affinity`, include/linux/interrupt.h (specification 6.8). */
export interface IrqAffinity {
  /** Leading and trailing messages that are not spread: they get the default affinity. */
  readonly preVectors: number;
  readonly postVectors: number;
  /** Divides n spreadable messages into sets that are spread each on their own; absent: one set. */
  readonly calcSets?: ((n: number) => readonly number[]) | undefined;
}

/** `struct irq_affinity_desc`. The mask may be shared: it is not to be changed. */
export interface AffinityDescriptor {
  readonly mask: CpuSet;
  readonly isManaged: boolean;
}

/** A condition under which the kernel warns (WARN_ON) and goes on. */
export type SpreadingWarning =
  /** More than IRQ_AFFINITY_MAX_SETS: nothing is spread. */
  | 'createAffinityMasks: more than 4 sets'
  /** A set has more messages than there are CPUs: those left over have an empty mask (5.4 to 6.16). */
  | 'groupCpusEvenly: groups without a CPU';

export interface AffinityMasks {
  /** One for each message; undefined when the kernel makes none: all messages are ordinary ones then. */
  readonly descriptors: readonly AffinityDescriptor[] | undefined;
  /** Each time a condition was met, although the kernel prints only the first. */
  readonly warnings: readonly SpreadingWarning[];
}

/** IRQ_AFFINITY_MAX_SETS, include/linux/interrupt.h. */
export const MAX_SETS = 4;

/** Throws {@link KernelFault} where the kernel crashes. */
export function createAffinityMasks(
  rules: SpreadingRules,
  topology: Topology,
  nvecs: number,
  affinity: IrqAffinity,
  defaultAffinity: CpuSet,
): AffinityMasks {
  const { preVectors, postVectors } = affinity;
  for (const count of [nvecs, preVectors, postVectors]) checkCount(count);
  const spreadable = Math.max(0, nvecs - preVectors - postVectors);
  // Step 1: the callback runs even when there is nothing to divide.
  const sets = setsOf(rules, affinity, spreadable);
  if (sets.length > MAX_SETS) {
    return { descriptors: undefined, warnings: ['createAffinityMasks: more than 4 sets'] };
  }
  if (spreadable === 0) return { descriptors: undefined, warnings: [] };

  const index = spreadingIndexOf(topology);
  const warnings: SpreadingWarning[] = [];
  // Steps 2 and 4: what nobody fills below.
  const masks = new Array<CpuSet>(nvecs).fill(defaultAffinity);
  let used = 0;
  for (const size of sets) {
    if (size === 0) {
      if (!rules.emptySetFaults) return { descriptors: undefined, warnings };
      // 6.1 follows the pointer of an empty allocation. What 5.0 to 5.4 do with such a set was not read.
      throw new KernelFault('bad pointer', 'group_cpus_evenly', 'a set of size 0');
    }
    const made = groupCpusEvenly(rules, index, size);
    if (rules.spreadLeavesEmpty && made.initialised < size) {
      warnings.push('groupCpusEvenly: groups without a CPU');
    }
    // Step 3: 6.18 copies, and counts, only what was given CPUs.
    const copied = rules.spreadLeavesEmpty ? size : made.initialised;
    const end = preVectors + used + copied;
    if (end > nvecs)
      throw new KernelFault('bad pointer', 'irq_create_affinity_masks', 'sets beyond the array');
    for (let at = 0; at < copied; at++) masks[preVectors + used + at] = made.masks[at] ?? defaultAffinity;
    used += copied;
  }
  // Step 4: sets that are too large have run into the trailing messages.
  masks.fill(defaultAffinity, preVectors + Math.min(used, spreadable));
  const lastManaged = rules.managesAllMessages ? nvecs : nvecs - postVectors;
  const firstManaged = rules.managesAllMessages ? 0 : preVectors;
  return {
    descriptors: masks.map((mask, at) => ({ mask, isManaged: at >= firstManaged && at < lastManaged })),
    warnings,
  };
}

function setsOf(rules: SpreadingRules, { calcSets }: IrqAffinity, spreadable: number): readonly number[] {
  if (rules.affinitySets === 'none' || calcSets === undefined) return [spreadable];
  const sets = calcSets(spreadable);
  for (const size of sets) checkCount(size);
  return sets;
}

function checkCount(count: number): void {
  invariant(Number.isSafeInteger(count) && count >= 0, `${count} is no number of messages`);
}

/**
 * How many messages are worth asking for: no more than there are CPUs, and 0 when `minVectors` has no room for those
 * that are not spread, which the callers turn into -ENOSPC (specification 7.6).
 */
export function calcVectors(
  rules: SpreadingRules,
  topology: Topology,
  minVectors: number,
  maxVectors: number,
  affinity: IrqAffinity,
): number {
  const reserved = affinity.preVectors + affinity.postVectors;
  if (reserved > minVectors) return 0;
  const room = maxVectors - reserved;
  return reserved + Math.min(spreadTargets(rules, topology, room, affinity), room);
}

function spreadTargets(
  rules: SpreadingRules,
  topology: Topology,
  room: number,
  { calcSets }: IrqAffinity,
): number {
  if (calcSets !== undefined) {
    if (rules.affinitySets === 'computed') return room;
    // 5.0, read at 0145c30e896d: the sum of the sizes that the driver gave.
    if (rules.affinitySets === 'fixed') return calcSets(room).reduce((sum, size) => sum + size, 0);
  }
  return rules.spreadBase === 'present' ? topology.present.size : topology.possible.size;
}
