/** Interrupts on the IO-APIC: the ISA ones from boot on, and the INTx lines of PCI devices as these are enabled. */
import { type IrqChip, IrqDesc } from './irq-desc.ts';
import type { MsiHost } from './msi/msi-host.ts';

/** The chip of an interrupt on the IO-APIC. */
export function ioApicChip(remapping: boolean): IrqChip {
  return {
    name: remapping ? 'IR-IO-APIC' : 'IO-APIC',
    settable: true,
    remapped: remapping,
    affinityBeforeStartup: false,
  };
}

/**
 * `acpi_register_gsi()` for a PCI line, when the first device on it is enabled: a reservation, and a remapping entry that
 * it keeps. 0, or -ENOMEM where there is no entry.
 */
export function mapLine(host: MsiHost, irq: number, node: number): number {
  if (host.desc(irq) !== undefined) return 0;
  const { remapping } = host;
  const desc = new IrqDesc(
    irq,
    ioApicChip(remapping !== undefined),
    node,
    host.defaultAffinity,
    false,
    false,
  );
  const ret = host.addIrq(desc, { kind: 'by-policy' });
  if (ret < 0 || remapping === undefined) return ret;
  const irte = remapping.allocate(0, 1, host.listener);
  if (typeof irte !== 'number') return 0;
  host.removeIrq(irq);
  return irte;
}
