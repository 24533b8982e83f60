import { Language, Parser, type TreeCursor } from 'web-tree-sitter';
import type { CParser, SyntaxNode } from './node.ts';

/** Deeper than any code that people write; what a generator nests deeper is cut off. */
const MAX_DEPTH = 400;

/**
 * A parser for C.
 * @param runtime web-tree-sitter.wasm
 * @param grammar tree-sitter-c.wasm
 */
export async function loadCParser(runtime: Uint8Array, grammar: Uint8Array): Promise<CParser> {
  await Parser.init({ wasmBinary: runtime });
  const language = await Language.load(grammar);
  const parser = new Parser();
  parser.setLanguage(language);
  return {
    parse(text, offset) {
      const tree = parser.parse(text);
      if (tree === null) throw new Error('the parser has no language');
      const cursor = tree.walk();
      const root = new Copier(language, cursor, offset).copy(0);
      cursor.delete();
      // Memory of the wasm module is not garbage collected.
      tree.delete();
      return root;
    },
  };
}

/** Copies a tree out of the wasm module once: every question to a node there costs a call. */
class Copier {
  readonly #named: readonly boolean[];
  readonly #kinds: readonly string[];
  readonly #fields: readonly (string | null)[];
  readonly #cursor: TreeCursor;
  readonly #offset: number;

  constructor(language: Language, cursor: TreeCursor, offset: number) {
    this.#kinds = language.types;
    this.#named = namedKinds(language);
    this.#fields = language.fields;
    this.#cursor = cursor;
    this.#offset = offset;
  }

  /** The node at which the cursor stands. */
  copy(depth: number): SyntaxNode {
    return this.#copy(this.#cursor.nodeTypeId, undefined, depth);
  }

  #copy(id: number, field: string | undefined, depth: number): SyntaxNode {
    const cursor = this.#cursor;
    // ERROR has an id that is in no table.
    const kind = this.#kinds[id] ?? 'ERROR';
    const start = cursor.startIndex + this.#offset;
    const end = cursor.endIndex + this.#offset;
    if (LEAVES.has(kind) || depth >= MAX_DEPTH || !cursor.gotoFirstChild())
      return { kind, start, end, field, children: [] };
    const children: SyntaxNode[] = [];
    const hasFields = !WITHOUT_FIELDS.has(kind);
    do {
      const child = cursor.nodeTypeId;
      if (this.#named[child] === false || this.#kinds[child] === 'comment') continue;
      const name = hasFields ? (this.#fields[cursor.currentFieldId] ?? undefined) : undefined;
      children.push(this.#copy(child, name, depth + 1));
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
    return { kind, start, end, field, children };
  }
}

/** What is below these says nothing that their text does not. */
const LEAVES: ReadonlySet<string> = new Set([
  'string_literal',
  'char_literal',
  'identifier',
  'field_identifier',
  'type_identifier',
  'statement_identifier',
  'primitive_type',
  'number_literal',
  'null',
  'storage_class_specifier',
  'type_qualifier',
]);

/** Nodes that hold a list: asking each child for its field's name would be for nothing. */
const WITHOUT_FIELDS: ReadonlySet<string> = new Set([
  'translation_unit',
  'compound_statement',
  'expression_statement',
  'parenthesized_expression',
  'argument_list',
  'parameter_list',
  'field_declaration_list',
  'initializer_list',
  'return_statement',
  'else_clause',
]);

const NAMED = new WeakMap<Language, readonly boolean[]>();

function namedKinds(language: Language): readonly boolean[] {
  let named = NAMED.get(language);
  if (named === undefined) {
    named = language.types.map((_, id) => language.nodeTypeIsNamed(id));
    NAMED.set(language, named);
  }
  return named;
}
