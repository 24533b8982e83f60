import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { CParser } from '../../audit/syntax/node.ts';
import { loadCParser } from '../../audit/syntax/tree-sitter.ts';

const { resolve } = createRequire(import.meta.url);

/** The parser, from the two wasm files: one comes with web-tree-sitter, the other lies in this package. */
export function openCParser(): Promise<CParser> {
  return loadCParser(readFileSync(resolve('web-tree-sitter/web-tree-sitter.wasm')), readGrammar());
}

export function readGrammar(): Uint8Array {
  const packed = fileURLToPath(new URL('../../audit/tree-sitter-c.wasm', import.meta.url));
  const grammar = existsSync(packed) ? packed : resolve('tree-sitter-c/tree-sitter-c.wasm');
  return readFileSync(grammar);
}
