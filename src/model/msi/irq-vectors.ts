/**
 * What drivers call: `pci_alloc_irq_vectors_affinity()` and its relatives (drivers/pci/msi/api.c; specification 6.1,
 * 6.7). Results are a count or a negative errno.
 */
import type { CpuSet } from '../../base/cpu-set.ts';
import type { Turns } from '../../base/turns.ts';
import { EBUSY, EINVAL, ENOSPC, ENOTSUPP, ENXIO, KernelBug } from '../failures.ts';
import { createAffinityMasks, type IrqAffinity } from '../spreading/spreading.ts';
import { freeIrqs } from './message-irqs.ts';
import { addMessage } from './msi-domain.ts';
import type { FaultHook, MsiHost } from './msi-host.ts';
import { enableMsiRange, enableMsixRange } from './msi-ranges.ts';
import type { MsiMode, PciDevice } from './pci-device.ts';

export interface IrqVectorsRequest {
  readonly min: number;
  readonly max: number;
  /** What may be tried, in the order MSI-X, MSI, INTx; all three when not given (PCI_IRQ_ALL_TYPES). */
  readonly types?: readonly ('msix' | 'msi' | 'intx')[] | undefined;
  /** PCI_IRQ_AFFINITY: the kernel spreads and keeps the interrupts. */
  readonly spread?: boolean | undefined;
  /** `struct irq_affinity`; with `spread` only, which without it spreads all messages. */
  readonly affinity?: IrqAffinity | undefined;
  readonly virtual?: boolean | undefined;
}

const ALL_TYPES = ['msix', 'msi', 'intx'] as const;
const SPREAD_ALL: IrqAffinity = { preVectors: 0, postVectors: 0 };

export function* allocIrqVectors(
  host: MsiHost,
  device: PciDevice,
  request: IrqVectorsRequest,
  fault: FaultHook,
): Turns<number> {
  const { min, max, types = ALL_TYPES, spread = false, virtual } = request;
  if (!spread && request.affinity !== undefined) {
    host.listener?.({ name: 'WARN', where: 'pci_alloc_irq_vectors_affinity' });
  }
  const affinity = spread ? (request.affinity ?? SPREAD_ALL) : undefined;
  let ret = -ENOSPC;
  if (types.includes('msix')) {
    ret = yield* enableMsixRange(host, device, { min, max, affinity, virtual }, fault);
    if (ret > 0) return ret;
  }
  if (types.includes('msi')) {
    ret = yield* enableMsiRange(host, device, { min, max, affinity }, fault);
    if (ret > 0) return ret;
  }
  if (types.includes('intx') && min === 1 && device.fn.line !== undefined) {
    // Only so that the driver's calc_sets() hears of the one interrupt.
    if (affinity !== undefined) {
      createAffinityMasks(host.profile, host.topology, 1, affinity, host.defaultAffinity);
    }
    device.intx = true;
    return 1;
  }
  return ret;
}

/** `pci_disable_msi()`, `pci_disable_msix()`: nothing where it is not enabled. Old kernels stop on a handler left. */
export function disable(host: MsiHost, device: PciDevice, mode: MsiMode): void {
  if (device.enabled !== mode) return;
  const inUse = device.irqs().find((irq) => (host.desc(irq)?.actions ?? 0) > 0);
  if (inUse !== undefined && host.profile.freeWithActionIsFatal) {
    throw new KernelBug('free_msi_irqs', `interrupt ${inUse} still has a handler`);
  }
  device.enabled = undefined;
  device.intx = true;
  for (const message of device.messages) freeIrqs(host, message);
  device.messages = [];
}

/**
 * `pci_msix_alloc_irq_at()` at the first entry of the table that is free: which, or a negative errno. -ENOTSUPP where
 * devices have no domains of their own, -ENXIO without MSI-X, -EBUSY where the table is full.
 */
export function allocIrqAt(
  host: MsiHost,
  device: PciDevice,
  mask: CpuSet | undefined,
  fault: FaultHook,
): number {
  if (!host.profile.perDeviceMsiDomains) return -ENOTSUPP;
  if (device.enabled !== 'msix') return -ENXIO;
  let index = 0;
  for (const message of device.messages) if (message.index === index) index++;
  if (index >= (device.fn.msix?.tableSize ?? 0)) return -EBUSY;
  const ret = addMessage(host, device, index, mask, fault);
  return ret < 0 ? ret : index;
}

/** `pci_msix_free_irq()`; nothing where there is no such message. */
export function freeIrqAt(host: MsiHost, device: PciDevice, index: number): void {
  for (const message of device.messages) if (message.index === index) freeIrqs(host, message);
  device.messages = device.messages.filter((message) => message.index !== index);
}

/** `pci_irq_vector()` where messages may have come one by one: by the entry of the table; -EINVAL where it has none. */
export function irqAt(device: PciDevice, index: number): number {
  if (device.enabled !== 'msix') return irqVector(device, index);
  return device.messages.find((message) => message.index === index)?.irq ?? -EINVAL;
}

/** `pci_irq_vector()`: the interrupt number of the n-th message, -EINVAL beyond. */
export function irqVector(device: PciDevice, n: number): number {
  if (device.enabled === undefined) return n === 0 ? (device.fn.line ?? -EINVAL) : -EINVAL;
  return device.irqs()[n] ?? -EINVAL;
}

/** `pci_irq_get_affinity()`: the mask that was spread to the n-th message; undefined where nothing was spread. */
export function irqAffinity(device: PciDevice, n: number): CpuSet | undefined {
  return device.messages.flatMap(({ affinity }) => affinity ?? [])[n]?.mask;
}
