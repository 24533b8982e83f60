import { describe, expect, it } from 'vitest';
import { isPciAddress, pciAddressOfAction, pciAddressOfChip, pciAddressOfHwirq } from './pci-address.ts';

describe('pciAddressOfHwirq', () => {
  // Rows of public samples that name their device themselves.
  it.each([
    [512000, '0000:00:1f.2', 0],
    [327680, '0000:00:14.0', 0],
    [201851013, '0001:81:00.0', 133],
    [1572866, '0000:03:00.0', 2],
    [0, '0000:00:00.0', 0],
    // A VMD domain is above 16 bits: the number no longer fits in 32.
    [0x10000 * 2 ** 27 + 0xe100 * 2 ** 11 + 5, '10000:e1:00.0', 5],
  ])('%i is %s, message %i', (hwirq, bdf, index) => {
    expect(pciAddressOfHwirq(hwirq)).toEqual({ bdf, index });
  });
});

describe('pciAddressOfChip', () => {
  it('finds device and kind in the names of per-device chips', () => {
    expect(pciAddressOfChip('IR-PCI-MSIX-0000:04:00.0')).toEqual({ bdf: '0000:04:00.0', msi: 'msix' });
    expect(pciAddressOfChip('PCI-MSI-0000:00:1f.2')).toEqual({ bdf: '0000:00:1f.2', msi: 'msi' });
    expect(pciAddressOfChip('PCI-MSIX-10000:E1:00.0')).toEqual({ bdf: '10000:e1:00.0', msi: 'msix' });
  });

  it.each(['PCI-MSI', 'IR-PCI-MSI', 'IO-APIC', 'PCI-MSI-edge', 'PCI-MSIX-0000:04:00', 'DMAR-MSI'])(
    'not in %s',
    (chip) => {
      expect(pciAddressOfChip(chip)).toBeUndefined();
    },
  );
});

describe('pciAddressOfAction', () => {
  it.each([
    ['ahci[0000:00:1f.2]', '0000:00:1f.2'],
    ['mlx5_async@pci:0002:00:00.0', '0002:00:00.0'],
    ['i40e-0000:c3:00.3:fdir-TxRx-0', '0000:c3:00.3'],
    ['0000:00:1f.2', '0000:00:1f.2'],
    ['lpfc:133', undefined],
    ['ACPI:Ged', undefined],
    ['ahci[00:1f.2]', undefined],
    ['x0000:00:3f.2', undefined],
    ['0000:00:1f.22', undefined],
    ['fe80:0000:00:1f', undefined],
  ])('%s: %s', (name, bdf) => {
    expect(pciAddressOfAction(name)).toBe(bdf);
  });

  it('tells whole addresses', () => {
    expect(isPciAddress('0000:00:1f.2')).toBe(true);
    expect(isPciAddress('00:1f.2')).toBe(false);
    expect(isPciAddress('0000:00:1f.2x')).toBe(false);
  });
});
