import { findLogs, UsageError } from './find-logs.ts';
import { type FileReport, renderTotal } from './report.ts';
import { runLog } from './run-log.ts';

export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** Runs every log below the paths; the exit code: 0 nothing failed, 1 something did, 2 nothing to run. */
export function conformance(paths: readonly string[], { out, err }: Output): 0 | 1 | 2 {
  let logs: string[];
  try {
    logs = findLogs(paths);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err(`conformance: ${error.message}`);
    return 2;
  }
  const reports: FileReport[] = [];
  for (const log of logs) {
    const report = runLog(log);
    out(report.render());
    reports.push(report);
  }
  out(renderTotal(reports));
  return reports.some((report) => report.failed > 0) ? 1 : 0;
}
