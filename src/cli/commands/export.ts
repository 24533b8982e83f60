import { printable } from '../../base/printable.ts';
import { exportOf, exportOfPlan } from '../../query/export.ts';
import { EXIT } from '../exit-codes.ts';
import { type MachineOptions, readMachine } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { readPlanFile } from '../plan-file.ts';
import { UsageError } from '../usage-error.ts';

/** Of a machine, or of a plan: that brings all that is needed of its machine. */
export function runExport(
  format: string,
  plan: string | undefined,
  options: MachineOptions & { readonly json?: boolean },
  out: Output,
): number {
  if (plan !== undefined && (options.root !== '/' || options.kernel !== undefined)) {
    throw new UsageError('export: a plan brings its machine along: without --root and --kernel');
  }
  const answer =
    plan === undefined
      ? exportOf(readMachine(options), format)
      : exportOfPlan(readPlanFile(plan).plan, format);
  if (options.json === true) writeJson(out, answer);
  // Tabs and newlines are the file's; nothing else in it may reach a terminal.
  else out.write(answer.text.replace(/[^\n\t]+/g, printable));
  return EXIT.ok;
}
