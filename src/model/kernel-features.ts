/**
 * What differs between kernels, as data: one row per feature, cited by commit, never a version test in the
 * code that uses it. Source: specification chapter 12.1 and 12.2; rows marked (m) quote a commit from memory, and a
 * boundary between two trees that were read is an interpolation (D-10). kernel-profile.ts puts a kernel together.
 * One table, to be read from the oldest kernel to the newest; hence the length.
 */
import { FIRST_SPREADING, type SpreadingRules } from './spreading/spreading-rules.ts';

/** How the CPU of a managed vector is chosen (specification 3.3). */
export type ManagedCpuChoice =
  /** The caller picks the lowest online CPU of the mask: 4.15, 4.16. */
  | 'lowest'
  /** Most `available`, ties to the lowest CPU: around 4.20. */
  | 'most-available'
  /** Fewest `managed_allocated`, ties to the *highest* CPU: 5.4 and later. */
  | 'fewest-managed';

/** How the CPU of an ordinary vector is chosen. */
export type CpuChoice =
  /** The lowest online one of the mask that has a vector: only before v4.15. */
  | 'first'
  /** Most `available`, ties to the lowest CPU. */
  | 'most-available';

export interface KernelFeatures extends SpreadingRules {
  /** End of the allocation window (exclusive): FIRST_SYSTEM_VECTOR. */
  readonly firstSystemVector: number;
  /** Vector 0x20 is the move clean-up IPI and so a system vector inside the window. */
  readonly cleanupByVector: boolean;
  /** Where a PIC was found its cascade takes vector 0x32 of every CPU; else only that of the boot CPU. */
  readonly cascadeIsSystemVector: boolean;
  /** `irq_matrix_online()` forgets the map each time. */
  readonly onlineResetsMap: boolean;
  /** The per-CPU counter `managed_allocated` exists. */
  readonly countsManagedAllocated: boolean;
  readonly cpuChoice: CpuChoice;
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
  /** Another vector cannot be taken while the old one of a move is held: -EBUSY (4.6.1). */
  readonly movingIsBusy: boolean;
  /** A vector whose CPU is offline is freed when the interrupt gets another (4.6.4). */
  readonly freesVectorOfOfflineCpu: boolean;
  /** Activation of a managed interrupt without an online CPU answers +EINVAL, a bug of the first releases (4.4). */
  readonly managedStartupSlips: boolean;
  /** Activation looks at the affinity before the whole node, not after it (4.6.2). */
  readonly assignPrefersAffinity: boolean;
  /** An interrupt that keeps its vector is placed again when it is activated (4.4, first row). */
  readonly activationReplacesFixed: boolean;
  /** "Affinity broken due to vector space exhaustion" is printed at activation (4.4). */
  readonly warnsAffinityBroken: boolean;
  /** A slot of the vector table is marked `shutdown` when its vector is given back, not unused (4.1). */
  readonly marksShutdownSlots: boolean;
  /** The core stores the affinity of an interrupt that is not activated; before, the chip said OK to it (5.5.2). */
  readonly coreStoresInactiveAffinity: boolean;
  /** The chip is given the mask without its offline CPUs (5.5.4). */
  readonly setsOnlineCpusOnly: boolean;
  /** Startup takes all online CPUs where affinity and default name none (5.5.5). */
  readonly startupFallsBackToOnline: boolean;
  /** Startup sets the affinity of an MSI before it is unmasked, not after (5.4). */
  readonly affinityBeforeStartup: boolean;
  /** `irq_update_affinity_hint()` exists: a hint without the affinity (5.6). */
  readonly splitsAffinityHint: boolean;
  /**
   * Moves that touch the dying CPU are completed before its interrupts are looked at, and a clean-up on an offline
   * CPU frees the vector. Before: any move, after the look, and that clean-up loses the vector (8.3, 4.10).
   */
  readonly completesMovesFirst: boolean;
  /** Level of "no longer affine to CPU" (8.3 step 10). */
  readonly noLongerAffineLevel: 'warn' | 'debug';
  /** A managed message without an online CPU is shut down when it is allocated, not activated (6.5). */
  readonly managedShutdownAtAlloc: boolean;
  /** Each message is activated right after its allocation, not in a second pass (6.5). */
  readonly activatesEachMessage: boolean;
  /** A failed allocation of several messages is retried with as many as succeeded (6.5). */
  readonly retriesWithFewerMessages: boolean;
  /** A request beyond the MSI-X table is capped before the loop, and the checks come in the new order (6.2). */
  readonly capsMsixAtTable: boolean;
  /** Freeing messages that still have an action is fatal (6.7). */
  readonly freeWithActionIsFatal: boolean;
  /** A managed interrupt that was restarted by its returning CPU is also offered to housekeeping CPUs (8.4 c, d). */
  readonly restoreContinues: boolean;
  /** An interrupt suspended for sleep is left alone when its CPU returns (8.4 b). */
  readonly restoreSkipsSuspended: boolean;
  /** A managed shutdown keeps the driver's own disables (5.4, 8.4). */
  readonly keepsDisableDepth: boolean;
  /** A message with a mask of its own that is not managed keeps it at startup; before, the default counted (5.1). */
  readonly keepsCallerAffinity: boolean;
  /**
   * The fault interrupt of a remapping unit is set up by a CPU of the unit's node; where it has none, as soon as DMA is
   * remapped, after ACPI. Before: by the first CPU, before all others are up.
   */
  readonly faultInterruptsByNode: boolean;
  /** igb gives up its own queues before virtual functions come, not after them. */
  readonly igbMakesRoomFirst: boolean;
  /** xhci_hcd keeps its messages and handlers when it is reset after a resume. */
  readonly xhciKeepsMessages: boolean;
  /** xhci_hcd takes any number of messages, and has a handler for the first alone. */
  readonly xhciHasOneHandler: boolean;
  /** virtio tries a vector for each queue a second time, where only admin queues would share one. */
  readonly virtioTriesTwice: boolean;
  /** vmxnet3 asks for three messages at least, as many as it needs without pairs; two before. */
  readonly vmxnet3WantsThree: boolean;
  /** Ports tell of their links' bandwidth to a driver of their own, which requests their interrupt too. */
  readonly portsNotifyBandwidth: boolean;
  /** Network drivers that ask get a queue for every second core; before, for each of up to eight CPUs. */
  readonly rssQueuesByCore: boolean;
  /** mlx5_core: the interrupt of events is the last message, the first, or the first of messages that come one by one. */
  readonly mlx5Events: 'last' | 'first' | 'first-of-few';
  /** mlx5_core requests an interrupt for completions when something completes there first, not at probe. */
  readonly mlx5RequestsOnDemand: boolean;
  /** i40e gives its vectors back before the machine sleeps (10.2). */
  readonly i40eSleepsWithoutVectors: boolean;
  /** How the message of an interrupt without a handler begins: the function's name, or not at all (4.1). */
  readonly noHandlerText: 'do_IRQ' | 'common_interrupt' | '__common_interrupt' | 'plain';
}

