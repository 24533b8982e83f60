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

  copy(depth: number): SyntaxNode {
    const cursor = this.#cursor;
    const kind = this.#kinds[cursor.nodeTypeId] ?? 'ERROR';
    const start = cursor.startIndex + this.#offset;
    const end = cursor.endIndex + this.#offset;
    const field = this.#fields[cursor.currentFieldId] ?? undefined;
    const children: SyntaxNode[] = [];
    if (depth < MAX_DEPTH && !LEAVES.has(kind) && cursor.gotoFirstChild()) {
      do {
        const id = cursor.nodeTypeId;
        // ERROR has an id that is in no table.
        if (this.#named[id] !== false && this.#kinds[id] !== 'comment') children.push(this.copy(depth + 1));
      } while (cursor.gotoNextSibling());
      cursor.gotoParent();
    }
    return { kind, start, end, field, children };
  }
}

/** What is below these says nothing that their text does not. */
const LEAVES: ReadonlySet<string> = new Set(['string_literal', 'char_literal', 'identifier', 'number_literal']);

const NAMED = new WeakMap<Language, readonly boolean[]>();

function namedKinds(language: Language): readonly boolean[] {
  let named = NAMED.get(language);
  if (named === undefined) {
    named = language.types.map((_, id) => language.nodeTypeIsNamed(id));
    NAMED.set(language, named);
  }
  return named;
}
