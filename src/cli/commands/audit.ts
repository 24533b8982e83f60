import { availableParallelism } from 'node:os';
import { type ChangedLines, isChanged, parseUnifiedDiff } from '../../audit/changed-lines.ts';
import type { Finding } from '../../audit/finding.ts';
import { fingerprintOf } from '../../audit/finding.ts';
import type { InventoryRow } from '../../audit/inventory.ts';
import { RULES } from '../../audit/rules/all.ts';
import { AllowError, parseAllowFile, type Suppressed, suppress } from '../../audit/suppress.ts';
import { printable } from '../../base/printable.ts';
import type { AuditAnswer, AuditInventory } from '../../format/audit.ts';
import { gitDiff } from '../../host/git-diff.ts';
import { readRecordedText } from '../../host/open-recording.ts';
import { findSources, readSourceBytes, type SourceDirectory } from '../../host/source-files.ts';
import { AuditPool } from '../audit/pool.ts';
import { EXIT } from '../exit-codes.ts';
import { type Output, writeJson } from '../output.ts';
import { renderGcc, renderGithub } from '../render/audit.ts';
import { type LinesOf, renderAuditHtml } from '../render/audit-html.ts';
import { renderInventory, renderInventoryCsv } from '../render/audit-inventory.ts';
import { sarifOf } from '../render/audit-sarif.ts';
import { UsageError } from '../usage-error.ts';
import { packageVersion } from '../version.ts';

export interface AuditCommandOptions {
  readonly strict?: boolean;
  readonly inventory?: boolean;
  readonly format: string;
  readonly diff?: string;
  readonly baseline?: string;
  readonly allow?: string;
  readonly jobs?: string;
}

const FORMATS = ['gcc', 'json', 'sarif', 'github', 'html', 'baseline'] as const;
const INVENTORY_FORMATS = ['text', 'csv', 'json', 'html'] as const;
/** More threads than this only wait for the disk and for the largest driver. */
const MAX_JOBS = 64;

export async function runAudit(
  paths: readonly string[],
  options: AuditCommandOptions,
  out: Output,
): Promise<number> {
  const format = formatOf(options);
  const jobs = jobsOf(options.jobs);
  const strict = options.strict === true;
  const inventory = options.inventory === true || format === 'html';
  const allowances = options.allow === undefined ? [] : readAllowances(options.allow);
  const baseline = options.baseline === undefined ? [] : readBaseline(options.baseline);
  const changed = options.diff === undefined ? undefined : parseUnifiedDiff(gitDiff(options.diff, paths));
  const notes: string[] = [];
  const pool = new AuditPool(jobs, { strict, inventory });
  const found = findSources(
    paths,
    (note) => notes.push(note),
    // What a diff leaves of them is known later.
    (files) => changed === undefined && pool.expect(files),
  );
  const units =
    changed === undefined ? found : found.filter((unit) => unit.files.some((file) => changed.has(file)));
  const progress = progressOf(units.length);
  const answers = await pool.audit(units, progress.step);
  progress.end();
  const findings: Finding[] = [];
  const drivers: InventoryRow[] = [];
  let allowedByComments = 0;
  for (const answer of answers) {
    if ('error' in answer) throw new Error(`${answer.path}: ${answer.error}`);
    findings.push(...answer.audit.findings);
    drivers.push(...answer.audit.inventory);
    notes.push(...answer.audit.notes);
    allowedByComments += answer.audit.allowed;
  }
  const asked = changed === undefined ? findings : findings.filter((finding) => isChanged(finding, changed));
  const suppressed = suppress(asked, allowances, baseline);
  notes.push(...unusedNotes(suppressed, options, changed));
  // Where the answer is for programs, the notes are in it.
  if (!['json', 'html', 'sarif'].includes(format)) complain(notes);
  if (options.inventory === true) {
    writeInventory(format, { kind: 'audit-inventory', version: 1, drivers: drivers.map(rowOf), notes }, out);
    return EXIT.ok;
  }
  const answer: AuditAnswer = {
    kind: 'audit',
    version: 1,
    files: units.reduce((sum, { files }) => sum + files.length, 0),
    directories: units.length,
    strict,
    findings: suppressed.findings.map((finding) => answerOf(finding)),
    allowed: suppressed.allowed + allowedByComments,
    known: suppressed.known,
    notes,
  };
  write(format, answer, drivers.map(rowOf), units, out);
  return answer.findings.length === 0 || format === 'baseline' ? EXIT.ok : EXIT.no;
}

function rowOf(row: InventoryRow): AuditInventory['drivers'][number] {
  return { ...row, cpuCounts: [...row.cpuCounts] };
}

