/**
 * The MSI domain: all messages of one enable get their interrupts, or none does (`__msi_domain_alloc_irqs()`,
 * kernel/irq/msi.c; specification 6.5).
 */
import type { CpuSet } from '../../base/cpu-set.ts';
import type { Turns } from '../../base/turns.ts';
import { ENOSPC } from '../failures.ts';
import { activateIrq } from '../irq-core.ts';
import type { IrqDesc } from '../irq-desc.ts';
import type { KernelProfile } from '../kernel-profile.ts';
import { allocateIrqs, freeIrqs } from './message-irqs.ts';
import type { FaultHook, MsiHost } from './msi-host.ts';
import type { MsiMessage, PciDevice } from './pci-device.ts';

/**
 * 0 and `device.messages` have their interrupts; else none has, and the answer is a negative errno, or with how many
 * messages the caller may try again.
 */
export function* allocateMessages(host: MsiHost, device: PciDevice, fault: FaultHook): Turns<number> {
  const { profile } = host;
  // Several messages of an MSI need consecutive vectors, or the remapping that lets them do without.
  if (host.remapping === undefined && device.messages.some(({ count }) => count > 1)) return 1;
  const reserve = mayReserve(host, device);
  const messages = [...device.messages];
  let ret = 0;
  for (const [at, message] of messages.entries()) {
    // Of two devices that are enabled at the same time, the interrupts come in any order.
    yield;
    const done = allocateIrqs(host, device, message, fault);
    if (typeof done === 'number') {
      ret = failureOf(profile, message, at, done);
      break;
    }
    messages[at] = done;
    if (profile.activatesEachMessage) ret = activateMessage(host, done, reserve, fault);
    if (ret !== 0) break;
  }
  if (!profile.activatesEachMessage) {
    for (const message of messages) {
      if (ret !== 0) break;
      ret = activateMessage(host, message, reserve, fault);
    }
  }
  if (ret === 0) device.messages = messages;
  else for (const message of messages) freeIrqs(host, message);
  return ret;
}

/**
 * One more message of MSI-X that is enabled already, with a mask of its own that is not managed, or none: 0 or a
 * negative errno (`pci_msix_alloc_irq_at()` with MSI_ANY_INDEX, for which the domain must be the device's own).
 */
export function addMessage(
  host: MsiHost,
  device: PciDevice,
  index: number,
  mask: CpuSet | undefined,
  fault: FaultHook,
): number {
  const affinity = mask === undefined ? undefined : [{ mask, isManaged: false }];
  const message = { index, count: 1, affinity, irq: undefined, irte: undefined };
  const added = fault('message', index) || allocateIrqs(host, device, message, fault);
  if (typeof added === 'number') return failureOf(host.profile, message, 0, added);
  const ret = activateMessage(host, added, mayReserve(host, device), fault);
  if (ret < 0) freeIrqs(host, added);
  else device.messages = [...device.messages, added].sort((a, b) => a.index - b.index);
  return ret;
}

/** 4.5: what can be masked is enabled without a vector of its own, and under some policies the rest, too. */
function mayReserve(host: MsiHost, device: PciDevice): boolean {
  return canMask(device) || !host.vectors.activatesUnmaskable;
}

/** Of each message by itself: MSI-X, and MSI with a mask bit per message. */
export function canMask({ enabled, fn }: PciDevice): boolean {
  return enabled === 'msix' || fn.msi?.maskable === true;
}

/** 6.5.3 a: what the caller learns of the errno with which one message failed. */
function failureOf(profile: KernelProfile, { count }: MsiMessage, before: number, error: number): number {
  if (profile.retriesWithFewerMessages) {
    if (count > 1) return 1;
    return before > 0 ? before : -ENOSPC;
  }
  return count > 1 && error === -ENOSPC ? 1 : -ENOSPC;
}

/** 6.5.3 b; `reserve`: programmed so that it cannot arrive, its vector comes with the request. */
function activateMessage(host: MsiHost, message: MsiMessage, reserve: boolean, fault: FaultHook): number {
  const { irq = 0, count, index } = message;
  for (let k = 0; k < count; k++) {
    const desc = host.desc(irq + k);
    if (desc === undefined) continue;
    const ret = fault('activate', index) || activateOne(host, desc, reserve);
    if (ret < 0) return ret;
  }
  return 0;
}

function activateOne(host: MsiHost, desc: IrqDesc, reserve: boolean): number {
  if (!reserve) {
    desc.canReserve = false;
    const lacksCpu = desc.managed && !desc.affinity.intersects(host.online);
    if (lacksCpu && host.profile.managedShutdownAtAlloc) {
      desc.managedShutdown = true;
      return 0;
    }
  }
  const ret = activateIrq(host, desc, reserve);
  // So that the request activates it for good.
  if (reserve) desc.activated = false;
  return ret;
}
