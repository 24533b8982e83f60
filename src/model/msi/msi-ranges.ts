/**
 * How many messages a device gets between a minimum and a maximum (`__pci_enable_msix_range()` and
 * `__pci_enable_msi_range()`, drivers/pci/msi; specification 6.2 and 6.4). Results are a count or a negative errno.
 */
import type { Turns } from '../../base/turns.ts';
import { EINVAL, ENOSPC, ERANGE, MSI_AFTER_MSIX, MSIX_AFTER_MSI, MSIX_AFTER_MSI_OLD } from '../failures.ts';
import { calcVectors, type IrqAffinity } from '../spreading/spreading.ts';
import type { FaultHook, MsiHost } from './msi-host.ts';
import { setUpMsi, setUpMsix } from './msi-setup.ts';
import type { PciDevice } from './pci-device.ts';

export interface MsiRange {
  readonly min: number;
  readonly max: number;
  /** Spreads the messages over the CPUs, managed. */
  readonly affinity?: IrqAffinity | undefined;
}

export interface MsixRange extends MsiRange {
  /** The table entries that get the messages, `max` of them; 0, 1, 2 … where not given. */
  readonly entries?: readonly number[] | undefined;
  /** The table is virtual, as of an NTB (PCI_IRQ_VIRTUAL): it is as large as is asked for. */
  readonly virtual?: boolean | undefined;
}

export function* enableMsixRange(
  host: MsiHost,
  device: PciDevice,
  range: MsixRange,
  fault: FaultHook,
): Turns<number> {
  if (range.max < range.min) return -ERANGE;
  return yield* host.profile.capsMsixAtTable
    ? enableCapped(host, device, range, fault)
    : enableTrying(host, device, range, fault);
}

/** From 6.2 on: every check first, and a request beyond the table is cut to it. */
function* enableCapped(host: MsiHost, device: PciDevice, range: MsixRange, fault: FaultHook): Turns<number> {
  const { min, max, virtual = false } = range;
  if (device.enabled === 'msi') return refused(host, MSIX_AFTER_MSI);
  if (device.enabled === 'msix') return warned(host, '__pci_enable_msix_range');
  const table = device.fn.msix?.tableSize;
  if (!supported(device, max) || table === undefined) return -EINVAL;
  if (!entriesFit(range, max, virtual ? max : table)) return -EINVAL;
  const count = virtual ? max : Math.min(max, table);
  if (count < min) return -ENOSPC;
  return yield* retrying(host, range, count, (n) =>
    setUpMsix(host, device, entriesOf(range, n), range.affinity, fault),
  );
}

/** Up to 6.1: each try checks for itself, and answers with the table's size where it is smaller. */
function* enableTrying(host: MsiHost, device: PciDevice, range: MsixRange, fault: FaultHook): Turns<number> {
  if (device.enabled === 'msix') return warned(host, '__pci_enable_msix_range');
  return yield* retrying(host, range, range.max, function* (n) {
    const table = device.fn.msix?.tableSize;
    if (!supported(device, n) || table === undefined) return -EINVAL;
    const virtual = range.virtual ?? false;
    if (n > table && !virtual) return table;
    if (!entriesFit(range, n, virtual ? n : table)) return -EINVAL;
    if (device.enabled === 'msi') return refused(host, MSIX_AFTER_MSI_OLD);
    return yield* setUpMsix(host, device, entriesOf(range, n), range.affinity, fault);
  });
}

export function* enableMsiRange(
  host: MsiHost,
  device: PciDevice,
  range: MsiRange,
  fault: FaultHook,
): Turns<number> {
  const { min, max } = range;
  if (!supported(device, min)) return -EINVAL;
  if (device.enabled === 'msix') return refused(host, MSI_AFTER_MSIX);
  if (max < min) return -ERANGE;
  if (device.enabled === 'msi') return warned(host, '__pci_enable_msi_range');
  const { msi } = device.fn;
  if (msi === undefined) return -EINVAL;
  const capable = 2 ** msi.log2Count;
  if (capable < min) return -ENOSPC;
  return yield* retrying(host, range, Math.min(capable, max), (n) =>
    setUpMsi(host, device, n, range.affinity, fault),
  );
}

/** Fewer and fewer messages, as each try answers, down to the minimum; the spreading may ask for fewer too. */
function* retrying(
  host: MsiHost,
  range: MsiRange,
  first: number,
  attempt: (count: number) => Turns<number>,
): Turns<number> {
  const { min, affinity } = range;
  for (let count = first; ; ) {
    if (affinity !== undefined) {
      count = calcVectors(host.profile, host.topology, min, count, affinity);
      if (count < min) return -ENOSPC;
    }
    const ret = yield* attempt(count);
    if (ret === 0) return count;
    if (ret < 0) return ret;
    if (ret < min) return -ENOSPC;
    count = ret;
  }
}

/** `pci_msi_supported()`. */
function supported({ fn, powered }: PciDevice, count: number): boolean {
  return fn.noMsi !== true && powered && count >= 1;
}

function entriesOf({ entries }: MsixRange, count: number): readonly number[] {
  return entries?.slice(0, count) ?? Array.from({ length: count }, (_, index) => index);
}

/** Each entry inside the table, none twice. */
function entriesFit(range: MsixRange, count: number, table: number): boolean {
  if (range.entries === undefined) return true;
  const entries = entriesOf(range, count);
  return entries.every((index) => index < table) && new Set(entries).size === entries.length;
}

function refused(host: MsiHost, text: string): number {
  host.listener?.({ name: 'printk', level: 'info', text });
  return -EINVAL;
}

function warned(host: MsiHost, where: string): number {
  host.listener?.({ name: 'WARN', where });
  return -EINVAL;
}
