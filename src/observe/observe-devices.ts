import { parseIntegerText } from '../parse/integer-text.ts';
import { isPciAddress } from '../parse/pci-address.ts';
import { parseMsiMode } from '../parse/sys-msi-irqs.ts';
import type { FileTree } from './file-tree.ts';
import type { ObservedDevice } from './observation.ts';
import { listNumbers, readParsed } from './tree-reader.ts';

const DEVICES = 'sys/bus/pci/devices';

/** Every PCI device of the tree, in the order of their addresses. */
export function observeDevices(tree: FileTree): ObservedDevice[] {
  return tree
    .list(DEVICES)
    .filter(isPciAddress)
    .map((bdf) => observeDevice(tree, bdf, `${DEVICES}/${bdf}`));
}

function observeDevice(tree: FileTree, bdf: string, path: string): ObservedDevice {
  const irqs = listNumbers(tree, `${path}/msi_irqs`);
  // A device has either MSI or MSI-X enabled, never both: one file tells for all.
  const [first] = irqs;
  const kind = first === undefined ? undefined : readParsed(tree, `${path}/msi_irqs/${first}`, parseMsiMode);
  return {
    bdf,
    driver: tree.linkTarget(`${path}/driver`),
    numaNode: readParsed(tree, `${path}/numa_node`, parseIntegerText),
    vendor: readParsed(tree, `${path}/vendor`, trimmed),
    device: readParsed(tree, `${path}/device`, trimmed),
    class: readParsed(tree, `${path}/class`, trimmed),
    msiIrqs: irqs.map((irq) => ({ irq, kind })),
  };
}

function trimmed(text: string): string {
  return text.trim();
}
