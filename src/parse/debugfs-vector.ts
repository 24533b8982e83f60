import { MAX_CPUS } from '../base/cpu-list.ts';
import { parseNumberRanges } from './number-ranges.ts';
import { failAt, failAtEnd, linesOf, type TextLine } from './text-lines.ts';

/** One line of the per-CPU table. */
export interface VectorCpuRow {
  readonly cpu: number;
  readonly available: number;
  readonly managed: number;
  /** `mac`; undefined on kernels without the column (≤ 4.20). */
  readonly managedAllocated: number | undefined;
  readonly allocated: number;
  /** Vector numbers in use (`alloc_map`). */
  readonly vectors: readonly number[];
}

/** /sys/kernel/debug/irq/domains/VECTOR (`irq_matrix_debug_show()`, kernel/irq/matrix.c). */
export interface DebugfsVector {
  readonly mapped: number | undefined;
  readonly flags: number | undefined;
  readonly onlineBitmaps: number;
  readonly globalAvailable: number;
  readonly globalReserved: number;
  readonly totalAllocated: number;
  readonly system: readonly number[];
  /** Online CPUs only, ascending. */
  readonly cpus: readonly VectorCpuRow[];
  /** Lines of the table that were left out with `...` in a mail: the dump is an excerpt. */
  readonly excerpt: boolean;
  /** The CPUs' figures and their sum are of different moments: it is written without the lock. */
  readonly torn: boolean;
}

const VECTORS = 256;
/** The CPU's exceptions are below it: the number of a row that was cut inside it (`33` to `3`, `200` to `20`). */
const FIRST_EXTERNAL_VECTOR = 32;
/** No CPU has this many vectors: an unsigned counter beyond it has gone below zero. */
const WRAPPED = 2 ** 31;
const HEADER = /^\s*\| CPU \| avl \| man \|( mac \|)? act \| vectors\s*$/;
/** An allocated bitmap may be empty: `%*pbl` prints nothing then. For lines without trailing blanks. */
const ROW = /^\s*(\d{1,7}) +(\d{1,10}) +(\d{1,10}) +(\d{1,10})(?: +(\d{1,10}))?(?: +([\d,-]+))?$/;
/** Where the dump begins in a mail; what stands above it is a greeting or a shell's prompt. */
const FIRST_FIELD =
  /^\s*(?:name: +VECTOR\b|(?:size|mapped): +\d|flags: +0x|Online bitmaps:|Global (?:available|reserved):|Total allocated:|System: +\d)/;
const QUOTE = /^[ \t]*>[ \t>]*/;
const LEFT_OUT = /^\s*(?:\.\.\.|…|\[(?:\.\.\.|…|snip)\])\s*$/;

/** The dump, also with the mail around it, quoted (`> `) or not; one that was cut in the middle is refused. */
export function parseDebugfsVector(
  text: string,
  file = 'sys/kernel/debug/irq/domains/VECTOR',
): DebugfsVector {
  const fields = new Map<string, { readonly line: TextLine; readonly value: string }>();
  const lines = unquoted(linesOf(text, file));
  const header = readFields(lines, fields);
  const field = (name: string): number => {
    const found = fields.get(name);
    if (found === undefined)
      failAtEnd(text, file, `"${name}:" above a table "| CPU | avl | man | … | vectors"`);
    if (!/^\d{1,10}$/.test(found.value)) failAt(found.line, `"${name}:" and a number`);
    return Number(found.value);
  };
  const onlineBitmaps = field('Online bitmaps');
  const globalAvailable = field('Global available');
  const totals = { globalReserved: field('Global reserved'), totalAllocated: field('Total allocated') };
  const system = parseSystem(fields.get('System'), text, file);
  if (header === undefined) return failAtEnd(text, file, 'the table "| CPU | avl | man | … | vectors"');
  const { cpus, excerpt, last } = readTable(lines, header, onlineBitmaps);
  if (!excerpt && cpus.length !== onlineBitmaps) {
    const expected = `${onlineBitmaps} CPUs (Online bitmaps), not ${cpus.length}; the dump may be cut`;
    failAt(last, expected, last.text.trimEnd().length + 1);
  }
  const mapped = fields.get('mapped')?.value;
  const flags = fields.get('flags')?.value;
  return {
    mapped: mapped !== undefined && /^\d{1,10}$/.test(mapped) ? Number(mapped) : undefined,
    flags: flags !== undefined && /^0x[\da-f]{1,8}$/i.test(flags) ? Number(flags) : undefined,
    onlineBitmaps,
    globalAvailable,
    ...totals,
    system,
    cpus,
    excerpt,
    torn: !excerpt && isTorn(cpus, globalAvailable),
  };
}

/** The lines without a mail's quoting; blanks in its place keep the columns those of the file. */
function* unquoted(lines: Iterable<TextLine>): Generator<TextLine, void, undefined> {
  for (const line of lines) {
    yield { ...line, text: line.text.replace(QUOTE, (quote) => ' '.repeat(quote.length)) };
  }
}

