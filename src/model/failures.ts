/**
 * What the kernel returns and prints: errnos, and the exact text of its messages as functions of their facts.
 * Source: specification 0.3 (errnos) and appendix A (messages). `%u` is unsigned.
 */

export const EINVAL = 22;
export const ENOSPC = 28;

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
