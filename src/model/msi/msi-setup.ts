/**
 * A capability is set up with a number of messages, all of them or none (`msix_capability_init()` and
 * `msi_capability_init()`, drivers/pci/msi; specification 6.3, whose letters the comments use). Results are 0, a
 * negative errno, or the number of messages with which it may be tried again.
 */
import type { Turns } from '../../base/turns.ts';
import { createAffinityMasks, type IrqAffinity } from '../spreading/spreading.ts';
import { freeIrqs } from './message-irqs.ts';
import { allocateMessages } from './msi-domain.ts';
import type { FaultHook, MsiHost } from './msi-host.ts';
import type { MsiMessage, MsiMode, PciDevice } from './pci-device.ts';

/** One message each for the table entries `indexes`, in their order. */
export function* setUpMsix(
  host: MsiHost,
  device: PciDevice,
  indexes: readonly number[],
  affinity: IrqAffinity | undefined,
  fault: FaultHook,
): Turns<number> {
  return yield* setUp(device, 'msix', function* () {
    // B.
    const mapped = fault('map table', 0);
    if (mapped < 0) return mapped;
    const masks = spread(host, indexes.length, affinity);
    const messages = indexes.map((index, at) => newMessage(index, 1, masks?.slice(at, at + 1)));
    // Kept by index since the rework of 5.17; before, as a list in the order of the driver's entries.
    if (host.profile.activatesEachMessage) messages.sort((a, b) => a.index - b.index);
    return yield* fill(host, device, messages, fault);
  });
}

/** All messages of an MSI are one: consecutive numbers, one block of remapping entries. */
export function* setUpMsi(
  host: MsiHost,
  device: PciDevice,
  count: number,
  affinity: IrqAffinity | undefined,
  fault: FaultHook,
): Turns<number> {
  return yield* setUp(device, 'msi', () =>
    fill(host, device, [newMessage(0, count, spread(host, count, affinity))], fault),
  );
}

/** A and H: the capability is on before anything is taken, and off again when that failed. */
function* setUp(device: PciDevice, mode: MsiMode, build: () => Turns<number>): Turns<number> {
  device.enabled = mode;
  const ret = yield* build();
  if (ret === 0) {
    device.intx = false;
  } else {
    device.enabled = undefined;
    device.messages = [];
  }
  return ret;
}

/** C: undefined where nothing is spread: all messages are ordinary ones then. */
function spread(host: MsiHost, count: number, affinity: IrqAffinity | undefined): MsiMessage['affinity'] {
  if (affinity === undefined) return undefined;
  const { profile, topology, defaultAffinity } = host;
  const { descriptors, warnings } = createAffinityMasks(profile, topology, count, affinity, defaultAffinity);
  for (const where of warnings) host.listener?.({ name: 'WARN', where });
  return descriptors;
}

function newMessage(index: number, count: number, affinity: MsiMessage['affinity']): MsiMessage {
  return { index, count, affinity, irq: undefined, irte: undefined };
}

/** D to F. */
function* fill(
  host: MsiHost,
  device: PciDevice,
  messages: readonly MsiMessage[],
  fault: FaultHook,
): Turns<number> {
  for (const { index } of messages) {
    const ret = fault('message', index);
    if (ret < 0) return ret;
  }
  device.messages = messages;
  const ret = yield* allocateMessages(host, device, fault);
  if (ret !== 0) return ret;
  const unreachable = fault('address', 0);
  if (unreachable < 0) for (const message of device.messages) freeIrqs(host, message);
  return unreachable;
}
