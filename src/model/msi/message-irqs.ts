/**
 * The interrupts of one message: numbers, vectors, the remapping entry, each undone when a later one fails
 * (specification 6.3 E; kernel/irq/msi.c, kernel/irq/irqdomain.c).
 */
import { EINVAL } from '../failures.ts';
import { deactivateIrq } from '../irq-core.ts';
import { type IrqChip, IrqDesc } from '../irq-desc.ts';
import type { KernelProfile } from '../kernel-profile.ts';
import { nodeOfCpu } from '../spreading/topology.ts';
import type { FaultHook, MsiHost } from './msi-host.ts';
import type { MsiMessage, MsiMode, PciDevice } from './pci-device.ts';

/** The chip of a device's messages: `PCI-MSI`, from 6.2 on one per device, `IR-PCI-MSIX-0000:01:00.0`. */
export function msiChip(profile: KernelProfile, remapped: boolean, mode: MsiMode, address: string): IrqChip {
  const own = profile.perDeviceMsiDomains ? `${mode === 'msix' ? 'X' : ''}-${address}` : '';
  return {
    name: `${remapped ? 'IR-' : ''}PCI-MSI${own}`,
    settable: true,
    remapped,
    affinityBeforeStartup: true,
  };
}

/** The message with its interrupts, not yet activated; or the errno, and nothing is left of it. */
export function allocateIrqs(
  host: MsiHost,
  device: PciDevice,
  message: MsiMessage,
  fault: FaultHook,
): MsiMessage | number {
  const { count, affinity } = message;
  const { remapping } = host;
  if (affinity?.some(({ mask }) => mask.isEmpty) === true) return -EINVAL;
  const irq = fault('descriptor', message.index) || host.numbers.findFree(count);
  if (irq < 0) return irq;

  const mode = device.enabled ?? 'msix';
  const chip = msiChip(host.profile, remapping !== undefined, mode, device.fn.address);
  const undo = (to: number): void => {
    for (let k = 0; k < to; k++) host.removeIrq(irq + k);
  };
  for (let k = 0; k < count; k++) {
    const desc = descriptorOf(host, device, irq + k, chip, message, k);
    const ret = fault('vector', message.index) || host.addIrq(desc, { kind: 'by-policy' });
    if (ret >= 0) continue;
    undo(k);
    return ret;
  }
  if (remapping === undefined) return { ...message, irq };
  const irte =
    fault('irte', message.index) || remapping.allocate(device.fn.remappingUnit ?? 0, count, host.listener);
  if (typeof irte !== 'number') return { ...message, irq, irte };
  undo(count);
  return irte;
}

/** 5.1.4: with a mask of its own the interrupt lives on the node of its lowest CPU, managed or not. */
function descriptorOf(
  host: MsiHost,
  device: PciDevice,
  irq: number,
  chip: IrqChip,
  { affinity }: MsiMessage,
  k: number,
): IrqDesc {
  const own = affinity?.[k];
  if (own === undefined) {
    return new IrqDesc(irq, chip, device.fn.node, host.defaultAffinity, false, false);
  }
  // A CPU of no node counts to node 0, as everywhere in the kernel.
  const node = nodeOfCpu(host.topology, own.mask.first ?? 0) ?? 0;
  const affinitySet = own.isManaged || host.profile.keepsCallerAffinity;
  const managed = own.isManaged && host.vectors.knowsManaged;
  return new IrqDesc(irq, chip, node, own.mask, managed, affinitySet);
}

/** 6.7: what is still active is deactivated, then interrupts, entry and numbers go. */
export function freeIrqs(host: MsiHost, { irq, count, irte }: MsiMessage): void {
  if (irq === undefined) return;
  for (let k = 0; k < count; k++) {
    const desc = host.desc(irq + k);
    if (desc !== undefined) deactivateIrq(host, desc);
  }
  if (irte !== undefined) host.remapping?.free(irte);
  for (let k = 0; k < count; k++) host.removeIrq(irq + k);
}
