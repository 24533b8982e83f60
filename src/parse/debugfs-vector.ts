import { MAX_CPUS } from '../base/cpu-list.ts';
import { parseNumberRanges } from './number-ranges.ts';
import { failAt, failAtEnd, linesOf, type TextLine } from './text-lines.ts';

/** One line of the per-CPU table. */
export interface VectorCpuRow {
  readonly cpu: number;
  readonly available: number;
  readonly managed: number;
  /** `mac`; undefined on kernels without the column (≤ 5.0). */
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
}

const VECTORS = 256;
const HEADER = /^\s*\| CPU \| avl \| man \|( mac \|)? act \| vectors\s*$/;
/** An allocated bitmap may be empty: `%*pbl` prints nothing then. For lines without trailing blanks. */
const ROW = /^\s*(\d{1,7}) +(\d{1,10}) +(\d{1,10}) +(\d{1,10})(?: +(\d{1,10}))?(?: +([\d,-]+))?$/;
const LEFT_OUT = /^\s*(?:\.\.\.|…|\[(?:\.\.\.|…|snip)\])\s*$/;

/** The dump, checked against its own sums: one that was cut in the middle is refused. */
export function parseDebugfsVector(
  text: string,
  file = 'sys/kernel/debug/irq/domains/VECTOR',
): DebugfsVector {
  const fields = new Map<string, { readonly line: TextLine; readonly value: string }>();
  const lines = linesOf(text, file);
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
  const { cpus, excerpt } = readTable(lines, HEADER.exec(header.text)?.[1] !== undefined);
  if (!excerpt) checkSums(text, file, cpus, onlineBitmaps, globalAvailable);
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
  };
}

/** `key: value` lines up to the table's header, which is returned. Unknown lines are a newer kernel's. */
function readFields(
  lines: Iterator<TextLine>,
  fields: Map<string, { readonly line: TextLine; readonly value: string }>,
): TextLine | undefined {
  for (let next = lines.next(); next.done !== true; next = lines.next()) {
    const line = next.value;
    if (HEADER.test(line.text)) return line;
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

function readTable(
  lines: Iterable<TextLine>,
  hasMac: boolean,
): { readonly cpus: VectorCpuRow[]; readonly excerpt: boolean } {
  const cpus: VectorCpuRow[] = [];
  let excerpt = false;
  for (const line of lines) {
    if (line.text.trim() === '') continue;
    if (LEFT_OUT.test(line.text)) excerpt = true;
    else cpus.push(parseRow(line, hasMac, cpus.at(-1)?.cpu ?? -1));
  }
  return { cpus, excerpt };
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
  if (vectors.length !== Number(allocated)) {
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
 * `Total allocated` is not checked: a vector freed on an offline CPU is never subtracted from it
 * (`irq_matrix_free()`), so it drifts upwards on a healthy machine.
 */
function checkSums(
  text: string,
  file: string,
  cpus: readonly VectorCpuRow[],
  onlineBitmaps: number,
  globalAvailable: number,
): void {
  if (cpus.length !== onlineBitmaps) {
    failAtEnd(text, file, `${onlineBitmaps} CPUs (Online bitmaps), not ${cpus.length}; the dump may be cut`);
  }
  // Unsigned in the kernel, where an underflow shows as 4294967295.
  const sum = cpus.reduce((total, row) => (total + row.available) >>> 0, 0);
  if (sum !== globalAvailable) {
    const facts = `the CPUs' available to add up to ${globalAvailable} (Global available), not ${sum}`;
    failAtEnd(text, file, facts);
  }
}
