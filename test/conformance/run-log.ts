import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { reasonOf } from './find-logs.ts';
import { kindOf, type LogRun } from './kinds.ts';
import { LogLine } from './log-line.ts';
import { FileReport } from './report.ts';

/** Lines of a log file, packed or not (told by its first bytes). */
function readLines(file: string): string[] {
  const bytes = readFileSync(file);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const lines = (packed ? gunzipSync(bytes) : bytes).toString('utf8').split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)?.trim() === '') lines.pop();
  return lines;
}

/** Runs one file, which may hold several logs after each other. */
export function runLog(file: string): FileReport {
  const report = new FileReport(file);
  let lines: string[];
  try {
    lines = readLines(file);
  } catch (error) {
    report.failWith(1, 'file', `cannot be read: ${reasonOf(error)}`);
    return report;
  }
  if (lines.length === 0) report.failWith(1, 'file', 'is empty');
  const runner = new LogRunner(report);
  for (const [at, text] of lines.entries()) runner.line(at + 1, text);
  return report;
}

/** What the steps that follow belong to. */
type Current = { readonly is: 'run'; readonly run: LogRun } | { readonly is: 'none'; readonly why: string };

class LogRunner {
  readonly #report: FileReport;
  #current: Current = { is: 'none', why: 'no line above says what log this is' };

  constructor(report: FileReport) {
    this.#report = report;
  }

  line(number: number, text: string): void {
    let op = 'line';
    try {
      const line = LogLine.parse(text);
      op = nameOf(line);
      this.#run(number, op, line);
    } catch (error) {
      // Malformed, or outside what a matrix has (a CPU beyond the last): either way this line is not right.
      this.#report.failWith(number, op, error instanceof Error ? error.message : String(error));
    }
  }

  #run(number: number, op: string, line: LogLine): void {
    const kind = kindOf(line);
    switch (kind.is) {
      case 'start': {
        this.#current = { is: 'none', why: 'the first line of this log could not be used' };
        const run = kind.begin(line);
        this.#current = { is: 'run', run };
        this.#judge(number, op, run.first);
        break;
      }
      case 'case':
        this.#judge(number, op, kind.judge(line));
        break;
      case 'unknown':
        this.#report.failWith(number, op, 'no kind of log has a line with these keys');
        break;
      case 'step':
        if (this.#current.is === 'run') this.#judge(number, op, this.#current.run.step(line));
        else this.#report.failWith(number, op, this.#current.why);
        break;
    }
  }

  #judge(
    number: number,
    op: string,
    differences: readonly { field: string; expected: string; got: string }[],
  ): void {
    if (differences.length === 0) this.#report.passed++;
    else this.#report.fail(number, op, differences);
  }
}

function nameOf(line: LogLine): string {
  const op = line.peek('op');
  return typeof op === 'string' ? op : line.has('trace') ? 'header' : 'line';
}
