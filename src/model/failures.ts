/**
 * What the kernel returns and prints: errnos, and the exact text of its messages as functions of their facts.
 * Source: specification 0.3 (errnos) and appendix A (messages). `%d` is a signed figure, so a failed call prints
 * its negative errno; `%u` is unsigned.
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
/** Kernel-internal: never seen by user space. */
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
  [ENOTSUPP, 'ENOTSUPP'],
]);

/** `ENOSPC` for 28 or -28; `errno 77` for one without a name here. */
export function errnoName(errno: number): string {
  const positive = Math.abs(errno);
  return ERRNO_NAMES.get(positive) ?? `errno ${positive}`;
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

/** `lapic_can_unplug_cpu()`, arch/x86/kernel/apic/vector.c: warn level; the CPU goes down all the same (8.2). */
export function reservedExceedsAvailable(reserved: number, available: number): string {
  return `Reserved vectors ${reserved} > available ${available}. IRQ request may fail`;
}

/** `freeze_secondary_cpus()`, kernel/cpu.c: info level, before the first CPU goes (8.5). */
export const DISABLING_NON_BOOT_CPUS = 'Disabling non-boot CPUs ...';

/** `freeze_secondary_cpus()`, kernel/cpu.c: err level; `error` as the kernel prints it, e.g. -28 (8.5). */
export function errorTakingCpuDown(cpu: number, error: number): string {
  return `Error taking CPU${cpu} down: ${error}`;
}

/** `freeze_secondary_cpus()`, kernel/cpu.c: err level; the suspend is given up (8.5). */
export const NON_BOOT_CPUS_NOT_DISABLED = 'Non-boot CPUs are not disabled';

/** `migrate_one_irq()`, kernel/irq/cpuhotplug.c: warn level, rate limited; the interrupt is stuck (8.3 step 9). */
export function setAffinityFailed(irq: number, error: number): string {
  return `IRQ${irq}: set affinity failed(${error}).`;
}

/** `migrate_one_irq()`, kernel/irq/cpuhotplug.c: warn level up to 5.4, debug later; rate limited (8.3 step 10). */
export function noLongerAffine(irq: number, cpu: number): string {
  return `IRQ ${irq}: no longer affine to CPU${cpu}`;
}
