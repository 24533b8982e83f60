/**
 * What differs between kernels, as data: one row per feature, cited by commit, never a version test in the
 * code that uses it. A kernel is described by its upstream version with the stable patch level, because
 * fixes are back-ported; distributions back-port more, so a detected profile can be overridden.
 *
 * Source: specification chapter 12.1 and 12.2; rows marked (m) quote a commit from memory.
 */

import { FIRST_SPREADING, SPREADING_4_14, type SpreadingRules } from './spreading/spreading-rules.ts';

/** Upstream version; `patch` is the stable level (6.1.192 has 192). */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** How the CPU of a managed vector is chosen (specification 3.3). */
export type ManagedCpuChoice =
  /** The caller picks the lowest online CPU of the mask: 4.15, 4.16. */
  | 'lowest'
  /** Most `available`, ties to the lowest CPU: around 4.20. */
  | 'most-available'
  /** Fewest `managed_allocated`, ties to the *highest* CPU: 5.4 and later. */
  | 'fewest-managed';

export interface KernelProfile extends SpreadingRules {
  /** `major.minor`, as given to `--kernel` and printed in answers. */
  readonly name: string;
  readonly version: KernelVersion;
  /** End of the allocation window (exclusive): FIRST_SYSTEM_VECTOR. */
  readonly firstSystemVector: number;
  /** Vector 0x20 is the move clean-up IPI and so a system vector inside the window. */
  readonly cleanupByVector: boolean;
  /** `irq_matrix_online()` forgets the map each time. */
  readonly onlineResetsMap: boolean;
  /** The per-CPU counter `managed_allocated` exists. */
  readonly countsManagedAllocated: boolean;
  readonly managedCpuChoice: ManagedCpuChoice;
  /** `irq_matrix_alloc()` answers -EINVAL to an empty mask, not -ENOSPC. */
  readonly allocRejectsEmptyMask: boolean;
  /** `irq_matrix_alloc_managed()` answers -EINVAL to an empty mask. */
  readonly allocManagedRejectsEmptyMask: boolean;
  /** `irq_matrix_free()` warns and leaves the counters alone when the bit was not set. */
  readonly freeChecksBit: boolean;
  /** `irq_matrix_free()` does nothing at all on an offline map. */
  readonly freeIgnoresOffline: boolean;
  /** `irq_matrix_allocated()` leaves managed vectors out: they need not move when a CPU goes. */
  readonly allocatedExcludesManaged: boolean;
  /** `isolcpus=managed_irq` steers managed interrupts to housekeeping CPUs. */
  readonly isolatesManaged: boolean;
  /** A migration that finds no vector in the mask is retried over all online CPUs. */
  readonly retriesOnlineMask: boolean;
  /** Suspend and hibernation take the CPUs down from the highest, not from the lowest. */
  readonly freezesDescending: boolean;
  /** What a write to the smp_affinity of a managed interrupt answers. */
  readonly managedWriteErrno: 'EIO' | 'EPERM';
  /** MSI chips are named after their device (`PCI-MSIX-0000:00:01.0`). */
  readonly perDeviceMsiDomains: boolean;
  /** /proc/irq/N/smp_affinity is 0444 where user space cannot set it. */
  readonly affinityModeTellsManaged: boolean;
  /** /proc/interrupts lists an interrupt only while it has an action. */
  readonly interruptsNeedAction: boolean;
}

type FeatureValues = Omit<KernelProfile, 'name' | 'version'>;

/** One difference: the value that holds from `since` on (and from each back-port on within its series). */
interface FeatureRow<K extends keyof FeatureValues = keyof FeatureValues> {
  readonly feature: K;
  readonly value: FeatureValues[K];
  readonly since: string;
  readonly backports?: readonly string[];
  readonly source: string;
}

/** 4.15.0, the first kernel with the matrix allocator. */
const FIRST: FeatureValues = {
  firstSystemVector: 0xee,
  cleanupByVector: true,
  onlineResetsMap: true,
  countsManagedAllocated: false,
  managedCpuChoice: 'lowest',
  allocRejectsEmptyMask: false,
  allocManagedRejectsEmptyMask: false,
  freeChecksBit: false,
  freeIgnoresOffline: true,
  allocatedExcludesManaged: false,
  isolatesManaged: false,
  retriesOnlineMask: false,
  freezesDescending: false,
  managedWriteErrno: 'EIO',
  perDeviceMsiDomains: false,
  affinityModeTellsManaged: false,
  interruptsNeedAction: false,
  ...FIRST_SPREADING,
};

function row<K extends keyof FeatureValues>(
  feature: K,
  value: FeatureValues[K],
  since: string,
  source: string,
  backports: readonly string[] = [],
): FeatureRow {
  return { feature, value, since, source, backports };
}

