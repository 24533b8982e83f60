/** Interrupts on the IO-APIC: the ISA ones from boot on, and the INTx lines of PCI devices as these are enabled. */
import type { IrteBlock } from './interrupt-remapping.ts';
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

/** A line that a PCI device's enabling set up. */
export interface MappedLine {
  /** Undefined without remapping. */
  readonly irte: IrteBlock | undefined;
}

/**
 * `acpi_register_gsi()` for a PCI line, when the first device on it is enabled: a reservation, and a remapping entry that
 * it keeps. -ENOMEM where there is no entry.
 */
export function mapLine(host: MsiHost, irq: number, node: number): MappedLine | number {
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
  if (ret < 0) return ret;
  if (remapping === undefined) return { irte: undefined };
  const irte = remapping.allocate(0, 1, host.listener);
  if (typeof irte !== 'number') return { irte };
  host.removeIrq(irq);
  return irte;
}

/** `acpi_unregister_gsi()`, when the last device on it is disabled. */
export function unmapLine(host: MsiHost, irq: number, { irte }: MappedLine): void {
  host.removeIrq(irq);
  if (irte !== undefined) host.remapping?.free(irte);
}
