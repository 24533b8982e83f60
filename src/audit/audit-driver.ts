import { Driver } from './driver/driver.ts';
import { IrqDriver } from './driver/irq-driver.ts';
import { SourceFile } from './driver/source-file.ts';
import type { Finding } from './finding.ts';
import { RULES } from './rules/all.ts';
import type { CParser } from './syntax/node.ts';

export interface SourceText {
  readonly path: string;
  /** One character per byte. */
  readonly text: string;
}

export interface AuditOptions {
  readonly strict: boolean;
}

/** Audits the sources of one directory as one driver. */
export function auditDriver(
  sources: readonly SourceText[],
  parser: CParser,
  options: AuditOptions,
): Finding[] {
  const files = sources.map(({ path, text }) => new SourceFile(path, text));
  const driver = new IrqDriver(new Driver(files, parser));
  const rules = RULES.filter(({ strict }) => options.strict || !strict);
  return rules.flatMap((rule) => [...rule.check(driver)]);
}
