/** Where a text stopped making sense; the facts of the message. */
export interface ParseFault {
  /** The kernel file as the user knows it, e.g. `proc/interrupts`. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** What stands there, shortened. */
  readonly text: string;
  readonly expected: string;
}

const SHOWN = 60;

/** The only error a parser throws: the input is not what the kernel writes. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
  readonly fault: ParseFault;

  constructor(fault: ParseFault) {
    const printable = fault.text.replace(/[^\x20-\x7e]/g, '·');
    const text = printable.length > SHOWN ? `${printable.slice(0, SHOWN)}…` : printable;
    super(`${fault.file}:${fault.line}:${fault.column}: expected ${fault.expected}, found "${text}"`);
    this.fault = { ...fault, text };
  }
}
