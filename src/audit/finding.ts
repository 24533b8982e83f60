import type { ParsedFunction } from './driver/parsed-function.ts';
import type { FunctionSource } from './driver/source-file.ts';
import type { SyntaxNode } from './syntax/node.ts';

/** A warning where a lost or early interrupt is likely (MSI, edge, shared); a note where the line holds it. */
export type Severity = 'warning' | 'note';

export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in bytes, as compilers count. */
  readonly column: number;
}

export interface RelatedPlace extends Place {
  readonly message: string;
}

export interface Finding extends Place {
  readonly rule: string;
  readonly severity: Severity;
  readonly function: string;
  /** First and last line of that function. */
  readonly lines: readonly [number, number];
  /** What it is about, in words that an edit elsewhere in the file does not change. */
  readonly subject: string;
  readonly message: string;
  readonly related: readonly RelatedPlace[];
}

export function placeOf(fn: ParsedFunction, node: SyntaxNode): Place {
  const { file } = fn.source;
  return { file: file.path, line: file.lines.lineOf(node.start), column: file.lines.columnOf(node.start) };
}

/** First and last line of a function. */
export function linesOf({ file, span }: FunctionSource): readonly [number, number] {
  return [file.lines.lineOf(span.start), file.lines.lineOf(span.end - 1)];
}

/** The same for the same defect whatever lines were added above it. */
export function fingerprintOf({ rule, file, function: fn, subject }: Finding): string {
  return `${rule} ${file} ${fn} ${subject}`;
}
