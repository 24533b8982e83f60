import { reportOf } from '../../query/report.ts';
import { EXIT } from '../exit-codes.ts';
import { type MachineOptions, readMachine } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { renderReport } from '../render/report.ts';
import { renderMap } from '../render/vector-map.ts';

export interface ReportOptions extends MachineOptions {
  readonly map?: boolean;
  readonly json?: boolean;
}

export function runReport(options: ReportOptions, out: Output): number {
  const report = reportOf(readMachine(options));
  if (options.json === true) writeJson(out, report);
  else {
    if (options.map === true) out.write(`${renderMap(report, out).join('\n')}\n\n`);
    out.write(renderReport(report, out));
  }
  return EXIT.ok;
}
