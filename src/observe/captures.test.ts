import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pciAddressOfHwirq } from '../parse/pci-address.ts';
import { MemoryTree } from './memory-tree.ts';
import { observeTree } from './observe-tree.ts';

const shared = process.env.IRQSPACE_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));
const captures = `${shared}/captures`;

/** The machine in a tarball; enough of the format for our own captures (plain names, no extensions). */
function treeOf(path: string): MemoryTree {
  const tar = gunzipSync(readFileSync(path));
  const files = new Map<string, Uint8Array>();
  const links = new Map<string, string>();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const field = (from: number, length: number) =>
      tar.toString('latin1', at + from, at + from + length).split('\0')[0] ?? '';
    const prefix = field(257, 5) === 'ustar' ? field(345, 131) : '';
    const name = `${prefix === '' ? '' : `${prefix}/`}${field(0, 100)}`.replace(/^\.\//, '');
    const size = Number.parseInt(field(124, 12).trim() || '0', 8);
    if (field(156, 1) === '2') links.set(name, field(157, 100));
    if (field(156, 1) === '0' || field(156, 1) === '')
      files.set(name, tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return new MemoryTree(path, { files, links });
}

describe.skipIf(!existsSync(captures))('observeTree on every snapshot of our captures (../shared)', () => {
  const names = existsSync(captures)
    ? readdirSync(captures).filter((name) => existsSync(`${captures}/${name}/snap`))
    : [];

  it.each(names)('%s: the sources agree with each other', (name) => {
    for (const snap of readdirSync(`${captures}/${name}/snap`)) {
      const tree = treeOf(`${captures}/${name}/snap/${snap}`);
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
