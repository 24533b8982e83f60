import { plural } from '../../base/plural.ts';
import { formatRange, isExact } from '../../base/range.ts';
import type { Finding, Report } from '../../format/report.ts';
import type { Output } from '../output.ts';
import { cpuTable } from './cpu-table.ts';
import { deviceTable } from './device-table.ts';
import { type Style, styleFor } from './style.ts';
import { isOne, printableAnswer, shortenLists, wrap } from './text.ts';

/** The report for people, the verdict first; `--json` is for scripts. */
export function renderReport(answer: Report, out: Output): string {
  const report = printableAnswer(answer);
  const style = styleFor(out.color);
  const blocks = [
    verdict(report, out, style),
    heading(report, out, style),
    hasVectors(report) ? cpuTable(report, out.columns) : [],
    deviceTable(report, out.columns),
    footer(report, out, style),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function hasVectors(report: Report): boolean {
  return report.cpus.some((cpu) => cpu.capacity.max > 0);
}

/** Notes that are an answer, not a remark. */
const ANSWERS: ReadonlySet<string> = new Set(['hibernate-undecided', 'no-vector-domain']);

function isVerdict({ severity, code }: Finding): boolean {
  return severity !== 'note' || ANSWERS.has(code);
}

function verdict(report: Report, out: Output, style: Style): string[] {
  const found = report.findings.filter(isVerdict);
  if (found.length > 0) return found.flatMap((finding) => findingLines(finding, out, style));
  return [style.good('Nothing is about to go wrong: hibernation and suspend fit.')];
}

function findingLines({ severity, text }: Finding, out: Output, style: Style): string[] {
  const paint = { error: style.bad, warning: style.warn, note: style.bold }[severity];
  const label = `${severity}:`;
  const [first = '', ...more] = wrap(`${label} ${shortenLists(text)}`, out.columns, '  ');
  return [`${paint(label)}${first.slice(label.length)}`, ...more];
}

function heading(report: Report, out: Output, style: Style): string[] {
  const { available, reserved, totalAllocated } = report.global;
  const { release, profile } = report.kernel;
  const online = report.cpus.filter((cpu) => cpu.online).length;
  const cpus = `${online} of ${plural(report.cpus.length, 'CPU')} online`;
  const vectors = hasVectors(report);
  const kernel = release === undefined ? 'kernel not named' : `Linux ${release}`;
  const rules = vectors ? `, vector rules of ${profile}, figures ${certaintyOf(report)}` : '';
  const counts = [
    cpus,
    ...(vectors
      ? [
          `${formatRange(totalAllocated)} vector${isOne(totalAllocated) ? '' : 's'} in use, ${formatRange(available)} available`,
          `${formatRange(reserved)} interrupt${isOne(reserved) ? '' : 's'} with a reservation instead of a vector`,
        ]
      : []),
  ];
  const [first = '', ...more] = wrap(`${report.source}: ${kernel}${rules}`, out.columns, '  ');
  // The source may hold blanks and be wrapped; then it is not emphasized.
  const named = first.startsWith(report.source)
    ? `${style.bold(report.source)}${first.slice(report.source.length)}`
    : first;
  return [named, ...more, ...wrap(counts.join('; '), out.columns, '  ')];
}

/** What was not read from VECTOR is inferred, with bounds where it is not certain. */
function certaintyOf({ certainty, cpus }: Report): string {
  if (certainty === 'exact') return 'exact';
  const bounded = cpus.some(
    (cpu) => cpu.online && [cpu.available, cpu.allocated, cpu.managed].some((r) => !isExact(r)),
  );
  return bounded ? 'inferred, with bounds a..b' : 'inferred';
}

function footer(report: Report, out: Output, style: Style): string[] {
  const lines = [
    ...report.findings.filter((finding) => !isVerdict(finding)).map(({ text }) => `note: ${text}`),
    ...report.doubts.map((text) => `not certain: ${text}`),
    ...report.missing.map(({ path, cost }) => `not read: ${path}: ${cost}`),
  ];
  return lines.flatMap((line) => wrap(shortenLists(line), out.columns, '  ')).map(style.dim);
}
