/**
 * What becomes of an interrupt that a device raises: a driver may have told it to before the interrupt was requested, which
 * the contract of the mail forbids (M9; rule C1, specification 10.1).
 */
import type { ContractRule } from './driver-contract.ts';
import type { Kernel } from './kernel.ts';
import { canMask } from './msi/msi-domain.ts';

export type RaisedOutcome =
  /** A handler runs. */
  | 'delivered'
  /** Its entry is masked: it waits in the device, and comes when the interrupt is started. */
  | 'suppressed by the mask'
  /** It arrives on its vector, and there is no handler. */
  | 'spurious'
  /** It arrives where nobody knows of it: on the vector of what must not arrive, or on a CPU that is offline. */
  | 'lost';

export interface Raised {
  readonly outcome: RaisedOutcome;
  readonly violates: ContractRule | undefined;
}

/** The device's n-th message, which is enabled; undefined where there is no such message. */
export function raiseInterrupt(kernel: Kernel, address: string, message: number): Raised | undefined {
  const device = kernel.pci.get(address);
  const desc = kernel.desc(kernel.pci.irqVector(address, message));
  if (desc?.data === undefined) return undefined;
  const violates = desc.actions === 0 ? 'C1' : undefined;
  // A line is masked at its IO-APIC, as a message at its entry.
  const maskable = device.enabled === undefined || canMask(device);
  if (!desc.started && maskable) return { outcome: 'suppressed by the mask', violates };
  const arrives = kernel.interruptArrives(desc.irq);
  return { outcome: !arrives ? 'lost' : desc.actions > 0 ? 'delivered' : 'spurious', violates };
}
