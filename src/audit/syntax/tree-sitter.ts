import { Language, Parser, type Tree } from 'web-tree-sitter';
import type { CParser, SyntaxNode } from './node.ts';

/** Deeper than any code that people write; what a generator nests deeper is cut off. */
const MAX_DEPTH = 400;

/**
 * A parser for C.
 * @param runtime web-tree-sitter.wasm
 * @param grammar tree-sitter-c.wasm
 */
export async function loadCParser(runtime: Uint8Array, grammar: Uint8Array): Promise<CParser> {
  const calls = await cursorCalls(runtime);
  const language = await Language.load(grammar);
  const parser = new Parser();
  parser.setLanguage(language);
  const copier = new Copier(language, calls);
  return {
    parse(text, offset) {
      const tree = parser.parse(text);
      if (tree === null) throw new Error('the parser has no language');
      const root = copier.copy(tree, offset);
      // Memory of the wasm module is not garbage collected.
      tree.delete();
      return root;
    },
  };
}

/** The wasm module's own functions for a cursor; it stands in a buffer of the module, and each takes the tree. */
interface CursorCalls {
  /** Puts the root into the buffer, from which the next call makes a cursor. */
  readonly _ts_tree_root_node_wasm: (tree: number) => void;
  readonly _ts_tree_cursor_new_wasm: (tree: number) => void;
  readonly _ts_tree_cursor_delete_wasm: (tree: number) => void;
  readonly _ts_tree_cursor_current_node_type_id_wasm: (tree: number) => number;
  readonly _ts_tree_cursor_current_field_id_wasm: (tree: number) => number;
  readonly _ts_tree_cursor_start_index_wasm: (tree: number) => number;
  readonly _ts_tree_cursor_end_index_wasm: (tree: number) => number;
  readonly _ts_tree_cursor_goto_first_child_wasm: (tree: number) => number;
  readonly _ts_tree_cursor_goto_next_sibling_wasm: (tree: number) => number;
  readonly _ts_tree_cursor_goto_parent_wasm: (tree: number) => number;
}

/** The package makes its module once. */
let module: Promise<CursorCalls> | undefined;

/**
 * The package's TreeCursor carries its state into the buffer and out again for every question, which takes longer than
 * the question. The object with its options becomes Emscripten's module, and has what TreeCursor calls.
 */
function cursorCalls(runtime: Uint8Array): Promise<CursorCalls> {
  module ??= (async () => {
    const options = { wasmBinary: runtime };
    await Parser.init(options);
    const calls = options as unknown as CursorCalls;
    if (typeof calls._ts_tree_cursor_new_wasm !== 'function')
      throw new Error('web-tree-sitter does not show its cursor: another version than that of package.json?');
    return calls;
  })();
  return module;
}

const NO_CHILDREN: readonly SyntaxNode[] = [];

/** Copies trees out of the wasm module once: every question to a node there costs a call. */
class Copier {
  readonly #named: readonly boolean[];
  readonly #kinds: readonly string[];
  readonly #fields: readonly (string | null)[];
  readonly #calls: CursorCalls;
  /** Children that were copied of nodes that are not complete yet: an array that grows takes twice its size. */
  readonly #open: SyntaxNode[] = [];
  #top = 0;
  #tree = 0;
  #offset = 0;

  constructor(language: Language, calls: CursorCalls) {
    this.#kinds = language.types;
    this.#named = language.types.map((kind, id) => language.nodeTypeIsNamed(id) && kind !== 'comment');
    this.#fields = language.fields;
    this.#calls = calls;
  }

  copy(tree: Tree, offset: number): SyntaxNode {
    const calls = this.#calls;
    // Where the tree is, as the package's own classes read it.
    this.#tree = (tree as unknown as { readonly 0: number })[0];
    this.#offset = offset;
    calls._ts_tree_root_node_wasm(this.#tree);
    calls._ts_tree_cursor_new_wasm(this.#tree);
    const root = this.#copy(calls._ts_tree_cursor_current_node_type_id_wasm(this.#tree), undefined, 0);
    calls._ts_tree_cursor_delete_wasm(this.#tree);
    return root;
  }

  /** The node at which the cursor stands. */
  #copy(id: number, field: string | undefined, depth: number): SyntaxNode {
    const calls = this.#calls;
    const tree = this.#tree;
    // ERROR has an id that is in no table.
    const kind = this.#kinds[id] ?? 'ERROR';
    const start = calls._ts_tree_cursor_start_index_wasm(tree) + this.#offset;
    const end = calls._ts_tree_cursor_end_index_wasm(tree) + this.#offset;
    if (LEAVES.has(kind) || depth >= MAX_DEPTH || calls._ts_tree_cursor_goto_first_child_wasm(tree) === 0)
      return { kind, start, end, field, children: NO_CHILDREN };
    const first = this.#top;
    const hasFields = !WITHOUT_FIELDS.has(kind);
    do {
      const child = calls._ts_tree_cursor_current_node_type_id_wasm(tree);
      if (this.#named[child] === false) continue;
      const name = hasFields
        ? (this.#fields[calls._ts_tree_cursor_current_field_id_wasm(tree)] ?? undefined)
        : undefined;
      const copied = this.#copy(child, name, depth + 1);
      this.#open[this.#top++] = copied;
    } while (calls._ts_tree_cursor_goto_next_sibling_wasm(tree) === 1);
    calls._ts_tree_cursor_goto_parent_wasm(tree);
    const children = this.#top === first ? NO_CHILDREN : this.#open.slice(first, this.#top);
    this.#top = first;
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
