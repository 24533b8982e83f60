/** Where a command writes; the process's own streams, or a test's. */
export interface Output {
  write(text: string): void;
  /** Width to lay out for. */
  readonly columns: number;
  readonly color: boolean;
}

/** Tables need this much; a narrower terminal breaks the lines itself. */
const NARROWEST = 60;
/** Where the width is not known: in a pipe or a file. */
const USUAL = 100;

export function processOutput(): Output {
  const stream = process.stdout;
  const { NO_COLOR: noColor = '', TERM: term } = process.env;
  return {
    write: (text) => void stream.write(text),
    columns: Math.max(NARROWEST, stream.columns || USUAL),
    // https://no-color.org: set and not empty, whatever the value.
    color: stream.isTTY === true && noColor === '' && term !== 'dumb',
  };
}

/** What JSON lets through raw but a terminal might obey or hide: DEL, C1 controls, direction marks, separators. */
const NOT_FOR_TERMINALS = /[\u007f-\u009f\u2028\u2029\p{Cf}]/gu;

export function writeJson(out: Output, answer: object): void {
  out.write(jsonText(answer));
}

/** The line that goes to a terminal or a file. */
export function jsonText(answer: object): string {
  const json = JSON.stringify(answer).replace(NOT_FOR_TERMINALS, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
  return `${json}\n`;
}
