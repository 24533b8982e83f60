import { LineTable } from '../source/lines.ts';
import { type Outline, outlineOf, type TextSpan } from '../source/outline.ts';

/** A C file as it was read, one character per byte; what stands in it is found out when somebody asks. */
export class SourceFile {
  readonly path: string;
  readonly text: string;
  #outline: Outline | undefined;
  #lines: LineTable | undefined;
  #functions: ReadonlyMap<string, FunctionSource> | undefined;

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
  }

  get outline(): Outline {
    this.#outline ??= outlineOf(this.text);
    return this.#outline;
  }

  get lines(): LineTable {
    this.#lines ??= new LineTable(this.text);
    return this.#lines;
  }

  /** By name; of several definitions (arms of #if) the first. */
  get functions(): ReadonlyMap<string, FunctionSource> {
    if (this.#functions === undefined) {
      const functions = new Map<string, FunctionSource>();
      for (const span of this.outline.functions) {
        if (!functions.has(span.name)) functions.set(span.name, new FunctionSource(this, span));
      }
      this.#functions = functions;
    }
    return this.#functions;
  }

  /** The function whose text holds the offset. */
  functionAt(offset: number): FunctionSource | undefined {
    const spans = this.outline.functions;
    let low = 0;
    let high = spans.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const span = spans[middle];
      if (span === undefined) break;
      if (offset < span.start) high = middle - 1;
      else if (offset >= span.end) low = middle + 1;
      else return this.functions.get(span.name);
    }
    return undefined;
  }

  get isHeader(): boolean {
    return this.path.endsWith('.h');
  }
}

export class FunctionSource {
  readonly file: SourceFile;
  readonly name: string;
  readonly span: TextSpan;
  readonly isStatic: boolean;

  constructor(file: SourceFile, span: TextSpan) {
    this.file = file;
    this.name = span.name;
    this.span = span;
    this.isStatic = /\bstatic\b/.test(file.text.slice(span.start, span.body));
  }

  get text(): string {
    return this.file.text.slice(this.span.start, this.span.end);
  }

  get line(): number {
    return this.file.lines.lineOf(this.span.start);
  }
}
