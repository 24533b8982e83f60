import type { Request } from '../driver/requests.ts';
import type { Severity } from '../finding.ts';
import { plainText } from '../syntax/expressions.ts';

/**
 * An edge or a message that comes too early is lost, and another device may call a shared handler at any time: a
 * warning. A level-triggered line of its own only keeps the interrupt until somebody is there: a note.
 */
export function severityOf({ fn, irq, flags, shape }: Request): Severity {
  if (/IRQF_SHARED|SA_SHIRQ|IRQF_TRIGGER_(?:RISING|FALLING)/.test(flags) || shape.flags === undefined)
    return 'warning';
  return /pci_irq_vector|msix|msi_|vector|entries/i.test(plainText(fn.text, irq)) ? 'warning' : 'note';
}
