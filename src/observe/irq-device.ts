import {
  isOldPciMsiChip,
  isPciAddress,
  pciAddressOfAction,
  pciAddressOfChip,
  pciAddressOfHwirq,
} from '../parse/pci-address.ts';
import type { ObservedIrq } from './observation.ts';

interface Clues {
  /** From msi_irqs. */
  readonly message: { readonly bdf: string; readonly kind: 'msi' | 'msix' | undefined } | undefined;
  readonly chip: string | undefined;
  readonly hwirq: number | undefined;
  readonly debugDevice: string | undefined;
  readonly actions: readonly string[] | undefined;
}

/** The PCI device of an interrupt and the kind of its message, from the surest source that tells. */
export function deviceOf(clues: Clues): Pick<ObservedIrq, 'device' | 'msi'> {
  const { message, chip, hwirq, debugDevice, actions } = clues;
  const fromChip = chip === undefined ? undefined : pciAddressOfChip(chip);
  const msi = message?.kind ?? fromChip?.msi;
  if (message !== undefined) return { device: message.bdf, msi };
  if (fromChip !== undefined) return { device: fromChip.bdf, msi };
  if (debugDevice !== undefined && isPciAddress(debugDevice)) return { device: debugDevice, msi };
  if (chip !== undefined && hwirq !== undefined && isOldPciMsiChip(chip)) {
    return { device: pciAddressOfHwirq(hwirq).bdf, msi };
  }
  // A shared line may name several devices; the first that carries an address stands for it.
  const named = actions?.map(pciAddressOfAction).find((bdf) => bdf !== undefined);
  return { device: named, msi };
}
