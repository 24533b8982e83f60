import { describe, expect, it } from 'vitest';
import { parseInterruptTail } from './interrupt-tail.ts';

describe('parseInterruptTail', () => {
  it.each([
    ['IR-IO-APIC   2-edge      timer', 'IR-IO-APIC', 2, 'edge', ['timer']],
    ['IR-PCI-MSI 512000-edge      ahci[0000:00:1f.2]', 'IR-PCI-MSI', 512000, 'edge', ['ahci[0000:00:1f.2]']],
    [
      'PCI-MSIX-0000:00:01.0    0-edge      PCIe PME, aerdrv',
      'PCI-MSIX-0000:00:01.0',
      0,
      'edge',
      ['PCIe PME', 'aerdrv'],
    ],
    ['IO-APIC                 12-edge      i8042', 'IO-APIC', 12, 'edge', ['i8042']],
    ['IO-APIC-fasteoi   ioc0, eth0', 'IO-APIC', undefined, 'fasteoi', ['ioc0', 'eth0']],
    ['DMAR_MSI-edge      dmar0', 'DMAR_MSI', undefined, 'edge', ['dmar0']],
    ['IR-HPET_MSI-edge      hpet2', 'IR-HPET_MSI', undefined, 'edge', ['hpet2']],
    ['XT-PIC-XT-PIC    cascade', 'XT-PIC', undefined, 'XT-PIC', ['cascade']],
    ['xen-dyn -event blkif', 'xen-dyn', undefined, 'event', ['blkif']],
    ['xen-dyn    -event     blkif', 'xen-dyn', undefined, 'event', ['blkif']],
    ['xen-pirq-ioapic-level  acpi', 'xen-pirq', undefined, 'ioapic-level', ['acpi']],
    ['xen-pirq    -ioapic-edge  rtc0', 'xen-pirq', undefined, 'ioapic-edge', ['rtc0']],
    ['intel-gpio  139  ELAN06DA:00', 'intel-gpio', 139, undefined, ['ELAN06DA:00']],
    ['GICv3  27 Level     arch_timer', 'GICv3', 27, 'Level', ['arch_timer']],
    ['GICv2  33 Level   -fasteoi   uart', 'GICv2', 33, 'fasteoi', ['uart']],
    ['ITS-MSI 65536 Edge      nvme0q0', 'ITS-MSI', 65536, 'Edge', ['nvme0q0']],
    ['cs40l26 IRQ1 Controller 0 Level GPIO1 rise', 'cs40l26 IRQ1 Controller', 0, 'Level', ['GPIO1 rise']],
    ['44e07000.gpio   6 Edge      48060000.mmc cd', '44e07000.gpio', 6, 'Edge', ['48060000.mmc cd']],
    [
      'PCI-MSI  mlx5_comp0@pci:0002:00:00.0',
      'PCI-MSI',
      undefined,
      undefined,
      ['mlx5_comp0@pci:0002:00:00.0'],
    ],
    ['-  mtk-thermal, spc', undefined, undefined, undefined, ['mtk-thermal', 'spc']],
    ['None  timer', undefined, undefined, undefined, ['timer']],
    ['IO-APIC   9-fasteoi   snd,hda, acpi', 'IO-APIC', 9, 'fasteoi', ['snd,hda', 'acpi']],
    ['IO-APIC   4', 'IO-APIC', 4, undefined, []],
    ['dummy', 'dummy', undefined, undefined, []],
  ])('%s', (text, chip, hwirq, flow, actions) => {
    expect(parseInterruptTail(text)).toEqual({ chip, hwirq, flow, actions });
  });

  it('tells an action with an empty name from no action by the blanks behind the padded flow', () => {
    expect(parseInterruptTail('IR-PCI-MSI 524288-edge      ').actions).toEqual(['']);
    expect(parseInterruptTail('IR-PCI-MSI 524288-edge    ').actions).toEqual([]);
    expect(parseInterruptTail('IR-PCI-MSI 524288-edge').actions).toEqual([]);
    expect(parseInterruptTail('IO-APIC-edge    ').actions).toEqual([]);
    expect(parseInterruptTail('xen-dyn        ').actions).toEqual([]);
  });
});
