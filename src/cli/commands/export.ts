import { printable } from '../../base/printable.ts';
import { exportOf } from '../../query/export.ts';
import { EXIT } from '../exit-codes.ts';
import { type MachineOptions, readMachine } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';

export function runExport(
  format: string,
  options: MachineOptions & { readonly json?: boolean },
  out: Output,
): number {
  const answer = exportOf(readMachine(options), format);
  if (options.json === true) writeJson(out, answer);
  // Tabs and newlines are the file's; nothing else in it may reach a terminal.
  else out.write(answer.text.replace(/[^\n\t]+/g, printable));
  return EXIT.ok;
}
