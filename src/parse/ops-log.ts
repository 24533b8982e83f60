import { ParseError } from './parse-error.ts';
import { failAt, linesOf } from './text-lines.ts';

/** One thing that the lab of the captures says about what it does (`lab.c`, `lib.sh`). */
export type LabLine =
  /** A step of the scenario: `links_up`, `io boot`. */
  | { readonly kind: 'mark'; readonly text: string }
  /** A snapshot is taken next; its name without `.tar.gz`. */
  | { readonly kind: 'snap'; readonly name: string }
  /** About to write `value`, as given: it may be empty, hold blanks, or be nonsense. */
  | { readonly kind: 'op'; readonly path: string; readonly value: string }
  /** What the write gave: `OK`, or the name of its errno (`ENOSPC`). */
  | { readonly kind: 'res'; readonly path: string; readonly value: string; readonly result: string };

export interface OpsLogLine {
  /** The machine's CLOCK_MONOTONIC, in seconds. */
  readonly timeS: number;
  /** 1-based. */
  readonly line: number;
  readonly lab: LabLine;
}

const MARK = 'LAB mark ';
const OP = 'LAB op write ';
const RES = 'LAB res write ';
const ARROW = ' -> ';
/** `lab snap` names a snapshot by its number and step. */
const SNAP = /^snap (\S+)$/;
const RESULT = /^(?:OK|E[A-Z\d]{1,20})$/;
const TIME = /^(\d{1,10}\.\d{1,9}) /;
const LINE = '"SECONDS LAB op write PATH VALUE", "… LAB res write PATH VALUE -> RESULT" or "… LAB mark TEXT"';

/** A line of ops.log without its time, or the text of a trace mark; undefined where it is not the lab's. */
export function parseLabLine(text: string): LabLine | undefined {
  if (text.startsWith(MARK)) {
    // The lab puts a blank behind each word.
    const mark = text.slice(MARK.length).trim();
    const name = SNAP.exec(mark)?.[1];
    return name === undefined ? { kind: 'mark', text: mark } : { kind: 'snap', name };
  }
  if (text.startsWith(OP)) {
    const write = pathAndValue(text.slice(OP.length));
    return write === undefined ? undefined : { kind: 'op', ...write };
  }
  // A value may hold an arrow, a result does not.
  const arrow = text.lastIndexOf(ARROW);
  if (!text.startsWith(RES) || arrow < RES.length) return undefined;
  const write = pathAndValue(text.slice(RES.length, arrow));
  const result = text.slice(arrow + ARROW.length).trimEnd();
  return write === undefined || !RESULT.test(result) ? undefined : { kind: 'res', ...write, result };
}

/**
 * ops.log of a capture: the writes of a scenario and its marks, in order.
 *
 * @throws ParseError on a line of another form, and on a log without lines.
 */
export function parseOpsLog(text: string, file: string): readonly OpsLogLine[] {
  const log: OpsLogLine[] = [];
  for (const line of linesOf(text, file)) {
    if (line.text.trim() === '') continue;
    const time = TIME.exec(line.text);
    const lab = time === null ? undefined : parseLabLine(line.text.slice(time[0].length));
    if (lab === undefined) failAt(line, LINE, (time?.[0].length ?? 0) + 1);
    log.push({ timeS: Number(time?.[1]), line: line.number, lab });
  }
  if (log.length > 0) return log;
  throw new ParseError({ file, line: 1, column: 1, text: '', expected: `${LINE}; the file is empty` });
}

/** A path has no blanks; the value is all that follows one. */
function pathAndValue(text: string): { readonly path: string; readonly value: string } | undefined {
  const blank = text.indexOf(' ');
  const path = blank < 0 ? text : text.slice(0, blank);
  return path.startsWith('/') ? { path, value: blank < 0 ? '' : text.slice(blank + 1) } : undefined;
}