/** One difference: the value that holds from `since` on (and from each back-port on within its series). */
export interface FeatureRow<K extends keyof KernelFeatures = keyof KernelFeatures> {
  readonly feature: K;
  readonly value: KernelFeatures[K];
  readonly since: string;
  readonly backports?: readonly string[];
  readonly source: string;
}

/** 4.15.0, the first kernel with the matrix allocator. */
export const FIRST_KERNEL: KernelFeatures = {
  firstSystemVector: 0xee,
  cleanupByVector: true,
  cascadeIsSystemVector: true,
  onlineResetsMap: true,
  countsManagedAllocated: false,
  cpuChoice: 'most-available',
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
  movingIsBusy: false,
  freesVectorOfOfflineCpu: false,
  managedStartupSlips: true,
  assignPrefersAffinity: false,
  activationReplacesFixed: false,
  warnsAffinityBroken: false,
  marksShutdownSlots: false,
  coreStoresInactiveAffinity: false,
  setsOnlineCpusOnly: false,
  startupFallsBackToOnline: false,
  affinityBeforeStartup: false,
  splitsAffinityHint: false,
  completesMovesFirst: false,
  noLongerAffineLevel: 'warn',
  managedShutdownAtAlloc: false,
  activatesEachMessage: false,
  retriesWithFewerMessages: false,
  capsMsixAtTable: false,
  freeWithActionIsFatal: true,
  restoreContinues: false,
  restoreSkipsSuspended: false,
  keepsDisableDepth: false,
  keepsCallerAffinity: false,
  faultInterruptsByNode: false,
  igbMakesRoomFirst: false,
  xhciKeepsMessages: false,
  xhciHasOneHandler: false,
  virtioTriesTwice: false,
  vmxnet3WantsThree: false,
  portsNotifyBandwidth: false,
  rssQueuesByCore: false,
  mlx5Events: 'first',
  mlx5RequestsOnDemand: false,
  i40eSleepsWithoutVectors: true,
  noHandlerText: 'do_IRQ',
  ...FIRST_SPREADING,
};

