import { Driver } from './driver/driver.ts';
import { IrqDriver } from './driver/irq-driver.ts';
import { SourceFile } from './driver/source-file.ts';
import { type Finding, fingerprintOf, type Place } from './finding.ts';
import { type InventoryRow, inventoryOf } from './inventory.ts';
import { RULES } from './rules/all.ts';
import { ALLOW_COMMENT } from './suppress.ts';
import type { CParser } from './syntax/node.ts';

export interface SourceText {
  readonly path: string;
  /** One character per byte. */
  readonly text: string;
}

export interface AuditOptions {
  readonly strict: boolean;
  /** Whether to count how the drivers get their interrupts. */
  readonly inventory: boolean;
}

export interface DriverAudit {
  readonly findings: readonly Finding[];
  readonly inventory: readonly InventoryRow[];
  /** Findings that a comment in the source allows. */
  readonly allowed: number;
  /** What could not be read, and comments that allow what is not there. One line each. */
  readonly notes: readonly string[];
}

/** Audits the sources of one directory as one driver. */
export function auditDriver(
  directory: string,
  sources: readonly SourceText[],
  parser: CParser,
  options: AuditOptions,
): DriverAudit {
  const files = sources.map(({ path, text }) => new SourceFile(path, text));
  const driver = new IrqDriver(new Driver(files, parser));
  const rules = RULES.filter(({ strict }) => options.strict || !strict);
  const { findings, allowed, notes } = allowedByComments(
    distinct(rules.flatMap((rule) => [...rule.check(driver)])),
    files,
    new Set(rules.map(({ id }) => id)),
  );
  return { findings, inventory: options.inventory ? inventoryOf(directory, files) : [], allowed, notes };
}

/**
 * One finding per place: what two requests have in common is one mistake, and points to both. Where a function has the
 * same mistake in several places, they are numbered: whoever knows one does not know the next.
 */
function distinct(findings: readonly Finding[]): Finding[] {
  const byPlace = new Map<string, Finding>();
  const places = new Map<string, number>();
  for (const finding of findings) {
    const fingerprint = fingerprintOf(finding);
    const place = `${fingerprint} ${finding.line}:${finding.column}`;
    const same = byPlace.get(place);
    if (same !== undefined) {
      const others = finding.related.filter((one) => !same.related.some((known) => isSamePlace(one, known)));
      byPlace.set(place, { ...same, related: [...same.related, ...others] });
      continue;
    }
    const count = (places.get(fingerprint) ?? 0) + 1;
    places.set(fingerprint, count);
    byPlace.set(place, count === 1 ? finding : { ...finding, subject: `${finding.subject} #${count}` });
  }
  return [...byPlace.values()];
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.file === other.file && one.line === other.line && one.column === other.column;
}

/** Takes out what a comment on the line, or on the line above, allows. */
function allowedByComments(
  findings: readonly Finding[],
  files: readonly SourceFile[],
  rules: ReadonlySet<string>,
): Pick<DriverAudit, 'findings' | 'allowed' | 'notes'> {
  const allowances = files.flatMap((file) => {
    if (!file.text.includes('irq-audit:')) return [];
    return [...file.text.matchAll(ALLOW_COMMENT)].map(({ 1: rule = '', index }) => {
      return { file: file.path, rule, line: file.lines.lineOf(index) };
    });
  });
  const used = new Set<(typeof allowances)[number]>();
  const left = findings.filter((finding) => {
    const allowance = allowances.find(
      ({ file, rule, line }) =>
        file === finding.file &&
        rule === finding.rule &&
        (line === finding.line || line === finding.line - 1),
    );
    if (allowance !== undefined) used.add(allowance);
    return allowance === undefined;
  });
  const notes = allowances
    .filter((one) => !used.has(one) && rules.has(one.rule))
    .map(({ file, rule, line }) => `${file}:${line}: allow(${rule}) meets nothing: take it out`);
  return { findings: left, allowed: findings.length - left.length, notes };
}
