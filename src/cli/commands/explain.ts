import { readText } from '../../host/read-text.ts';
import { explainOf } from '../../query/explain.ts';
import { explainMessagesOf } from '../../query/explain-message.ts';
import { EXIT } from '../exit-codes.ts';
import { type MachineOptions, readMachine } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { renderExplain, renderMessages } from '../render/explain.ts';
import { UsageError } from '../usage-error.ts';

type ExplainOptions = MachineOptions & { readonly json?: boolean };

/** @param what an IRQ number, the words of a message, or `-` for a log on standard input */
export function runExplain(what: readonly string[], options: ExplainOptions, out: Output): number {
  const text = what.join(' ');
  return /^\d{1,7}$/.test(text) ? explainIrq(Number(text), options, out) : explainText(text, options, out);
}

function explainIrq(irq: number, options: ExplainOptions, out: Output): number {
  const machine = readMachine(options);
  const answer = explainOf(machine, irq);
  if (answer === undefined) throw new UsageError(`explain: ${machine.source} has no IRQ ${irq}`);
  if (options.json === true) writeJson(out, answer);
  else out.write(renderExplain(answer, out));
  return EXIT.ok;
}

/** Nothing known is no failure of a log, but it is of a message that was given. */
function explainText(text: string, options: ExplainOptions, out: Output): number {
  if (text === '-' && options.root === '-') {
    throw new UsageError('explain: the log and --root cannot both be standard input');
  }
  const log = text === '-' ? readText('-', 'a kernel log').text : text;
  const answer = explainMessagesOf(readMachine(options), log);
  if (answer.messages.length === 0 && text !== '-') {
    throw new UsageError(
      'explain: expected an IRQ number as in /proc/interrupts, or a message of the kernel, irqbalance or tuned that is known',
    );
  }
  if (options.json === true) writeJson(out, answer);
  else out.write(renderMessages(answer, out));
  return EXIT.ok;
}
