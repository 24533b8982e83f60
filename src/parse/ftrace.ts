import { fieldFault } from './ftrace-fields.ts';
import { foreignForm } from './ftrace-foreign.ts';
import { LineScanner } from './ftrace-line.ts';
import { ParseError } from './parse-error.ts';
import { failAt } from './text-lines.ts';

export { traceFields } from './ftrace-fields.ts';

/**
 * One event of a trace. Its texts may hold control characters: print them through `base/printable.ts`. They are views
 * into the parsed text: a record that is kept keeps all of it.
 */
export interface TraceRecord {
  readonly kind: 'event';
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 0-based, among the events. */
  readonly index: number;
  /** Where `text` begins in its line, 1-based. */
  readonly column: number;
  /** The task's name without its padding: `<idle>`, `kworker/0:0`; `<...>` where the kernel no longer knew it. */
  readonly task: string;
  readonly pid: number;
  /** The CPU on which the event happened. */
  readonly cpu: number;
  /** `d..1.`: interrupts off, need-resched, context, preempt depth, migrate-disable (not on 5.10); '' without them. */
  readonly flags: string;
  /** As printed: seconds (`12.345678`), or whatever the trace clock counts (`trace_clock=counter`: 1, 2, 3 …). */
  readonly timestamp: string;
  /** `irq_matrix_alloc`, `tracing_mark_write` …; see {@link parseFtrace} for the names of what has none. */
  readonly event: string;
  /** What follows `event:`, without the blanks between; its own trailing blanks are kept. */
  readonly text: string;
}

/** Events that the ring buffer had no room for, before the next event in the file. */
export interface LostRecord {
  readonly kind: 'lost';
  /** 1-based. */
  readonly line: number;
  /** -1: not told, it is the header's figure for all CPUs together. */
  readonly cpu: number;
  /** Undefined where the kernel does not know how many. */
  readonly count: number | undefined;
}

const RETURN = 13;
const HASH = 35;
const ENTRIES = /^# entries-in-buffer\/entries-written: (\d{1,15})\/(\d{1,15})(?!\d)/;
/** `CPU:2 [LOST 12 EVENTS]` (trace_pipe), `CPU:2 [12 EVENTS DROPPED]` (trace-cmd); both also without a figure. */
const LOST = /^\s*CPU[: ](\d{1,5}) \[(?:LOST (?:(\d{1,15}) )?EVENTS|(?:(\d{1,15}) )?EVENTS DROPPED)\]\s*$/;
/** trace-cmd's own lines above the events. */
const TRACE_CMD = /^(?:cpus=\d+|version = \d+|CPU \d+ is empty)\s*$/;
/** One function of a stack trace, below the event that it belongs to. */
const STACK = /^\s*=> /;
const FORMS = 'ftrace text (trace, trace_pipe or trace-cmd report)';

/**
 * The events of a recorded trace, in the file's order: tracefs' `trace` and `trace_pipe`, and `trace-cmd report`
 * (Documentation/trace/ftrace.rst, trace-cmd-report(1)). Lazy, and it copies nothing: memory is that of one line.
 *
 * `trace-cmd report` calls a trace mark `print: tracing_mark_write: …`; it is read as what tracefs shows,
 * `tracing_mark_write: …`. What tracefs shows without a name gets trace-cmd's: `function` (`a <-b`), `kernel_stack`,
 * `user_stack`, `sys_enter` (`sys_write(fd: 7, …)`), `sys_exit` (`sys_write -> 0x2`); the stack's own lines are skipped.
 *
 * @throws ParseError on the first line that is none of these, on a text of another tool (named where it is known), and
 * on a text without events. A last line without its newline must be whole: a value of a vector event may still be cut.
 */
export function* parseFtrace(
  text: string,
  file: string,
): Generator<TraceRecord | LostRecord, void, undefined> {
  const { events, lines, begun } = yield* parseTraceLines(text, file);
  if (events > 0) return;
  const expected = begun ? 'events below the header; there are none' : `${FORMS}; the file is empty`;
  throw new ParseError({ file, line: Math.max(lines, 1), column: 1, text: '', expected });
}

/** What {@link parseFtrace} found; `begun`: a line that says something. */
interface ParsedLines {
  readonly events: number;
  readonly lines: number;
  readonly begun: boolean;
}

/** As {@link parseFtrace}, of a part of a trace: it may be without events, as what `trace_pipe` gives at a time. */
export function* parseTraceLines(
  text: string,
  file: string,
): Generator<TraceRecord | LostRecord, ParsedLines, undefined> {
  const scanner = new LineScanner(text);
  let line = 0;
  let index = 0;
  let begun = false;
  for (let at = 0, next = 0; at < text.length; at = next) {
    line++;
    const newline = text.indexOf('\n', at);
    const cut = newline < 0;
    next = cut ? text.length : newline + 1;
    const end = endOfText(text, at, cut ? text.length : newline);
    if (text.charCodeAt(at) === HASH) {
      const lost = lostByHeader(text.slice(at, end), line);
      if (lost !== undefined) yield lost;
    } else if (scanner.isBlank(at, end)) {
      continue;
    } else if (scanner.scan(at, end)) {
      const record = scanner.record(file, line, index++);
      if (cut && fieldFault(record) !== undefined) failCut(text.slice(at, end), file, line);
      yield record;
    } else {
      const found = text.slice(at, end);
      const lost = lostByLine(found, line);
      if (lost !== undefined) yield lost;
      else if (!TRACE_CMD.test(found) && !(index > 0 && STACK.test(found))) {
        const place = { file, number: line, text: found };
        const foreign = index === 0 ? foreignForm(found) : undefined;
        if (foreign !== undefined) failAt(place, `${FORMS}, not ${foreign}`);
        if (!begun && scanner.column === scanner.indent) failAt(place, FORMS);
        if (cut) failCut(found, file, line);
        failAt(place, scanner.expected, scanner.column);
      }
    }
    begun = true;
  }
  return { events: index, lines: line, begun };
}

/** The end of a line without its carriage return. */
function endOfText(text: string, start: number, end: number): number {
  return end > start && text.charCodeAt(end - 1) === RETURN ? end - 1 : end;
}

/** The ring buffer keeps the newest: what was written and is not there was overwritten. */
function lostByHeader(header: string, line: number): LostRecord | undefined {
  const match = ENTRIES.exec(header);
  const count = Number(match?.[2]) - Number(match?.[1]);
  return match !== null && count > 0 ? { kind: 'lost', line, cpu: -1, count } : undefined;
}

function lostByLine(found: string, line: number): LostRecord | undefined {
  const match = LOST.exec(found);
  if (match === null) return undefined;
  const count = match[2] ?? match[3];
  return {
    kind: 'lost',
    line,
    cpu: Number(match[1]),
    count: count === undefined ? undefined : Number(count),
  };
}

function failCut(found: string, file: string, line: number): never {
  const expected = 'a whole record; the trace ends in the middle of a line';
  throw new ParseError({ file, line, column: found.length + 1, text: '', expected });
}
