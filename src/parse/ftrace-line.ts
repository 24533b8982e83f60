import { MAX_CPUS } from '../base/cpu-list.ts';
import type { TraceRecord } from './ftrace.ts';

const TAB = 9;
const BLANK = 32;
const OPEN = 40;
const CLOSE = 41;
const HYPHEN = 45;
const DOT = 46;
const COLON = 58;
const BRACKET = 91;
const BRACKET_END = 93;
/** The kernel pads a task's name to this width ("%16s-%-7d"); the name has one character less at most. */
const TASK_WIDTH = 16;
const MAX_FLAGS = 8;
const TRACE_CMD_FLAGS = 5;
const MAX_DIGITS = 10;
const MARK = 'tracing_mark_write:';
const RECORD = 'a record like "init-1 [001] d..1. 12.345678: event: text"';

/**
 * Finds the columns of a record in a text of any size, character by character: no copies, no backtracking. One scanner
 * serves all lines of a text.
 */
export class LineScanner {
  /** Of the last line that was no record: what should have stood at `column` (1-based). */
  expected = RECORD;
  column = 1;
  /** The last line's first word, 1-based. */
  indent = 1;

  readonly #text: string;
  #start = 0;
  #end = 0;
  #at = 0;
  #task = 0;
  #hyphen = 0;
  #pid = 0;
  #cpu = 0;
  #flags = 0;
  #flagsEnd = 0;
  #time = 0;
  #timeEnd = 0;
  #name = 0;
  #nameEnd = 0;
  /** The name of what tracefs prints without one. */
  #implied: string | undefined;
  #body = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isBlank(start: number, end: number): boolean {
    this.#end = end;
    return this.#skipBlanks(start) >= end;
  }

  /** Whether the line is a record; {@link LineScanner.record} has it then, up to the next call. */
  scan(start: number, end: number): boolean {
    this.#start = start;
    this.#end = end;
    this.#task = this.#skipBlanks(start);
    this.indent = this.#task - start + 1;
    this.column = this.indent;
    this.expected = RECORD;
    // A task may call itself "a-1 [000]": what stands in the kernel's own column counts first.
    const padded = start + TASK_WIDTH;
    if (padded >= this.#task && this.#scanFrom(padded)) return true;
    const last = Math.min(this.#task + TASK_WIDTH, end);
    for (let hyphen = this.#task; hyphen < last; hyphen++) {
      if (hyphen !== padded && this.#scanFrom(hyphen)) return true;
    }
    return false;
  }

  /** The record of the line that was scanned last. */
  record(file: string, line: number, index: number): TraceRecord {
    const text = this.#text;
    return {
      kind: 'event',
      file,
      line,
      index,
      column: this.#body - this.#start + 1,
      task: text.slice(this.#task, this.#hyphen),
      pid: this.#pid,
      cpu: this.#cpu,
      flags: text.slice(this.#flags, this.#flagsEnd),
      timestamp: text.slice(this.#time, this.#timeEnd),
      event: this.#implied ?? text.slice(this.#name, this.#nameEnd),
      text: text.slice(this.#body, this.#end),
    };
  }

  #scanFrom(hyphen: number): boolean {
    if (this.#code(hyphen) !== HYPHEN || !this.#scanPidAndCpu(hyphen + 1)) return false;
    this.#hyphen = hyphen;
    return this.#scanTime() && this.#scanEvent();
  }

  /** `1234  ( 1230) [003]`; the column in parentheses (`record-tgid`) is rare, and not kept. */
  #scanPidAndCpu(start: number): boolean {
    this.#pid = this.#number(start);
    let at = this.#skipBlanks(this.#at);
    if (this.#pid < 0 || at === this.#at) return false;
    if (this.#code(at) === OPEN) {
      for (at++; isTgid(this.#code(at)); at++);
      if (this.#code(at) !== CLOSE) return false;
      at = this.#skipBlanks(at + 1);
    }
    if (this.#code(at) !== BRACKET) return false;
    const column = at + 1;
    this.#cpu = this.#number(column);
    if (this.#cpu < 0 || this.#code(this.#at) !== BRACKET_END) return false;
    this.#at++;
    if (!this.#isBlankAt(this.#at) && !isDigit(this.#code(this.#at))) return false;
    return this.#cpu < MAX_CPUS || this.#miss(column, `a CPU number below ${MAX_CPUS}`);
  }

  /**
   * `d..1.  12.345678:`, or without flags. trace-cmd puts a count of twelve digits (`trace_clock=x86-tsc`) right behind
   * what stands before it: `d..1.182504599096:`, `[003]182504599096:`.
   */
  #scanTime(): boolean {
    const first = this.#skipBlanks(this.#at);
    let at = first;
    let end = this.#skipWord(first);
    if (end > first && this.#code(end - 1) !== COLON) {
      for (at = first; at < end; at++) {
        if (!isFlag(this.#code(at)) || at - first >= MAX_FLAGS) {
          return this.#miss(first, 'flags like "d..1.", or a time stamp and ":"');
        }
      }
      at = this.#skipBlanks(end);
      this.#flags = first;
      this.#flagsEnd = end;
      end = this.#skipWord(at);
    } else {
      const isGlued = end - first > TRACE_CMD_FLAGS + 1 && !isDigit(this.#code(first));
      if (isGlued) at = first + TRACE_CMD_FLAGS;
      for (let flag = first; flag < at; flag++) {
        if (!isFlag(this.#code(flag))) return this.#miss(first, 'a time stamp and ":"');
      }
      this.#flags = first;
      this.#flagsEnd = at;
    }
    this.#time = at;
    this.#timeEnd = end - 1;
    let dots = 0;
    for (let digit = at; digit < end - 1; digit++) {
      const code = this.#code(digit);
      // Neither the first nor the last.
      if (code === DOT && digit > at && digit < end - 2) dots++;
      else if (code < 48 || code > 57) return this.#miss(at, 'a time stamp and ":"');
    }
    if (end - at < 2 || dots > 1 || this.#code(end - 1) !== COLON) {
      return this.#miss(at, 'a time stamp and ":"');
    }
    this.#at = end;
    return true;
  }

  #scanEvent(): boolean {
    const text = this.#text;
    const name = this.#skipBlanks(this.#at);
    let at = name;
    while (at < this.#end && isName(this.#code(at))) at++;
    this.#implied = undefined;
    this.#name = name;
    this.#nameEnd = at;
    if (at === name || this.#code(at) !== COLON || !this.#isEndOrBlank(at + 1)) return this.#scanOther(name);
    this.#body = this.#skipBlanks(at + 1);
    if (at - name === 5 && text.startsWith('print', name) && text.startsWith(MARK, this.#body)) {
      this.#name = this.#body;
      this.#nameEnd = this.#body + MARK.length - 1;
      this.#body = this.#skipBlanks(this.#nameEnd + 1);
    }
    return true;
  }

  /** What tracefs prints without a name of its own, and trace_printk() in a module. */
  #scanOther(name: number): boolean {
    const rest = this.#text.slice(name, this.#end);
    const printk = /^[\w.$]{1,256} \[\w{1,64}\](?=:(?:\s|$))/.exec(rest);
    if (printk !== null) {
      this.#nameEnd = name + printk[0].length;
      this.#body = this.#skipBlanks(this.#nameEnd + 1);
      return true;
    }
    if (/^<stack trace ?>/.test(rest)) this.#implied = 'kernel_stack';
    else if (/^<user stack trace ?>/.test(rest)) this.#implied = 'user_stack';
    else if (/^sys_\w{1,64}\(/.test(rest)) this.#implied = 'sys_enter';
    else if (/^sys_\w{1,64} -> 0x/.test(rest)) this.#implied = 'sys_exit';
    else if (/^\S{1,512}(?: \[\w{1,64}\])? <-\S/.test(rest)) this.#implied = 'function';
    else return this.#miss(name, 'an event name and ":"');
    this.#body = name;
    return true;
  }

  /** Keeps the miss that is farthest to the right: it is of the reading that went best. */
  #miss(at: number, expected: string): false {
    const column = at - this.#start + 1;
    if (column > this.column) {
      this.column = column;
      this.expected = expected;
    }
    return false;
  }

  /** Up to ten digits, at least one, else -1; goes behind them. */
  #number(start: number): number {
    let at = start;
    let value = 0;
    for (; at < this.#end; at++) {
      const digit = this.#text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.#at = at;
    return at === start || at - start > MAX_DIGITS ? -1 : value;
  }

  #skipBlanks(at: number): number {
    while (at < this.#end && isBlank(this.#text.charCodeAt(at))) at++;
    return at;
  }

  #skipWord(at: number): number {
    while (at < this.#end && !isBlank(this.#text.charCodeAt(at))) at++;
    return at;
  }

  #isBlankAt(at: number): boolean {
    return at < this.#end && isBlank(this.#text.charCodeAt(at));
  }

  #isEndOrBlank(at: number): boolean {
    return at >= this.#end || isBlank(this.#text.charCodeAt(at));
  }

  /** -1 behind the line's end. */
  #code(at: number): number {
    return at < this.#end ? this.#text.charCodeAt(at) : -1;
  }
}

function isBlank(code: number): boolean {
  return code === BLANK || code === TAB;
}

/** Digits, or the hyphens of a task whose group is not known. */
function isTgid(code: number): boolean {
  return (code >= 48 && code <= 57) || code === HYPHEN || code === BLANK;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isFlag(code: number): boolean {
  return code === DOT || code === 35 || isWord(code);
}

/** Events are C names; trace_printk() prints a function's name, an offset, or an address: `a.part.0+0x1c/0x30`. */
function isName(code: number): boolean {
  return isWord(code) || code === 95 || code === DOT || code === 43 || code === 47 || code === 36;
}

function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}
