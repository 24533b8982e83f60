/** A PCI function as far as its interrupts go: what it can do, and what is enabled on it. */
import type { IrteBlock } from '../interrupt-remapping.ts';
import type { AffinityDescriptor } from '../spreading/spreading.ts';

export interface MsixCapability {
  /** Entries of the table, 1..2048. */
  readonly tableSize: number;
}

export interface MsiCapability {
  /** Log2 of the number of messages, 0..5. */
  readonly log2Count: number;
  /** Has a mask bit per message: only then it may wait for its vector (specification 4.5). */
  readonly maskable: boolean;
  /** Takes 64-bit addresses. Decides nothing here: those of x86 messages lie below 4 GiB. */
  readonly is64Bit: boolean;
}

export interface PciFunction {
  /** As in sysfs: `0000:01:00.0`. */
  readonly address: string;
  /** NUMA node, -1 for none. */
  readonly node: number;
  readonly msix?: MsixCapability | undefined;
  readonly msi?: MsiCapability | undefined;
  /** The interrupt number of its INTx line (`pci_dev::irq`); undefined where it has none. */
  readonly line?: number | undefined;
  /** The remapping unit that it is behind, 0 when not given. */
  readonly remappingUnit?: number | undefined;
  /** MSI is forbidden for it (`no_msi`, or for all: `pci=nomsi`). */
  readonly noMsi?: boolean | undefined;
}

/**
 * `struct msi_desc`: one message of MSI-X, or all messages of an MSI. Its masks are not copied: they are replaced,
 * never changed.
 */
export interface MsiMessage {
  /** Entry of the MSI-X table; 0 for MSI. */
  readonly index: number;
  /** How many consecutive interrupt numbers it has: `nvec_used`. */
  readonly count: number;
  /** One per interrupt; undefined where nothing was spread. */
  readonly affinity: readonly AffinityDescriptor[] | undefined;
  /** The first interrupt number; undefined until it has its interrupts. */
  readonly irq: number | undefined;
  /** Undefined without remapping. */
  readonly irte: IrteBlock | undefined;
}

export type MsiMode = 'msi' | 'msix';

export class PciDevice {
  readonly fn: PciFunction;
  enabled: MsiMode | undefined;
  /** In power state D0; only then MSI can be enabled. */
  powered = true;
  /** It was enabled and its line set up (`pci_dev::irq_managed`). */
  holdsLine = false;
  /** The INTx line is not masked off by MSI. */
  intx = true;
  /** By index. */
  messages: readonly MsiMessage[] = [];

  constructor(fn: PciFunction) {
    this.fn = fn;
  }

  /** Every interrupt number of its messages, in the order of the messages, which need not be that of the numbers. */
  irqs(): number[] {
    return this.messages.flatMap(({ irq, count }) =>
      irq === undefined ? [] : Array.from({ length: count }, (_, k) => irq + k),
    );
  }

  clone(): PciDevice {
    return Object.assign(new PciDevice(this.fn), this);
  }
}
