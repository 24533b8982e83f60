import { ParseError } from './parse-error.ts';

/** One line of a kernel file with its place, for parsers that go line by line. */
export interface TextLine {
  readonly file: string;
  /** 1-based. */
  readonly number: number;
  /** Without its end (a carriage return counts as one). */
  readonly text: string;
}

/** The lines of a text; an end of line at the very end starts no further line. */
export function* linesOf(text: string, file: string): Generator<TextLine, void, undefined> {
  let number = 1;
  for (let at = 0; at < text.length; number++) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    const line = text.slice(at, text[stop - 1] === '\r' && stop > at ? stop - 1 : stop);
    yield { file, number, text: line };
    at = stop + 1;
  }
}

/** Where the first word of a line stands, 1-based. */
export function indentOf(text: string): number {
  const at = text.search(/\S/);
  return at < 0 ? 0 : at;
}

/** Throws a {@link ParseError} at `column` (1-based) of a line; by default at its first word. */
export function failAt(line: TextLine, expected: string, column = indentOf(line.text) + 1): never {
  throw new ParseError({
    file: line.file,
    line: line.number,
    column,
    text: line.text.slice(column - 1),
    expected,
  });
}

/** Throws a {@link ParseError} about a text that ended too early. */
export function failAtEnd(text: string, file: string, expected: string): never {
  const start = text.lastIndexOf('\n', text.length - 2) + 1;
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < start; at = text.indexOf('\n', at + 1)) line++;
  const last = text.slice(start).trimEnd();
  throw new ParseError({ file, line, column: last.length + 1, text: '', expected });
}
