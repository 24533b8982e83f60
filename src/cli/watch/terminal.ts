import { ENTER, LEAVE } from './screen.ts';

/** The terminal of the process while `watch` has it: alternate screen, raw keys. Restored by `leave`, at the latest at exit. */
export class Terminal {
  readonly #input: NodeJS.ReadStream;
  readonly #output: NodeJS.WriteStream;
  #entered = false;

  constructor(input = process.stdin, output = process.stdout) {
    this.#input = input;
    this.#output = output;
  }

  get columns(): number {
    return this.#output.columns || 80;
  }

  get rows(): number {
    return this.#output.rows || 24;
  }

  enter(): void {
    this.#entered = true;
    // Keys of a terminal only: `watch </dev/null` has none, and signals end it.
    if (this.#input.isTTY) this.#input.setRawMode(true).resume();
    this.#output.write(ENTER);
  }

  write(text: string): void {
    if (text !== '') this.#output.write(text);
  }

  /** Does nothing when called again. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#output.write(LEAVE);
    try {
      if (this.#input.isTTY) this.#input.setRawMode(false).pause();
    } catch {
      // The terminal is gone (SIGHUP): nothing is left to restore.
    }
  }

  onKeys(hear: (data: string) => void): void {
    if (!this.#input.isTTY) return;
    this.#input.setEncoding('utf8').on('data', hear);
  }

  onResize(hear: () => void): void {
    this.#output.on('resize', hear);
  }
}
