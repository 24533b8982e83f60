import { type AuditOptions, auditDriver, type DriverAudit } from '../../audit/audit-driver.ts';
import type { CParser } from '../../audit/syntax/node.ts';
import { readSourceBytes, type SourceDirectory } from '../../host/source-files.ts';

const NOTHING: DriverAudit = { findings: [], inventory: [], allowed: 0, notes: [] };

/** Reads and audits one directory. Headers are read only where a file beside them names an interrupt. */
export function auditDirectory(unit: SourceDirectory, parser: CParser, options: AuditOptions): DriverAudit {
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  const code = unit.files.filter((path) => !path.endsWith('.h') || unit.only?.includes(path));
  const requests = code.some((path) => {
    const bytes = readSourceBytes(path, note);
    return bytes !== undefined && namesRequest(bytes);
  });
  if (!requests) return notes.length === 0 ? NOTHING : { ...NOTHING, notes };
  // Those that were looked at are read again, and noted again.
  notes.length = 0;
  const taken = new Set(code);
  const headers = unit.files.filter((path) => !taken.has(path));
  const sources = [...code, ...headers].flatMap((path) => {
    const bytes = readSourceBytes(path, note);
    return bytes === undefined ? [] : [{ path, text: bytes.toString('latin1') }];
  });
  const audit = auditDriver(unit.path, sources, parser, options);
  const { only } = unit;
  const findings =
    only === undefined ? audit.findings : audit.findings.filter(({ file }) => only.includes(file));
  return { ...audit, findings, notes: [...notes, ...audit.notes] };
}

const IRQ = '_irq';

/** Whether the bytes name a function that requests or frees an interrupt. */
function namesRequest(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(IRQ, 0, 'latin1'); at >= 0; at = bytes.indexOf(IRQ, at + 1, 'latin1')) {
    const last = bytes[at - 1];
    // The last letters of request, threaded, context and free.
    if (last !== 0x74 && last !== 0x64 && last !== 0x65) continue;
    if (/(?:request|threaded|context|free)_irq$/.test(bytes.toString('latin1', Math.max(0, at - 12), at + 4)))
      return true;
  }
  return false;
}
