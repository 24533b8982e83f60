import type { Difference } from './log-line.ts';

const LINES_SHOWN = 5;
const DIFFERENCES_SHOWN = 4;

/** What running one file gave, counted in lines. */
export class FileReport {
  readonly file: string;
  passed = 0;
  failed = 0;
  readonly #shown: string[] = [];

  constructor(file: string) {
    this.file = file;
  }

  /** One line of the log that differs or cannot be read. */
  fail(line: number, op: string, differences: readonly Difference[]): void {
    this.failed++;
    if (this.failed > LINES_SHOWN) return;
    const where = `${this.file}:${line}: ${op}`;
    for (const { field, expected, got } of differences.slice(0, DIFFERENCES_SHOWN)) {
      this.#shown.push(`${where}: ${field}: expected ${expected}, got ${got}`);
    }
    const more = differences.length - DIFFERENCES_SHOWN;
    if (more > 0) this.#shown.push(`${where}: and ${more} more fields`);
  }

  failWith(line: number, op: string, message: string): void {
    this.failed++;
    if (this.failed <= LINES_SHOWN) this.#shown.push(`${this.file}:${line}: ${op}: ${message}`);
  }

  /** The first differences, then one line for the file. */
  render(): string {
    const counts = [`${this.passed} passed`];
    if (this.failed > 0) counts.push(`${this.failed} failed`);
    const hidden = this.failed - LINES_SHOWN;
    const more = hidden > 0 ? [`${this.file}: and ${hidden} more lines that differ`] : [];
    return [...this.#shown, ...more, `${this.file}: ${counts.join(', ')}`].join('\n');
  }
}

/** The last line of the output; read by scripts. Every kind of log is run, so nothing is ever skipped. */
export function renderTotal(reports: readonly FileReport[]): string {
  const sum = (of: (report: FileReport) => number): number =>
    reports.reduce((n, report) => n + of(report), 0);
  return `${sum((r) => r.passed)} passed, ${sum((r) => r.failed)} failed, 0 skipped`;
}
