/**
 * What the kernel returns and prints: errnos, and the exact text of its messages as functions of their facts.
 * Source: specification 0.3 (errnos) and appendix A (messages). `%u` is unsigned.
 */

export const EPERM = 1;
export const EIO = 5;
export const ENXIO = 6;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const ENOSPC = 28;
export const ERANGE = 34;
export const ENOSYS = 38;
export const EOVERFLOW = 75;
export const EOPNOTSUPP = 95;
export const ENOTSUPP = 524;

const ERRNO_NAMES: ReadonlyMap<number, string> = new Map([
  [EPERM, 'EPERM'],
  [EIO, 'EIO'],
  [ENXIO, 'ENXIO'],
  [ENOMEM, 'ENOMEM'],
  [EFAULT, 'EFAULT'],
  [EBUSY, 'EBUSY'],
  [EEXIST, 'EEXIST'],
  [ENODEV, 'ENODEV'],
  [EINVAL, 'EINVAL'],
  [ENOSPC, 'ENOSPC'],
  [ERANGE, 'ERANGE'],
  [ENOSYS, 'ENOSYS'],
  [EOVERFLOW, 'EOVERFLOW'],
  [EOPNOTSUPP, 'EOPNOTSUPP'],
  [ENOTSUPP, 'ENOTSUPP'],
]);

/** `ENOSPC` for 28 or -28; `OK` for what did not fail. */
export function errnoName(ret: number): string {
  if (ret === 0) return 'OK';
  return ERRNO_NAMES.get(Math.abs(ret)) ?? `errno ${Math.abs(ret)}`;
}

/**
 * The kernel would have stopped here (`BUG_ON`). Not an `InvariantError`: the model is in order, its caller asked
 * for what stops a kernel. Thrown before anything changes.
 */
export class KernelBug extends Error {
  override readonly name = 'KernelBug';
  /** The kernel function that stops. */
  readonly where: string;

  constructor(where: string, condition: string) {
    super(`kernel BUG in ${where}: ${condition}`);
    this.where = where;
  }
}

/** `irq_matrix_reserve()`, kernel/irq/matrix.c: warn level, at the crossing only (3.4.8). */
export const RESERVATION_EXCEEDS = 'Interrupt reservation exceeds available resources';

/** `lapic_can_unplug_cpu()`, arch/x86/kernel/apic/vector.c: warn level; the CPU stays online with -ENOSPC (8.2). */
export function cannotDisableCpu(cpu: number, vectors: number, available: number): string {
  return `CPU ${cpu} has ${vectors} vectors, ${available} available. Cannot disable CPU`;
}

/** `check_irq_vectors_for_cpu_disable()`, arch/x86/kernel/irq.c up to 4.14: warn level; the CPU stays online with -ERANGE (8.2). */
export function cpuDisableFailed(cpu: number, vectors: number, available: number): string {
  return `CPU ${cpu} disable failed: CPU has ${vectors} vectors assigned and there are only ${available} available.`;
}

/** `lapic_can_unplug_cpu()`, arch/x86/kernel/apic/vector.c: warn level; the CPU goes down all the same (8.2). */
export function reservedExceedsAvailable(reserved: number, available: number): string {
  return `Reserved vectors ${reserved} > available ${available}. IRQ request may fail`;
}

/** `x86_vector_activate()`, arch/x86/kernel/apic/vector.c: warn level, from 5.4 on (4.4). */
export function affinityBroken(irq: number): string {
  return `irq ${irq}: Affinity broken due to vector space exhaustion.`;
}

/** `activate_managed()`, arch/x86/kernel/apic/vector.c: err level, after a WARN (4.4). */
export function managedStartupNoCpu(irq: number): string {
  return `Managed startup for irq ${irq}, but no CPU`;
}

/** `activate_managed()`, arch/x86/kernel/apic/vector.c: err level, after a WARN (4.4). */
export function managedStartupNoVector(irq: number): string {
  return `Managed startup irq ${irq}, no vector available`;
}

/** `vector_schedule_cleanup()`, arch/x86/kernel/apic/vector.c: warn level (4.10). */
export function cleanupForOfflineCpu(irq: number, cpu: number): string {
  return `IRQ ${irq} schedule cleanup for offline CPU ${cpu}`;
}