/** Ascending by version; a later row for the same feature wins. Series not read are interpolated (D-10). */
const FEATURES: readonly FeatureRow[] = [
  row('firstSystemVector', 0xed, '4.16', 'a Hyper-V vector moved the local timer; read in 4.16.13'),
  row('onlineResetsMap', false, '4.16', 'read in 4.16.13: the map is initialised once'),
  row('freeIgnoresOffline', false, '4.16', 'read in 4.16.13'),
  row(
    'spreadBase',
    'possible',
    '4.16',
    '84676c1f21e8 ("genirq/affinity: assign vectors to all possible CPUs")',
  ),
  row('firstSystemVector', 0xec, '4.17', 'read in 4.20.0'),
  row(
    'spreadBase',
    'present-then-rest',
    '4.17',
    '"genirq/affinity: Spread irq vectors among present CPUs as far as possible"; read in 4.20.0',
  ),
  row('spreadWholeNodes', true, '4.17', 'read in 4.20.0 and 5.4.59'),
  row(
    'managedCpuChoice',
    'most-available',
    '4.19',
    '76f99ae5b54d ("irq/matrix: Spread managed interrupts on allocation") (m)',
  ),
  row('allocManagedRejectsEmptyMask', true, '4.19', 'read in 4.20.0'),
  row('managesAllMessages', false, '5.0', 'the managed flag became one per message; read in 5.4.59'),
  row(
    'spreadJoinsNodes',
    true,
    '5.0',
    'b82592199032 ("genirq/affinity: Spread IRQs to all available NUMA nodes") (m); read in 5.4.59, not in 4.20.0',
  ),
  row('affinitySets', 'fixed', '5.0', 'read at 0145c30e896d'),
  row('affinitySets', 'computed', '5.1', 'calc_sets(); read in 5.4.59'),
  row(
    'managedCpuChoice',
    'fewest-managed',
    '5.1',
    'e8da8794a7fd ("genirq/matrix: Improve target CPU selection for managed interrupts") (m); in 4.19.299 at the latest, whose allocated() subtracts its counter',
    ['4.19.299'],
  ),
  row('countsManagedAllocated', true, '5.1', 'e8da8794a7fd (m)', ['4.19.299']),
  row(
    'spreadByNodeSize',
    true,
    '5.4',
    'b1a5a73e64e9 ("genirq/affinity: Spread vectors on node according to nr_cpu ratio")',
  ),
  row('spreadLeavesEmpty', true, '5.4', 'read in 5.4.59; the default mask in 4.20.0'),
  row(
    'isolatesManaged',
    true,
    '5.6',
    '11ea68f553e2 ("genirq, sched/isolation: Isolate from handling managed interrupts")',
  ),
  row(
    'allocRejectsEmptyMask',
    true,
    '5.9',
    '"check for an empty cpumask in the matrix allocator", tag x86-urgent-2020-08-30',
  ),
  row('freeChecksBit', true, '5.12', '"genirq/matrix: Prevent allocation counter corruption"', ['5.10.36']),
  row(
    'spreadWholeNodes',
    false,
    '5.19',
    '08d835dff916 ("genirq/affinity: Consider that CPUs on nodes can be unbalanced") (m); read in 6.1.192',
  ),
  row(
    'perDeviceMsiDomains',
    true,
    '6.2',
    'per-device MSI domains: names seen in 6.12.117 and 7.2.12, not in 6.1.192',
  ),
  row(
    'cleanupByVector',
    false,
    '6.6',
    'bdc1dad299bb ("x86/vector: Replace IRQ_MOVE_CLEANUP_VECTOR with a timer callback")',
  ),
  row(
    'allocatedExcludesManaged',
    true,
    '6.7',
    'a0b0bad10587 ("genirq/matrix: Exclude managed interrupts in irq_matrix_allocated()"); back-ports to 6.1.63 and 4.19.y seen, the others (m)',
    ['4.19.299', '5.4.261', '5.10.201', '5.15.139', '6.1.63', '6.5.12', '6.6.2'],
  ),
  row(
    'heapSort',
    'double-pop',
    '6.9',
    '0e02ca29a563 ("lib/sort: optimize heapsort with double-pop variation"), version (m); absent in 6.8.1, read in 6.12.117',
  ),
  row(
    'firstSystemVector',
    0xeb,
    '6.10',
    'the posted-MSI notification vector bounds the window; read in 6.12.117',
  ),
  row(
    'retriesOnlineMask',
    true,
    '6.10',
    '88d724e2301a ("genirq/cpuhotplug: Retry with cpu_online_mask when migration fails")',
  ),
  row('freezesDescending', true, '6.12', 'read in 6.12.117; ascending in 6.8.1'),
  row('managedWriteErrno', 'EPERM', '6.12', 'read in 6.12.117; EIO in 6.8.1'),
  row('affinityModeTellsManaged', true, '6.12', 'read in 6.12.117; 0644 for all in 6.8.1'),
  row('interruptsNeedAction', true, '6.12', 'read in 6.12.117'),
  row(
    'emptySetFaults',
    false,
    '6.16',
    '"lib/group_cpus: fix NULL pointer dereference from group_cpus_evenly()", version (m); read in 6.12.117, not in 6.1.192',
    ['6.12.117'],
  ),
  row(
    'spreadLeavesEmpty',
    false,
    '6.17',
    '"lib/group_cpus: Let group_cpu_evenly() return the number of initialized masks", version (m); read in 6.18',
  ),
  row(
    'spreadByCluster',
    true,
    '7.0',
    '"lib/group_cpus: make group CPU cluster aware", v2 of 2026-01-13; read in 7.0.0',
  ),
];

