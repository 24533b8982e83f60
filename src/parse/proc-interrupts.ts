import { MAX_CPUS } from '../base/cpu-list.ts';
import { parseInterruptTail } from './interrupt-tail.ts';
import { ParseError } from './parse-error.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** One interrupt of /proc/interrupts. */
export interface InterruptRow {
  readonly irq: number;
  /**
   * Deliveries per header column (see {@link ProcInterrupts.cpus}), modulo 2^32. Shorter than the header
   * where the row shows fewer.
   */
  readonly counts: Uint32Array;
  /** `IO-APIC`, `IR-PCI-MSI`, `PCI-MSIX-0000:00:01.0`; undefined where the row shows none. */
  readonly chip: string | undefined;
  /** The number the chip's domain uses; undefined in the glued forms (`PCI-MSI-edge`). */
  readonly hwirq: number | undefined;
  /** `edge`, `fasteoi`, … as shown; undefined where the row shows none. */
  readonly flow: string | undefined;
  /** Action names in order; empty where none is shown. Names may hold spaces, and may be empty. */
  readonly actions: readonly string[];
}

/** An architecture row: NMI, LOC, RES, ERR … */
export interface ArchRow {
  readonly label: string;
  /**
   * One number per header column, or a single total (ERR, MIS up to 7.1), or none. Old arm kernels count
   * offline CPUs too: more numbers than the header.
   */
  readonly counts: Uint32Array;
  readonly text: string;
}

export interface ProcInterrupts {
  /** CPU numbers of the header's columns: only online CPUs are listed, so column index ≠ CPU number. */
  readonly cpus: readonly number[];
  readonly rows: readonly InterruptRow[];
  readonly arch: readonly ArchRow[];
}

const NEWLINE = 10;
const COLON = 58;
/** A mail's quoting. */
const QUOTE = 62;
const FOUR_BLANKS = 0x20202020;
/** A count's column: a blank and ten places (`show_interrupts()`: " %10u"). */
const COLUMN = 11;
const MAX_IRQ = 0x7fffffff;
const MAX_LABEL = 64;

/**
 * /proc/interrupts of any architecture (`show_interrupts()`, kernel/irq/proc.c, and the architecture's
 * `arch_show_interrupts()`). Bytes are the fast path: a wide machine's file has tens of megabytes, nearly all
 * of it blanks and zeros, so counts are scanned byte by byte into one array that the rows share.
 */
export function parseProcInterrupts(input: string | Uint8Array, file = 'proc/interrupts'): ProcInterrupts {
  return new InterruptsScanner(typeof input === 'string' ? encodeUtf8(input) : input, file).parse();
}