function row<K extends keyof KernelFeatures>(
  feature: K,
  value: KernelFeatures[K],
  since: string,
  source: string,
  backports: readonly string[] = [],
): FeatureRow {
  return { feature, value, since, source, backports };
}

/** Ascending by version; a later row for the same feature wins. Series not read are interpolated (D-10). */
export const FEATURES: readonly FeatureRow[] = [
  row('firstSystemVector', 0xed, '4.16', 'a Hyper-V vector moved the local timer; read in 4.16.13'),
  row('onlineResetsMap', false, '4.16', 'read in 4.16.13: the map is initialised once'),
  row('freeIgnoresOffline', false, '4.16', 'read in 4.16.13'),
  row('freesVectorOfOfflineCpu', true, '4.16', 'read in 4.16.13; 4.15.0 lets online() wipe the map'),
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
  row('managedStartupSlips', false, '4.17', 'read in 4.20.0; +EINVAL in 4.16.13'),
  row('movingIsBusy', true, '4.18', 'read in 4.20.0, not in 4.16.13'),
  row(
    'managedCpuChoice',
    'most-available',
    '4.20',
    '76f99ae5b54d ("irq/matrix: Spread managed interrupts on allocation"), of September 2018; read in 4.20.0',
  ),
  row('allocManagedRejectsEmptyMask', true, '4.20', 'read in 4.20.0', ['4.19.299']),
  row('managesAllMessages', false, '5.0', 'the managed flag became one per message; read in 5.4.59'),
  row(
    'spreadJoinsNodes',
    true,
    '5.0',
    'b82592199032 ("genirq/affinity: Spread IRQs to all available NUMA nodes") (m); read in 5.4.59, not in 4.20.0',
  ),
  row('affinitySets', 'fixed', '5.0', 'read at 0145c30e896d'),
  row(
    'startupFallsBackToOnline',
    true,
    '5.0',
    'bddda606ec76 ("genirq: Make sure the initial affinity is not empty"), of January 2019; read in 5.4.59, not in 4.20.0',
  ),
  row('affinitySets', 'computed', '5.1', 'calc_sets(); read in 5.4.59'),
  row(
    'managedCpuChoice',
    'fewest-managed',
    '5.0',
    'e8da8794a7fd ("genirq/matrix: Improve target CPU selection for managed interrupts"), of November 2018 and not in 4.20.0; in 4.19.299 at the latest, whose allocated() subtracts its counter',
    ['4.19.299'],
  ),
  row('countsManagedAllocated', true, '5.0', 'e8da8794a7fd, as above', ['4.19.299']),
  row(
    'spreadByNodeSize',
    true,
    '5.4',
    'b1a5a73e64e9 ("genirq/affinity: Spread vectors on node according to nr_cpu ratio")',
  ),
  row('spreadLeavesEmpty', true, '5.4', 'read in 5.4.59; the default mask in 4.20.0'),
  row('activationReplacesFixed', true, '5.4', 'read in 5.4.59, not in 4.20.0'),
  row('warnsAffinityBroken', true, '5.4', 'read in 5.4.59, not in 4.20.0'),
  row('marksShutdownSlots', true, '5.4', 'read in 5.4.59, not in 4.20.0'),
  row(
    'isolatesManaged',
    true,
    '5.6',
    '11ea68f553e2 ("genirq, sched/isolation: Isolate from handling managed interrupts")',
  ),
  row('noHandlerText', 'common_interrupt', '5.8', 'the function of the entry code that prints it'),
  row(
    'noHandlerText',
    '__common_interrupt',
    '5.12',
    'seen in public logs of later kernels; the release is (m)',
  ),
  row(
    'coreStoresInactiveAffinity',
    true,
    '5.8',
    '"genirq/affinity: Handle affinity setting on inactive interrupts correctly"; read in 5.4.59',
    ['5.4.59'],
  ),
  row(
    'allocRejectsEmptyMask',
    true,
    '5.9',
    '"check for an empty cpumask in the matrix allocator", tag x86-urgent-2020-08-30',
  ),
  row(
    'assignPrefersAffinity',
    true,
    '5.10',
    '"x86/apic/vector: Fix ordering in vector assignment"; read in 6.1.192; back-port to 5.4 inferred',
    ['4.19.164', '5.4.84', '5.9.15'],
  ),
  row(
    'noLongerAffineLevel',
    'debug',
    '5.11',
    'debug in 6.1.192 (read); warn in 5.10.223 (seen in a capture); the release between them is a guess',
  ),
  row(
    'affinityBeforeStartup',
    true,
    '5.14',
    '"genirq: Provide IRQCHIP_AFFINITY_PRE_STARTUP" (m); read in 6.1.192, not in 5.4.59',
  ),
  row(
    'freeChecksBit',
    true,
    '5.13',
    '"genirq/matrix: Prevent allocation counter corruption", of April 2021; 5.11 and 5.12 (m)',
    ['5.10.36', '5.11.20', '5.12.3'],
  ),
  row(
    'mlx5Events',
    'last',
    '5.16',
    '3663ad34bc70 ("net/mlx5: Shift control IRQ to the last index"), of October 2021; read in 6.1.192',
  ),
  row(
    'vmxnet3WantsThree',
    true,
    '5.16',
    'f71ef02f1a4a ("vmxnet3: fix minimum vectors alloc issue"), version and back-ports (m); seen in 6.1.192, not in 5.10.223',
    ['5.15.8'],
  ),
  row('freeWithActionIsFatal', false, '5.17', 'read in 6.1.192; fatal in 5.4.59'),
  row('activatesEachMessage', true, '5.17', 'read in 6.1.192; a second pass in 5.4.59'),
  row('retriesWithFewerMessages', true, '5.17', 'read in 6.1.192; all or nothing in 5.4.59'),
  row(
    'splitsAffinityHint',
    true,
    '5.17',
    '65c7cdedeb30 ("genirq: Provide new interfaces for affinity hints")',
    ['5.4.300'],
  ),
  row(
    'managedShutdownAtAlloc',
    true,
    '5.18',
    '"genirq/msi: Shutdown managed interrupts with unsatifiable affinities" (m); read in 6.1.192',
  ),
  row(
    'rssQueuesByCore',
    true,
    '5.18',
    '046e1537a3cf ("net: set default rss queues num to physical cores / 2") (m); drivers of 6.1.192 call it',
  ),
  row('setsOnlineCpusOnly', true, '5.19', 'read in 6.1.192, not in 5.4.59'),
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
  row('capsMsixAtTable', true, '6.2', 'read in 6.12.117; a positive answer and a retry in 6.1.192'),
  row(
    'igbMakesRoomFirst',
    true,
    '6.3',
    '50f303496d92 ("igb: Enable SR-IOV after reinit"), version (m); seen in 6.12.107 and 7.2.12, not in 6.1.192',
  ),
  row(
    'mlx5Events',
    'first-of-few',
    '6.4',
    '3354822cde5a ("net/mlx5: Use dynamic msix vectors allocation"), of March 2023; read in a tree of 6.11',
  ),
  row(
    'mlx5RequestsOnDemand',
    true,
    '6.6',
    'f14c1a14e632 ("net/mlx5: Allocate completion EQs dynamically"), of August 2023',
  ),
  row(
    'xhciKeepsMessages',
    true,
    '6.4',
    '944e7deb4238 ("xhci: Avoid PCI MSI/MSIX interrupt reinitialization at resume"), version (m); seen in 6.12.107 and 7.2.12, not in 6.1.192',
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
    'xhciHasOneHandler',
    true,
    '6.8',
    '"xhci: add handler for only one interrupt line", "xhci: rework \'xhci_try_enable_msi()\' MSI and MSI-X setup code", version (m); seen in 6.12.107 and 7.2.12, not in 6.1.192',
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
    'faultInterruptsByNode',
    true,
    '6.10',
    'd74169ceb0d2 ("iommu/vt-d: Allocate DMAR fault interrupts locally"), version (m); seen in 6.12.107 and 7.2.12, not in 6.1.192',
  ),
  row(
    'retriesOnlineMask',
    true,
    '6.10',
    '88d724e2301a ("genirq/cpuhotplug: Retry with cpu_online_mask when migration fails")',
  ),
  row(
    'completesMovesFirst',
    true,
    '6.10',
    'a6c11c0a5235 ("genirq/cpuhotplug, x86/vector: Prevent vector leak during CPU offline"); in 6.1.93, the other back-ports (m)',
    ['4.19.316', '5.4.278', '5.10.219', '5.15.161', '6.1.93', '6.6.33'],
  ),
  row(
    'keepsCallerAffinity',
    true,
    '6.11',
    '"genirq/irqdesc: Honor caller provided affinity in alloc_desc()"; in 6.1.105, the other back-ports (m)',
    ['5.10.224', '5.15.165', '6.1.105', '6.6.46', '6.10.5'],
  ),
  row(
    'virtioTriesTwice',
    true,
    '6.11',
    '"virtio_pci: introduce vector allocation fallback for slow path virtqueues", version (m); seen in 7.2.12, not in 6.1.192',
  ),
  row('noHandlerText', 'plain', '7.1', 'read in 7.1.3'),
  row('freezesDescending', true, '6.12', 'read in 6.12.117; ascending in 6.8.1'),
  row('managedWriteErrno', 'EPERM', '6.12', 'read in 6.12.117; EIO in 6.8.1'),
  row('affinityModeTellsManaged', true, '6.12', 'read in 6.12.117; 0644 for all in 6.8.1'),
  row('interruptsNeedAction', true, '6.12', 'read in 6.12.117'),
  row('restoreContinues', true, '6.12', 'read in 6.12.117; ends after the restart in 6.1.192'),
  row(
    'restoreSkipsSuspended',
    true,
    '6.12',
    'a60dd06af674 ("genirq/cpuhotplug: Skip suspended interrupts when restoring affinity"); read in 6.12.117',
  ),
  row(
    'portsNotifyBandwidth',
    true,
    '6.13',
    '665745f27487 ("PCI/bwctrl: Re-add BW notification portdrv as PCIe BW controller"), version (m); seen in 7.2.12, not in 6.12.107',
  ),
  row('keepsDisableDepth', true, '6.16', '"managed shutdown keeps driver disables"; read in 6.18.35'),
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
  row('restoreSkipsSuspended', false, '6.18', 'gone again in 6.18.35'),
  row(
    'spreadByCluster',
    true,
    '7.0',
    '"lib/group_cpus: make group CPU cluster aware", v2 of 2026-01-13; read in 7.0.0',
  ),
];
