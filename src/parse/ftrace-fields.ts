import type { TraceRecord } from './ftrace.ts';
import { ParseError } from './parse-error.ts';

/** The allocator as a whole, behind every irq_matrix_* event. */
const GLOBALS = ['online_maps', 'global_avl', 'global_rsvd', 'total_alloc'];
/** One CPU's bit and counters. */
const OF_CPU = ['bit', 'cpu', 'online', 'avl', 'alloc', 'managed', ...GLOBALS];
const OF_MOVE = ['irq', 'vector', 'cpu', 'prev_vector', 'prev_cpu'];
const OF_MODE = ['irq', 'is_managed', 'can_reserve', 'reserve'];

/**
 * The keys of each event in the order in which they are printed (`print fmt` of /sys/kernel/tracing/events/irq_matrix/
 * and irq_vectors/vector_…/format): the same on 5.10, 6.1, 6.12 and 7.2, but that 7.2 no longer has
 * irq_matrix_alloc_reserved, which nothing ever fired.
 */
export const EVENT_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['irq_matrix_online', GLOBALS],
  ['irq_matrix_offline', GLOBALS],
  ['irq_matrix_reserve', GLOBALS],
  ['irq_matrix_remove_reserved', GLOBALS],
  ['irq_matrix_assign_system', ['bit', ...GLOBALS]],
  ['irq_matrix_alloc_reserved', OF_CPU],
  ['irq_matrix_reserve_managed', OF_CPU],
  ['irq_matrix_remove_managed', OF_CPU],
  ['irq_matrix_alloc_managed', OF_CPU],
  ['irq_matrix_assign', OF_CPU],
  ['irq_matrix_alloc', OF_CPU],
  ['irq_matrix_free', OF_CPU],
  ['vector_config', ['irq', 'vector', 'cpu', 'apicdest']],
  ['vector_update', OF_MOVE],
  ['vector_clear', OF_MOVE],
  ['vector_reserve', ['irq', 'ret']],
  ['vector_reserve_managed', ['irq', 'ret']],
  ['vector_alloc', ['irq', 'vector', 'reserved', 'ret']],
  ['vector_alloc_managed', ['irq', 'vector', 'ret']],
  ['vector_activate', OF_MODE],
  ['vector_deactivate', OF_MODE],
  ['vector_teardown', ['irq', 'is_managed', 'has_reserved']],
  ['vector_setup', ['irq', 'is_legacy', 'ret']],
  ['vector_free_moved', ['irq', 'cpu', 'vector', 'is_managed']],
]);

const BLANK = 32;
const COMMA = 44;
const EQUALS = 61;
const MIN_INT = -(2 ** 31);
const MAX_UINT = 2 ** 32 - 1;

interface FieldFault {
  /** Where in the record's text, 0-based. */
  readonly at: number;
  readonly expected: string;
}

/**
 * The `key=value` pairs of an event: decimal, negative or 0x hexadecimal numbers; other words are left out, so it also
 * serves for kprobes (`k_alloc: (a+0x85/0x160 <- b) ret=43`).
 *
 * @throws ParseError where an irq_matrix_* or vector_* event lacks a key that its name promises, has it twice, or
 * shows no 32-bit number for it.
 */
export function traceFields(record: TraceRecord): ReadonlyMap<string, number> {
  const fields = new Map<string, number>();
  const fault = readFields(record, fields);
  if (fault === undefined) return fields;
  const { file, line, column, text } = record;
  const { at, expected } = fault;
  throw new ParseError({ file, line, column: column + at, text: text.slice(at), expected });
}

/** What {@link traceFields} would throw about; undefined where it would not. */
export function fieldFault(record: TraceRecord): FieldFault | undefined {
  return readFields(record, new Map());
}

function readFields({ event, text }: TraceRecord, fields: Map<string, number>): FieldFault | undefined {
  const keys = EVENT_KEYS.get(event);
  for (let at = 0; at < text.length; ) {
    let equals = -1;
    let end = at;
    for (; end < text.length && text.charCodeAt(end) !== BLANK; end++) {
      if (equals < 0 && text.charCodeAt(end) === EQUALS) equals = end;
    }
    if (equals > at) {
      const key = text.slice(at, equals);
      const value = numberIn(text, equals + 1, text.charCodeAt(end - 1) === COMMA ? end - 1 : end);
      if (keys?.includes(key)) {
        if (fields.has(key)) return { at, expected: `"${key}=" once in ${event}` };
        if (!(value >= MIN_INT && value <= MAX_UINT))
          return { at, expected: `"${key}=" and a 32-bit number` };
      }
      if (!Number.isNaN(value)) fields.set(key, value);
    }
    at = end + 1;
  }
  const missing = keys?.find((key) => !fields.has(key));
  return missing === undefined
    ? undefined
    : { at: text.length, expected: `"${missing}=" and a number, as in every ${event}` };
}

/** `12`, `-28` or `0x00000101`; NaN for anything else, and for what a number cannot hold exactly. */
function numberIn(text: string, start: number, end: number): number {
  const negative = text.charCodeAt(start) === 45;
  const hex = !negative && text.startsWith('0x', start);
  const first = start + (negative ? 1 : hex ? 2 : 0);
  const base = hex ? 16 : 10;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = digitOf(text.charCodeAt(at));
    if (digit >= base) return Number.NaN;
    value = value * base + digit;
  }
  if (first >= end || value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  return negative && value !== 0 ? -value : value;
}

/** 0 … 15, or more where it is no digit. */
function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = (code | 32) - 97;
  return letter >= 0 && letter < 6 ? letter + 10 : 99;
}
