/** domain:bus:device.function as sysfs writes it; VMD domains have five digits and more. */
const ADDRESS = '[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]';
const WHOLE = new RegExp(`^${ADDRESS}$`);
const INSIDE = new RegExp(`(?<![0-9a-fA-F])${ADDRESS}(?![0-9a-fA-F.])`);
const CHIP = new RegExp(`(?:^|-)PCI-MSI(X?)-(${ADDRESS})$`);
/** Chips of the single PCI/MSI domain before Linux 6.2, whose hwirq tells the device. */
const OLD_CHIPS = new Set(['PCI-MSI', 'IR-PCI-MSI', 'ITS-MSI']);

/** True for a PCI address in full form, `0000:00:1f.2`. */
export function isPciAddress(text: string): boolean {
  return WHOLE.test(text);
}

/**
 * The device behind a hwirq of the old PCI/MSI domain (`pci_msi_domain_calc_hwirq()`: index, devid << 11,
 * PCI domain << 27): 512000 is message 0 of 0000:00:1f.2. May exceed 32 bits, so no bit operations.
 */
export function pciAddressOfHwirq(hwirq: number): { readonly bdf: string; readonly index: number } {
  const devid = Math.floor(hwirq / 2 ** 11) % 2 ** 16;
  const domain = Math.floor(hwirq / 2 ** 27);
  const bdf = `${hex(domain, 4)}:${hex(devid >> 8, 2)}:${hex((devid >> 3) & 31, 2)}.${devid & 7}`;
  return { bdf, index: hwirq % 2 ** 11 };
}

/** True for a chip whose hwirq {@link pciAddressOfHwirq} understands. */
export function isOldPciMsiChip(chip: string): boolean {
  return OLD_CHIPS.has(chip);
}

/** Device and kind out of the name of a per-device chip (6.2+): `IR-PCI-MSIX-0000:04:00.0`. */
export function pciAddressOfChip(
  chip: string,
): { readonly bdf: string; readonly msi: 'msi' | 'msix' } | undefined {
  const match = CHIP.exec(chip);
  if (match?.[2] === undefined) return undefined;
  return { bdf: match[2].toLowerCase(), msi: match[1] === 'X' ? 'msix' : 'msi' };
}

/** A PCI address inside an action's name (`ahci[0000:00:1f.2]`, `mlx5_async@pci:0002:00:00.0`); not `lpfc:133`. */
export function pciAddressOfAction(name: string): string | undefined {
  return INSIDE.exec(name)?.[0].toLowerCase();
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}
