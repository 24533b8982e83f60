import { reportOf } from '../../query/report.ts';
import { EXIT } from '../exit-codes.ts';
import { type MachineOptions, readMachine } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { renderReport } from '../render/report.ts';

export function runReport(options: MachineOptions & { readonly json?: boolean }, out: Output): number {
  const report = reportOf(readMachine(options));
  if (options.json === true) writeJson(out, report);
  else out.write(renderReport(report, out));
  return EXIT.ok;
}
