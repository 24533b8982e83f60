/**
 * The asker's mistake, not the machine's. `fact` is one line that says what is wrong and what was expected; the
 * message names the option of the command line before it, which other faces do not have.
 */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly fact: string;

  constructor(fact: string, option?: string) {
    super(option === undefined ? fact : `${option}: ${fact}`);
    this.fact = fact;
  }
}
