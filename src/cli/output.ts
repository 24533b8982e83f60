/** Where a command writes; the process's own streams, or a test's. */
export interface Output {
  write(text: string): void;
  /** Width to lay out for. */
  readonly columns: number;
  readonly color: boolean;
}

const NARROWEST = 60;
const USUAL = 100;

export function processOutput(): Output {
  const stream = process.stdout;
  return {
    write: (text) => void stream.write(text),
    columns: Math.max(NARROWEST, stream.columns ?? USUAL),
    color: stream.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb',
  };
}

export function writeJson(out: Output, answer: object): void {
  out.write(`${JSON.stringify(answer)}\n`);
}