class InterruptsScanner {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #lineEnd = 0;
  #counts = new Uint32Array(0);
  #used = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  parse(): ProcInterrupts {
    this.#beginLine(0);
    this.#findHeader();
    const cpus = this.#parseHeader();
    const rows: InterruptRow[] = [];
    const arch: ArchRow[] = [];
    this.#counts = new Uint32Array(this.#countBound(cpus.length));
    let previous = -1;
    let afterBlank = false;
    while (this.#nextLine()) {
      if (this.#isBlankLine()) {
        afterBlank = true;
        continue;
      }
      // A mail goes on below the file it quotes.
      if (afterBlank && !this.#looksLikeRow()) break;
      const labelAt = this.#at;
      const label = this.#parseLabel();
      if (!/^\d+$/.test(label)) {
        arch.push(this.#parseArchRow(label, cpus.length));
        continue;
      }
      const irq = Number(label);
      if (irq > MAX_IRQ) this.#fail(labelAt, 'an interrupt number below 2^31');
      // The file is walked by number; a repeated one means two files in one, or a changed one.
      if (irq <= previous) this.#fail(labelAt, `an interrupt number above ${previous}`);
      previous = irq;
      rows.push(this.#parseInterruptRow(irq, cpus.length));
    }
    return { cpus, rows, arch };
  }

  /** Goes to the header, below a greeting or a prompt; without one, to the first line with something in it. */
  #findHeader(): void {
    while (this.#isBlankLine() && this.#nextLine());
    const first = { line: this.#line, start: this.#lineStart, at: this.#at };
    while (!this.#looksLike(/^CPU\d/)) {
      if (this.#nextLine()) continue;
      this.#line = first.line;
      this.#beginLine(first.start);
      this.#at = first.at;
      return;
    }
  }

  #looksLikeRow(): boolean {
    return this.#looksLike(/^\w{1,16}: *\d/);
  }

  /** Whether the line, without indent and quoting, begins like this. */
  #looksLike(pattern: RegExp): boolean {
    if (this.#isBlankLine()) return false;
    return pattern.test(decodeUtf8(this.#bytes, this.#at, Math.min(this.#lineEnd, this.#at + MAX_LABEL)));
  }

  #parseHeader(): number[] {
    const cpus: number[] = [];
    const expected = 'a header of CPU numbers like "CPU0 CPU1"';
    for (this.#skipBlanks(); this.#at < this.#lineEnd; this.#skipBlanks()) {
      const start = this.#at;
      // "CPU", without case folding: the kernel prints it with "CPU%-8d".
      if (this.#byte(start) !== 67 || this.#byte(start + 1) !== 80 || this.#byte(start + 2) !== 85) {
        this.#fail(start, expected);
      }
      this.#at += 3;
      const cpu = this.#parseNumber();
      if (cpu === undefined) this.#fail(start, expected);
      if (cpu >= MAX_CPUS) this.#fail(start, `CPU numbers below ${MAX_CPUS}`);
      if (cpu <= (cpus.at(-1) ?? -1)) this.#fail(start, 'CPU numbers in ascending order');
      cpus.push(cpu);
    }
    if (cpus.length === 0) this.#fail(this.#lineStart, expected);
    return cpus;
  }

  /** `  24:` or `NMI:`; arm lets the label touch the first number. */
  #parseLabel(): string {
    const start = this.#at;
    const limit = Math.min(this.#lineEnd, start + MAX_LABEL);
    let end = start;
    while (end < limit && this.#byte(end) !== COLON && !isBlank(this.#byte(end))) end++;
    if (end === start || this.#byte(end) !== COLON || end >= this.#lineEnd) {
      this.#fail(start, 'an interrupt number or a short name, and ":"');
    }
    this.#at = end + 1;
    return decodeUtf8(this.#bytes, start, end);
  }

  #parseInterruptRow(irq: number, columns: number): InterruptRow {
    const counts = this.#parseCounts(columns);
    this.#skipBlanks();
    const start = this.#at;
    const tail = decodeUtf8(this.#bytes, start, this.#textEnd());
    if (tail.trim() === '') {
      if (counts.length < columns && this.#lineEnd === this.#bytes.length) {
        this.#fail(this.#lineEnd, `${columns} counts; the file ends in the middle of a row`);
      }
      return { irq, counts, chip: undefined, hwirq: undefined, flow: undefined, actions: [] };
    }
    // A CPU that came online between two reads of the file adds a column to the later rows.
    if (/^\d+(?: |$)/.test(tail)) this.#fail(start, `no more than ${columns} counts, as in the header`);
    return { irq, counts, ...parseInterruptTail(tail) };
  }

  #parseArchRow(label: string, columns: number): ArchRow {
    let counts = this.#parseCounts(columns);
    const more: number[] = [];
    for (let n = this.#parseCount(); n !== undefined; n = this.#parseCount()) more.push(n);
    if (more.length > 0) counts = Uint32Array.from([...counts, ...more]);
    return { label, counts, text: decodeUtf8(this.#bytes, this.#at, this.#textEnd()).trim() };
  }

  /** Up to `columns` counts into the shared array; stops at the first word that is no number. */
  #parseCounts(columns: number): Uint32Array {
    const bytes = this.#bytes;
    const view = this.#view;
    const lastFast = this.#lineEnd - COLUMN - 1;
    const first = this.#used;
    const end = first + columns;
    let used = first;
    let at = this.#at;
    while (used < end) {
      // Nearly every column of a wide machine is "          0" or another single digit: three loads tell.
      if (
        at <= lastFast &&
        view.getUint32(at) === FOUR_BLANKS &&
        view.getUint32(at + 4) === FOUR_BLANKS &&
        view.getUint32(at + 6) === FOUR_BLANKS
      ) {
        const digit = (bytes[at + 10] ?? 0) - 48;
        if (digit >= 0 && digit <= 9 && bytes[at + COLUMN] === 32) {
          this.#counts[used++] = digit;
          at += COLUMN;
          continue;
        }
      }
      this.#at = at;
      const count = this.#parseCount();
      if (count === undefined) break;
      this.#counts[used++] = count;
      at = this.#at;
    }
    this.#at = at;
    this.#used = used;
    return this.#counts.subarray(first, used);
  }

  /** Blanks and one 32-bit number; undefined, and nothing consumed but blanks, when a word follows instead. */
  #parseCount(): number | undefined {
    this.#skipBlanks();
    const start = this.#at;
    const count = this.#parseNumber();
    if (count === undefined) return undefined;
    if (count > 0xffffffff) this.#fail(start, 'a 32-bit count');
    return count;
  }

  /** Digits that end at a blank or at the end of the line. */
  #parseNumber(): number | undefined {
    const bytes = this.#bytes;
    const lineEnd = this.#lineEnd;
    let at = this.#at;
    let value = 0;
    for (; at < lineEnd; at++) {
      const digit = (bytes[at] ?? 0) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === this.#at || (at < lineEnd && !isBlank(bytes[at] ?? 0))) return undefined;
    this.#at = at;
    return value;
  }

  /** No more counts than this can follow: each takes two bytes, and a row has no more than the header. */
  #countBound(columns: number): number {
    let lines = 1;
    for (let at = this.#bytes.indexOf(NEWLINE); at >= 0; at = this.#bytes.indexOf(NEWLINE, at + 1)) lines++;
    return Math.min(lines * columns, (this.#bytes.length >> 1) + 1);
  }

  #beginLine(at: number): void {
    const end = this.#bytes.indexOf(NEWLINE, at);
    this.#lineStart = at;
    this.#at = at;
    this.#lineEnd = end < 0 ? this.#bytes.length : end;
  }

  #nextLine(): boolean {
    if (this.#lineEnd + 1 >= this.#bytes.length) return false;
    this.#beginLine(this.#lineEnd + 1);
    this.#line++;
    return true;
  }

  /** Also goes to the line's first word, behind its indent and a mail's quoting. */
  #isBlankLine(): boolean {
    for (this.#skipBlanks(); this.#at < this.#lineEnd && this.#byte(this.#at) === QUOTE; this.#skipBlanks())
      this.#at++;
    return this.#at >= this.#lineEnd;
  }

  #skipBlanks(): void {
    let at = this.#at;
    while (at < this.#lineEnd && isBlank(this.#bytes[at] ?? 0)) at++;
    this.#at = at;
  }

  /** The line's end without a carriage return. */
  #textEnd(): number {
    return this.#byte(this.#lineEnd - 1) === 13 ? this.#lineEnd - 1 : this.#lineEnd;
  }

  #byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #fail(at: number, expected: string): never {
    throw new ParseError({
      file: this.#file,
      line: this.#line,
      column: at - this.#lineStart + 1,
      text: decodeUtf8(this.#bytes, at, Math.min(this.#lineEnd, at + 80)),
      expected,
    });
  }
}

/** Blank, tab, or the carriage return of a file that went through Windows. */
function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 13;
}
