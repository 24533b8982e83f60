import { describe, expect, it } from 'vitest';
import { movesAtOnce } from './interrupts-of-state.ts';

describe('which interrupts move at once', () => {
  it.each(['IR-PCI-MSI', 'IR-PCI-MSIX-0000:01:00.0', 'IR-IO-APIC', 'IR-HPET-MSI'])('%s: remapped', (chip) => {
    expect(movesAtOnce(chip)).toBe(true);
  });

  it.each(['PCI-MSI', 'PCI-MSIX-0000:01:00.0', 'IO-APIC', 'HPET-MSI', 'DMAR-MSI'])('%s: not', (chip) => {
    expect(movesAtOnce(chip)).toBe(false);
  });
});
