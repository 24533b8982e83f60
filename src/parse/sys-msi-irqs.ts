import { ParseError } from './parse-error.ts';

/** A file of a PCI device's msi_irqs directory (`msi_mode_show()`, kernel/irq/msi.c). */
export function parseMsiMode(text: string, file: string): 'msi' | 'msix' {
  const mode = text.trim();
  if (mode === 'msi' || mode === 'msix') return mode;
  throw new ParseError({ file, line: 1, column: 1, text: mode, expected: '"msi" or "msix"' });
}