/** `irq_force_complete_move()`, arch/x86/kernel/apic/vector.c: warn level (8.3 step 2). */
export function moveInProgress(irq: number, oldVector: number): string {
  return `IRQ fixup: irq ${irq} move in progress, old vector ${oldVector}`;
}

/** `irq_migrate_all_off_this_cpu()`, kernel/irq/cpuhotplug.c: warn level, debug in newer kernels (8.3 step 10). */
export function noLongerAffine(irq: number, cpu: number): string {
  return `IRQ ${irq}: no longer affine to CPU${cpu}`;
}

/** `migrate_one_irq()`, kernel/irq/cpuhotplug.c: warn level; `ret` is the negative errno (8.3 step 9). */
export function setAffinityFailed(irq: number, ret: number): string {
  return `IRQ${irq}: set affinity failed(${ret}).`;
}

/** `migrate_one_irq()`, kernel/irq/cpuhotplug.c: warn level (8.3 step 3). */
export function onlyOfflineCpus(effective: string, irq: number, cpu: number): string {
  return `Eff. affinity ${effective} of IRQ ${irq} contains only offline CPUs after offlining CPU ${cpu}`;
}

/** `freeze_secondary_cpus()`, kernel/cpu.c: info, err and err level (8.5). */
export const DISABLING_CPUS = 'Disabling non-boot CPUs ...';
export const CPUS_NOT_DISABLED = 'Non-boot CPUs are not disabled';
/** `thaw_secondary_cpus()`, kernel/cpu.c: info level; a line for each CPU follows. */
export const ENABLING_CPUS = 'Enabling non-boot CPUs ...';
export function cpuIsUp(cpu: number): string {
  return `CPU${cpu} is up`;
}
export function errorTakingDown(cpu: number, ret: number): string {
  return `Error taking CPU${cpu} down: ${ret}`;
}

/** `__free_irq()`, kernel/irq/manage.c: a WARN with this text (5.4). */
export function freeingFreeIrq(irq: number): string {
  return `${FREEING_FREE_IRQ}${irq}`;
}
const FREEING_FREE_IRQ = 'Trying to free already-free IRQ ';

export function isFreeingFreeIrq(text: string): boolean {
  return text.startsWith(FREEING_FREE_IRQ);
}

/** `__free_irq()`, kernel/irq/manage.c: a WARN without a text (5.4). */
export const HINT_LEFT = '__free_irq: affinity hint is set';

/** `enable_irq()`, kernel/irq/manage.c: a WARN with this text (5.4). */
export function unbalancedEnable(irq: number): string {
  return `Unbalanced enable for IRQ ${irq}`;
}

/** `alloc_irte()`, drivers/iommu/intel/irq_remapping.c: warn level, a unit's table is full (6.3 E3). */
export function cannotAllocateEntry(unit: number): string {
  return `IR${unit}: can't allocate an IRTE`;
}

/** `intel_irq_remapping_alloc()`, drivers/iommu/intel/irq_remapping.c: warn level; the caller gets -ENOMEM (6.3 E3). */
export const FAILED_TO_ALLOCATE_IRTE = 'Failed to allocate IRTE';

/** `__pci_enable_msix_range()`, drivers/pci/msi: info level, with -EINVAL; the first text up to 6.1 (6.2). */
export const MSIX_AFTER_MSI_OLD = "can't enable MSI-X (MSI IRQ already assigned)";
export const MSIX_AFTER_MSI = "can't enable MSI-X (MSI already enabled)";

/** `__pci_enable_msi_range()`, drivers/pci/msi: info level, with -EINVAL (6.4). */
export const MSI_AFTER_MSIX = "can't enable MSI (MSI-X already enabled)";

/** `common_interrupt()`, arch/x86/kernel/irq.c: emerg level, for a vector that no interrupt has on that CPU (4.1). */
export function noHandler(prefix: string, cpu: number, vector: number): string {
  if (prefix === 'plain') return `No irq handler for ${cpu}.${vector}`;
  return `${prefix}: ${cpu}.${vector} No irq handler for vector`;
}

/** `__setup_irq()`, kernel/irq/manage.c: err level; flags in hexadecimal, names of the new and the present handler (5.3). */
export function flagsMismatch(
  irq: number,
  flags: number,
  name: string,
  oldFlags: number,
  oldName: string,
): string {
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  return `Flags mismatch irq ${irq}. ${hex(flags)} (${name}) vs. ${hex(oldFlags)} (${oldName})`;
}
