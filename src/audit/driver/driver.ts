import { normalise } from '../source/normalise.ts';
import { callsIn } from '../source/words.ts';
import { type CParser, type SyntaxNode, walk } from '../syntax/node.ts';
import { ParsedFunction } from './parsed-function.ts';
import type { FunctionSource, SourceFile } from './source-file.ts';
import { fieldsIn, type TypeRef } from './types.ts';

/** A function of this size is a table; parsing it costs more than it tells. In characters. */
const MAX_FUNCTION = 200_000;

/**
 * The sources of a directory as one: names are looked up in the file that uses them, then in the directory's headers
 * and in what its other files do not keep to themselves.
 */
export class Driver {
  readonly files: readonly SourceFile[];
  readonly #parser: CParser;
  readonly #parsed = new Map<FunctionSource, ParsedFunction | undefined>();
  readonly #structs = new Map<string, ReadonlyMap<string, TypeRef> | undefined>();
  readonly #callers = new Map<FunctionSource, readonly FunctionSource[]>();
  #shared: ReadonlyMap<string, FunctionSource> | undefined;
  #callbacks: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(files: readonly SourceFile[], parser: CParser) {
    this.files = files;
    this.#parser = parser;
  }

  lookUp(name: string, from: SourceFile): FunctionSource | undefined {
    const own = from.functions.get(name);
    if (own !== undefined) return own;
    this.#shared ??= this.#collectShared();
    return this.#shared.get(name);
  }

  #collectShared(): ReadonlyMap<string, FunctionSource> {
    const shared = new Map<string, FunctionSource>();
    for (const file of this.files) {
      for (const [name, source] of file.functions) {
        if ((file.isHeader || !source.isStatic) && !shared.has(name)) shared.set(name, source);
      }
    }
    return shared;
  }

  parse(source: FunctionSource): ParsedFunction | undefined {
    if (this.#parsed.has(source)) return this.#parsed.get(source);
    const { start, end } = source.span;
    const definition =
      end - start > MAX_FUNCTION
        ? undefined
        : definitionIn(this.#parser.parse(normalise(source.text), start));
    const parsed = definition === undefined ? undefined : new ParsedFunction(source, definition);
    this.#parsed.set(source, parsed);
    return parsed;
  }

  /** Fields of a struct that the directory defines. */
  fieldsOf(name: string, from: SourceFile): ReadonlyMap<string, TypeRef> | undefined {
    const own = from.outline.structs.some((span) => span.name === name);
    const key = own ? `${from.path}\0${name}` : name;
    if (this.#structs.has(key)) return this.#structs.get(key);
    const file = own
      ? from
      : this.files.find(
          ({ isHeader, outline }) => isHeader && outline.structs.some((span) => span.name === name),
        );
    const span = file?.outline.structs.find((candidate) => candidate.name === name);
    let fields: ReadonlyMap<string, TypeRef> | undefined;
    if (file !== undefined && span !== undefined && span.end - span.start < MAX_FUNCTION) {
      const text = `${normalise(file.text.slice(span.start, span.end))};`;
      const body = structBody(this.#parser.parse(text, span.start));
      if (body !== undefined) fields = fieldsIn(file.text, body);
    }
    this.#structs.set(key, fields);
    return fields;
  }

  /** Functions of the directory whose text calls it. */
  callersOf(source: FunctionSource): readonly FunctionSource[] {
    const known = this.#callers.get(source);
    if (known !== undefined) return known;
    const callers = new Set<FunctionSource>();
    for (const file of this.files) {
      if (file !== source.file && source.isStatic && !source.file.isHeader) continue;
      for (const offset of callsIn(file.text, source.name)) {
        const caller = file.functionAt(offset);
        if (caller !== undefined && caller !== source && offset > caller.span.body) callers.add(caller);
      }
    }
    const found = [...callers];
    this.#callers.set(source, found);
    return found;
  }

  /**
   * The members under which initialised structs of the file name the function: `probe` for `.probe = foo_probe`, and
   * `module_init` for what the module's own macros name.
   */
  callbackNames(source: FunctionSource): ReadonlySet<string> {
    this.#callbacks ??= this.#collectCallbacks();
    return this.#callbacks.get(`${source.file.path}\0${source.name}`) ?? new Set();
  }

  #collectCallbacks(): ReadonlyMap<string, ReadonlySet<string>> {
    const callbacks = new Map<string, Set<string>>();
    const add = (file: SourceFile, name: string, member: string): void => {
      const key = `${file.path}\0${name}`;
      const members = callbacks.get(key) ?? new Set();
      members.add(member);
      callbacks.set(key, members);
    };
    for (const file of this.files) {
      for (const { body, end } of file.outline.initialisers) {
        for (const [, member = '', value = ''] of file.text.slice(body, end).matchAll(MEMBER)) {
          if (file.functions.has(value)) add(file, value, member);
        }
      }
      // Looking at the start of every line is slow.
      if (!MODULE_MACROS.some((name) => file.text.includes(name))) continue;
      for (const [, macro = '', value = ''] of file.text.matchAll(MODULE)) add(file, value, macro);
    }
    return callbacks;
  }
}

const MEMBER = /\.\s*(\w+)\s*=\s*&?\s*(?:__p\w*\(\s*)?(\w+)/g;
const MODULE_MACROS = ['module_init', 'module_exit', '_initcall'];
const MODULE = /^(module_init|module_exit|\w*_initcall)\s*\(\s*(\w+)\s*\)/gm;

function definitionIn(root: SyntaxNode): SyntaxNode | undefined {
  let found: SyntaxNode | undefined;
  walk(root, (node) => {
    if (found === undefined && node.kind === 'function_definition') found = node;
    return found === undefined && !node.kind.endsWith('_statement');
  });
  if (found !== undefined) return found;
  // What the grammar could not make a function of may still hold the body.
  return root.children.some(({ kind }) => kind === 'compound_statement') || root.kind === 'ERROR'
    ? root
    : undefined;
}

function structBody(root: SyntaxNode): SyntaxNode | undefined {
  let found: SyntaxNode | undefined;
  walk(root, (node) => {
    if (found === undefined && node.kind === 'field_declaration_list') found = node;
    return found === undefined;
  });
  return found;
}
