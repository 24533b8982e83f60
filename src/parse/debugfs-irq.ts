import type { CpuSet } from '../base/cpu-set.ts';
import { parseCpuListText } from './cpu-text.ts';
import { ParseError } from './parse-error.ts';
import { failAt, failAtEnd, indentOf, linesOf, type TextLine } from './text-lines.ts';

/** /sys/kernel/debug/irq/irqs/N (`irq_debug_show()`, kernel/irq/debugfs.c), what the model needs of it. */
export interface DebugfsIrq {
  /** PCI address or other device name; undefined for `(null)` or an absent line. */
  readonly device: string | undefined;
  /** Flag names below `dstate:`, e.g. IRQD_ACTIVATED. */
  readonly dstate: ReadonlySet<string>;
  /** -1 where the kernel says that it has none. */
  readonly node: number | undefined;
  readonly affinity: CpuSet | undefined;
  readonly effective: CpuSet | undefined;
  /** Empty set when the line is empty; undefined when there is none. */
  readonly pending: CpuSet | undefined;
  /** Domain names from the outermost in, e.g. [`PCI-MSI-3`, `VECTOR`]; empty for the legacy PIC's. */
  readonly domains: readonly string[];
  /** Chip names in the same order. */
  readonly chips: readonly string[];
  /** The VECTOR level; undefined when the interrupt is not on it. */
  readonly vector: DebugfsIrqVector | undefined;
}

export interface DebugfsIrqVector {
  /** 0 when none is assigned. */
  readonly vector: number;
  /** `Target:`; undefined for `Legacy PIC all CPUs` and `Not assigned`. */
  readonly target: number | undefined;
  readonly legacyPic: boolean;
  readonly previousVector: number | undefined;
  readonly previousTarget: number | undefined;
  /** The five flags exist since 4.20. */
  readonly moveInProgress: boolean | undefined;
  readonly isManaged: boolean | undefined;
  readonly canReserve: boolean | undefined;
  readonly hasReserved: boolean | undefined;
  readonly cleanupPending: boolean | undefined;
}

interface Field {
  readonly line: TextLine;
  readonly value: string;
}

/** A level of the domain chain; each is indented deeper than the one before. */
interface Level {
  readonly indent: number;
  readonly domain: string;
  readonly fields: Map<string, Field>;
}

/** Parses one interrupt's debugfs file; `file` holds its number, so there is no default. */
export function parseDebugfsIrq(text: string, file: string): DebugfsIrq {
  const fields = new Map<string, Field>();
  const levels: Level[] = [];
  const dstate = new Set<string>();
  let below = '';
  for (const line of linesOf(text, file)) {
    const content = line.text.trim();
    if (content === '') continue;
    const colon = content.indexOf(':');
    if (colon < 0) {
      if (!/^\w+$/.test(content)) failAt(line, 'a line like "node: 0" or a flag name');
      if (below === 'dstate') dstate.add(content);
      continue;
    }
    below = content.slice(0, colon);
    const field: Field = { line, value: content.slice(colon + 1).trim() };
    if (below === 'domain') levels.push(openLevel(line, field.value, levels.at(-1)));
    else (levels.at(-1)?.fields ?? fields).set(below, field);
  }
  if (fields.size === 0 && levels.length === 0)
    failAtEnd(text, file, 'lines like "node: 0" and "domain: VECTOR"');
  const device = fields.get('device')?.value;
  const chain = levels.filter((level) => level.domain !== '');
  return {
    device: device === '' || device === '(null)' ? undefined : device,
    dstate,
    node: integer(fields.get('node')),
    affinity: cpuList(fields.get('affinity'), file),
    effective: cpuList(fields.get('effectiv'), file),
    pending: cpuList(fields.get('pending'), file),
    domains: chain.map((level) => level.domain),
    chips: levels.flatMap((level) => level.fields.get('chip')?.value ?? []),
    vector: vectorOf(levels),
  };
}

function openLevel(line: TextLine, domain: string, outer: Level | undefined): Level {
  const indent = indentOf(line.text);
  if (outer !== undefined && indent <= outer.indent) {
    failAt(line, `the parent domain, indented by more than ${outer.indent}`);
  }
  return { indent, domain, fields: new Map() };
}

/** What `x86_vector_debug_show()` adds to the VECTOR level. */
function vectorOf(levels: readonly Level[]): DebugfsIrqVector | undefined {
  const fields = levels.find((level) => level.fields.has('Vector'))?.fields;
  const shown = fields?.get('Vector');
  if (fields === undefined || shown === undefined) return undefined;
  const target = fields.get('Target');
  const legacyPic = target?.value === 'Legacy PIC all CPUs';
  return {
    vector: shown.value === 'Not assigned' ? 0 : (integer(shown) ?? 0),
    target: legacyPic ? undefined : integer(target),
    legacyPic,
    previousVector: integer(fields.get('Previous vector')),
    previousTarget: integer(fields.get('Previous target')),
    moveInProgress: flag(fields.get('move_in_progress')),
    isManaged: flag(fields.get('is_managed')),
    canReserve: flag(fields.get('can_reserve')),
    hasReserved: flag(fields.get('has_reserved')),
    cleanupPending: flag(fields.get('cleanup_pending')),
  };
}

function integer(field: Field | undefined): number | undefined {
  if (field === undefined) return undefined;
  if (!/^-?\d{1,10}$/.test(field.value)) failAt(field.line, 'a number');
  return Number(field.value);
}

function flag(field: Field | undefined): boolean | undefined {
  if (field === undefined) return undefined;
  if (field.value !== '0' && field.value !== '1') failAt(field.line, '0 or 1');
  return field.value === '1';
}

/** A CPU list; a fault in it is shown at its place in this file. */
function cpuList(field: Field | undefined, file: string): CpuSet | undefined {
  if (field === undefined) return undefined;
  try {
    return parseCpuListText(field.value, file);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const offset = field.line.text.trimEnd().length - field.value.length;
    const { text, expected, column } = error.fault;
    throw new ParseError({ file, line: field.line.number, column: column + offset, text, expected });
  }
}
