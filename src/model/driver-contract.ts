/**
 * The driver contract (specification 10.1), as far as a running model can see it broken. What a source shows is the
 * auditor's.
 */
import type { KernelEvent } from './events.ts';
import { HINT_LEFT, isFreeingFreeIrq, type KernelBug } from './failures.ts';

export type ContractRule = 'C1' | 'C3' | 'C5' | 'C6';

export const CONTRACT: Readonly<Record<ContractRule, string>> = {
  C1: 'a device is not told to interrupt before the interrupt is requested',
  C3: 'where a request fails, exactly what was requested is freed',
  C5: 'an affinity hint is taken back before its interrupt is freed',
  C6: 'messages are not freed while they have a handler',
};

/** The rule that a driver has broken, where the kernel says so. */
export function violationOf(event: KernelEvent): ContractRule | undefined {
  if (event.name !== 'WARN') return undefined;
  if (isFreeingFreeIrq(event.where)) return 'C3';
  return event.where === HINT_LEFT ? 'C5' : undefined;
}

/** The same where the kernel stops. */
export function violationOfBug(bug: KernelBug): ContractRule | undefined {
  return bug.where === 'free_msi_irqs' ? 'C6' : undefined;
}