/** `key: value` lines up to the table's header, which is returned. Unknown lines are a newer kernel's. */
function readFields(
  lines: Iterator<TextLine>,
  fields: Map<string, { readonly line: TextLine; readonly value: string }>,
): TextLine | undefined {
  let begun = false;
  for (let next = lines.next(); next.done !== true; next = lines.next()) {
    const line = next.value;
    if (HEADER.test(line.text)) return line;
    begun ||= FIRST_FIELD.test(line.text);
    if (!begun) continue;
    const colon = line.text.indexOf(':');
    if (colon < 0 && /[^\w\s]/.test(line.text)) failAt(line, 'a line like "Online bitmaps: 4"');
    if (colon > 0)
      fields.set(line.text.slice(0, colon).trim(), { line, value: line.text.slice(colon + 1).trim() });
  }
  return undefined;
}

/** `System: 39: 0-19,29,…`: how many and which. */
function parseSystem(
  found: { readonly line: TextLine; readonly value: string } | undefined,
  text: string,
  file: string,
): number[] {
  if (found === undefined) return failAtEnd(text, file, '"System:" and the system vectors');
  const match = /^(\d{1,3}): *(\S*)$/.exec(found.value);
  const system = match === null ? undefined : parseNumberRanges(match[2] ?? '', VECTORS);
  if (system === undefined) return failAt(found.line, '"System: COUNT: LIST" with vectors below 256');
  if (system.length !== Number(match?.[1])) failAt(found.line, `a list of ${match?.[1]} system vectors`);
  return system;
}

/** The rows below `header`, and the table's last line. Behind them a mail goes on: after a blank line, or at once. */
function readTable(
  lines: Iterable<TextLine>,
  header: TextLine,
  onlineBitmaps: number,
): { readonly cpus: VectorCpuRow[]; readonly excerpt: boolean; readonly last: TextLine } {
  const hasMac = HEADER.exec(header.text)?.[1] !== undefined;
  const cpus: VectorCpuRow[] = [];
  let excerpt = false;
  let last = header;
  for (const line of lines) {
    if (line.text.trim() === '') {
      if (cpus.length > 0) break;
      continue;
    }
    if (LEFT_OUT.test(line.text)) excerpt = true;
    else if (cpus.length === onlineBitmaps && !/^\s*\d/.test(line.text)) break;
    else cpus.push(parseRow(line, hasMac, cpus.at(-1)?.cpu ?? -1));
    last = line;
  }
  return { cpus, excerpt, last };
}

function parseRow(line: TextLine, hasMac: boolean, previous: number): VectorCpuRow {
  const match = ROW.exec(line.text.trimEnd());
  const expected = `a CPU, ${hasMac ? 4 : 3} figures and its vectors`;
  if (match === null) return failAt(line, expected);
  const [cpu = 0, available = 0, managed = 0, third = 0] = match.slice(1, 5).map(Number);
  // Without `mac` a lone vector behind three figures looks like a fourth figure.
  const list = hasMac ? match[6] : (match[5] ?? match[6]);
  const allocated = hasMac ? match[5] : String(third);
  if (allocated === undefined || (!hasMac && match[5] !== undefined && match[6] !== undefined)) {
    return failAt(line, expected);
  }
  if (cpu <= previous) failAt(line, `a CPU number above ${previous}`);
  if (cpu >= MAX_CPUS) failAt(line, `a CPU number below ${MAX_CPUS}`);
  const vectors = parseNumberRanges(list ?? '', VECTORS);
  const column = line.text.trimEnd().length - (list ?? '').length + 1;
  if (vectors === undefined) return failAt(line, 'a list of vectors below 256', column);
  if ((vectors[0] ?? FIRST_EXTERNAL_VECTOR) < FIRST_EXTERNAL_VECTOR) {
    return failAt(line, `a list of vectors from ${FIRST_EXTERNAL_VECTOR}; the dump may be cut`, column);
  }
  // A counter that went below zero ("CPU 0 has 4294967295 vectors") no longer counts its map.
  if (vectors.length !== Number(allocated) && Number(allocated) < WRAPPED) {
    return failAt(line, `a list of ${allocated} vectors; the dump may be cut`, column);
  }
  return {
    cpu,
    available,
    managed,
    managedAllocated: hasMac ? third : undefined,
    allocated: Number(allocated),
    vectors,
  };
}

/**
 * VECTOR is written without the lock: the counters of one CPU may be older than the sum. `Total allocated` tells
 * nothing: a vector freed on an offline CPU is never subtracted from it (`irq_matrix_free()`), so it drifts upwards
 * on a healthy machine.
 */
function isTorn(cpus: readonly VectorCpuRow[], globalAvailable: number): boolean {
  // Unsigned in the kernel, where an underflow shows as 4294967295.
  return cpus.reduce((total, row) => (total + row.available) >>> 0, 0) !== globalAvailable;
}
