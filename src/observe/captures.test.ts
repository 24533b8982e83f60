import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../../test/shared.ts';
import { openRoot } from '../host/open-root.ts';
import { pciAddressOfHwirq } from '../parse/pci-address.ts';
import { observeTree } from './observe-tree.ts';

const captures = sharedPath('captures');

describe.skipIf(captures === undefined)('observeTree on every snapshot of our captures (../shared)', () => {
  const names =
    captures === undefined
      ? []
      : readdirSync(captures).filter((name) => existsSync(`${captures}/${name}/snap`));

  it.each(names)('%s: the sources agree with each other', (name) => {
    // Neighbours differ little: every second keeps the test short.
    for (const snap of readdirSync(`${captures}/${name}/snap`).filter((_, at) => at % 2 === 0)) {
      const tree = openRoot(`${captures}/${name}/snap/${snap}`);
      const seen = observeTree(tree);
      expect(seen.version?.version?.major).toBeGreaterThan(4);
      expect([...(seen.cpus.online ?? [])]).toEqual(seen.interrupts?.cpus);
      if (seen.vectorDomain !== undefined) {
        expect(seen.vectorDomain.cpus.map(({ cpu }) => cpu)).toEqual(seen.interrupts?.cpus);
      }
      for (const irq of seen.irqs) {
        const sys = (file: string) => tree.readText(`sys/kernel/irq/${irq.irq}/${file}`)?.trim();
        const where = `${snap} irq ${irq.irq}`;
        // A row of /proc/interrupts split rightly says what sysfs says.
        if (irq.chip !== undefined) expect(sys('chip_name'), where).toBe(irq.chip);
        if (irq.hwirq !== undefined) expect(sys('hwirq'), where).toBe(String(irq.hwirq));
        expect(sys('actions'), where).toBe(irq.actions?.join(','));
        if (irq.msi !== undefined && irq.hwirq !== undefined && /PCI-MSI$/.test(irq.chip ?? '')) {
          expect(pciAddressOfHwirq(irq.hwirq).bdf, where).toBe(irq.device);
        }
        if (irq.debug?.device !== undefined) expect(irq.debug.device, where).toBe(irq.device);
      }
    }
  });
});