function answerOf(finding: Finding): AuditAnswer['findings'][number] {
  const { rule, severity, file, line, column, function: fn, message, related } = finding;
  return {
    rule,
    severity,
    file,
    line,
    column,
    function: fn,
    message,
    fingerprint: fingerprintOf(finding),
    related: [...related],
  };
}

function write(
  format: string,
  answer: AuditAnswer,
  drivers: AuditInventory['drivers'],
  units: readonly SourceDirectory[],
  out: Output,
): void {
  if (format === 'json') writeJson(out, answer);
  else if (format === 'sarif') writeJson(out, sarifOf(answer, RULES, packageVersion()));
  else if (format === 'github') out.write(renderGithub(answer));
  else if (format === 'html') out.write(renderAuditHtml(answer, drivers, RULES, lineReader()));
  else if (format === 'baseline')
    writeJson(out, {
      kind: 'audit-baseline',
      version: 1,
      fingerprints: answer.findings.map(({ fingerprint }) => fingerprint).sort(),
    });
  else out.write(renderGcc(answer, units.length, out));
}

/** Lines of files, each read once. */
function lineReader(): LinesOf {
  const read = new Map<string, readonly string[] | undefined>();
  return (file) => {
    if (!read.has(file))
      read.set(
        file,
        readSourceBytes(file, () => undefined)
          ?.toString('utf8')
          .split('\n'),
      );
    return read.get(file);
  };
}

function writeInventory(format: string, inventory: AuditInventory, out: Output): void {
  if (format === 'json') writeJson(out, inventory);
  else if (format === 'csv') out.write(renderInventoryCsv(inventory.drivers));
  else if (format === 'html') out.write(renderAuditHtml(undefined, inventory.drivers, RULES, lineReader()));
  else out.write(renderInventory(inventory.drivers, out));
}

function formatOf({ inventory, format }: AuditCommandOptions): string {
  const known: readonly string[] = inventory === true ? INVENTORY_FORMATS : FORMATS;
  if (inventory === true && format === 'gcc') return 'text';
  if (known.includes(format)) return format;
  throw new UsageError(`--format: "${format}" is none of ${known.join(', ')}`);
}

function jobsOf(text: string | undefined): number {
  if (text === undefined) return Math.min(availableParallelism(), 8);
  const jobs = Number(text);
  if (/^[0-9]+$/.test(text) && jobs >= 1 && jobs <= MAX_JOBS) return jobs;
  throw new UsageError(`--jobs: "${text}" is no number from 1 to ${MAX_JOBS}`);
}

function readAllowances(path: string) {
  try {
    const { text, file } = readRecordedText(path);
    return parseAllowFile(text, file, new Set(RULES.map(({ id }) => id)));
  } catch (error) {
    if (error instanceof AllowError) throw new UsageError(error.message);
    throw error;
  }
}

function readBaseline(path: string): readonly string[] {
  const { text, file } = readRecordedText(path);
  const expected = 'expected what --format baseline wrote';
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new UsageError(`${file}: is no JSON; ${expected}`);
  }
  const baseline = typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {};
  const { kind, fingerprints } = baseline;
  if (
    kind === 'audit-baseline' &&
    Array.isArray(fingerprints) &&
    fingerprints.every((one) => typeof one === 'string')
  )
    return fingerprints;
  throw new UsageError(`${file}: is no baseline; ${expected}`);
}

function unusedNotes(
  { unusedAllowances, unusedBaseline }: Suppressed,
  { allow }: AuditCommandOptions,
  changed: ChangedLines | undefined,
): string[] {
  // Most of a tree is not looked at.
  if (changed !== undefined) return [];
  return [
    ...unusedAllowances.map(
      ({ path, function: fn, rule, line }) =>
        `${allow}:${line}: ${path} ${fn} ${rule} meets nothing: take it out`,
    ),
    ...unusedBaseline.map((fingerprint) => `baseline: "${fingerprint}" meets nothing: take it out`),
  ];
}

function complain(notes: readonly string[]): void {
  for (const note of notes) process.stderr.write(`irqspace: ${printable(note)}\n`);
}

const BAR = 30;

/** A line on a terminal's standard error; nothing elsewhere. */
function progressOf(total: number): { step(): void; end(): void } {
  if (process.stderr.isTTY !== true || total < 20) return { step: () => undefined, end: () => undefined };
  let done = 0;
  return {
    step() {
      done++;
      if (done % 8 !== 0 && done !== total) return;
      const filled = Math.round((BAR * done) / total);
      process.stderr.write(
        `\r[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${done}/${total} directories`,
      );
    },
    end: () => void process.stderr.write('\r\u001b[K'),
  };
}
