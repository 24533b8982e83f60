import { explainOf } from '../../query/explain.ts';
import { EXIT } from '../exit-codes.ts';
import { type MachineOptions, readMachine } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { renderExplain } from '../render/explain.ts';
import { clip } from '../render/text.ts';
import { UsageError } from '../usage-error.ts';

export function runExplain(
  irq: string,
  options: MachineOptions & { readonly json?: boolean },
  out: Output,
): number {
  if (!/^\d{1,7}$/.test(irq)) {
    throw new UsageError(`explain: expected an IRQ number as in /proc/interrupts, found "${clip(irq, 40)}"`);
  }
  const machine = readMachine(options);
  const answer = explainOf(machine, Number(irq));
  if (answer === undefined) throw new UsageError(`explain: ${machine.source} has no IRQ ${Number(irq)}`);
  if (options.json === true) writeJson(out, answer);
  else out.write(renderExplain(answer, out));
  return EXIT.ok;
}