/**
 * Kernels this model describes, newest last. Where a tree of the series was read it is that one (specification 0.1),
 * else a late stable release of a long-term series, else the first of its series (interpolated, D-10).
 */
const TREES: readonly string[] = [
  '4.15.0',
  '4.16.13',
  '4.17.0',
  '4.18.0',
  '4.19.0',
  '4.20.0',
  '5.0.0',
  '5.1.0',
  '5.2.0',
  '5.3.0',
  '5.4.59',
  '5.5.0',
  '5.6.0',
  '5.7.0',
  '5.8.0',
  '5.9.0',
  '5.10.258',
  '5.11.0',
  '5.12.0',
  '5.13.0',
  '5.14.0',
  '5.15.197',
  '5.16.0',
  '5.17.0',
  '5.18.0',
  '5.19.0',
  '6.0.0',
  '6.1.192',
  '6.2.0',
  '6.3.0',
  '6.4.0',
  '6.5.0',
  '6.6.117',
  '6.7.0',
  '6.8.1',
  '6.9.0',
  '6.10.0',
  '6.11.0',
  '6.12.117',
  '6.13.0',
  '6.14.0',
  '6.15.0',
  '6.16.0',
  '6.17.0',
  '6.18.35',
  '6.19.0',
  '7.0.0',
  '7.1.3',
  '7.2.12',
];

/** `6.1.192` or `6.1` (patch 0); undefined when it is no version. */
export function parseVersion(text: string): KernelVersion | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3] ?? 0) };
}

function compareVersions(a: KernelVersion, b: KernelVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

function mustParse(text: string): KernelVersion {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`bad version ${text} in the feature table`);
  return version;
}

function holds(feature: FeatureRow, version: KernelVersion): boolean {
  if (compareVersions(version, mustParse(feature.since)) >= 0) return true;
  return (feature.backports ?? [])
    .map(mustParse)
    .some((b) => b.major === version.major && b.minor === version.minor && version.patch >= b.patch);
}

/** The profile of an upstream version. Older than 4.15 has no matrix: the answer is undefined. */
export function profileOf(version: KernelVersion): KernelProfile | undefined {
  if (compareVersions(version, { major: 4, minor: 15, patch: 0 }) < 0) return undefined;
  const values: FeatureValues = { ...FIRST };
  for (const feature of FEATURES) {
    if (holds(feature, version)) Object.assign(values, { [feature.feature]: feature.value });
  }
  return { name: `${version.major}.${version.minor}`, version, ...values };
}

/** The names `--kernel` takes, oldest first. */
export const PROFILE_NAMES: readonly string[] = TREES.map((tree) => tree.split('.').slice(0, 2).join('.'));

/**
 * A profile by name: `6.1` stands for the tree that was read in that series (6.1.192), `6.1.20` for exactly
 * that stable release, `newest` for the last tree. Undefined when the name is not one.
 */
export function profileNamed(name: string): KernelProfile | undefined {
  if (name === 'newest') return profileOf(mustParse(TREES.at(-1) ?? ''));
  const tree = TREES.find((candidate) => candidate.split('.').slice(0, 2).join('.') === name);
  const version = parseVersion(tree ?? name);
  const profile = version === undefined ? undefined : profileOf(version);
  return profile !== undefined && PROFILE_NAMES.includes(profile.name) ? profile : undefined;
}

/** Newer than every kernel that was read: its profile is that of the newest, which may be wrong. */
export function isNewerThanRead({ major, minor }: KernelVersion): boolean {
  const newest = mustParse(TREES.at(-1) ?? '');
  return major > newest.major || (major === newest.major && minor > newest.minor);
}

/** How a kernel spreads managed interrupts: the names of {@link profileNamed}, and `4.14`, which has no profile. */
export function spreadingRulesNamed(name: string): SpreadingRules | undefined {
  return name === '4.14' ? SPREADING_4_14 : profileNamed(name);
}

/** What the kernel this profile describes does differently from another: the names of the features. */
export function profileDifferences(a: KernelProfile, b: KernelProfile): readonly (keyof FeatureValues)[] {
  return (Object.keys(FIRST) as (keyof FeatureValues)[]).filter((key) => a[key] !== b[key]);
}
