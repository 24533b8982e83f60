/** Trees are copied with the module's own functions: the package's cursor must tell the same. */
import { describe, expect, it } from 'vitest';
import { Language, Parser, type TreeCursor } from 'web-tree-sitter';
import type { SyntaxNode } from '../../src/audit/syntax/node.ts';
import { openCParser, readGrammar } from '../../src/cli/audit/grammar.ts';
import { initAfterRequestPairs } from './pairs/init-after-request.ts';
import * as others from './pairs/others.ts';

const parser = await openCParser();
const language = await Language.load(readGrammar());

/** What is below these is left out. */
const LEAVES = /_literal$|^(?:\w*identifier|null|primitive_type|storage_class_specifier|type_qualifier)$/;

/** Kind, place and field of the named nodes, as TreeCursor walks them. */
function walked(cursor: TreeCursor, offset: number): unknown[] {
  const kind = cursor.nodeType;
  const own = [kind, cursor.startIndex + offset, cursor.endIndex + offset];
  const below: unknown[] = [];
  if (!LEAVES.test(kind) && cursor.gotoFirstChild()) {
    do {
      if (cursor.nodeIsNamed && cursor.nodeType !== 'comment')
        below.push([cursor.currentFieldName ?? undefined, ...walked(cursor, offset)]);
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  return [...own, below];
}

function copied({ kind, start, end, children }: SyntaxNode): unknown[] {
  return [kind, start, end, children.map((child) => [child.field, ...copied(child)])];
}

describe('a tree', () => {
  const texts = [...initAfterRequestPairs, ...Object.values(others).flat()].map(({ before }) => before);
  it.each([
    ['of the pairs', texts.join('\n')],
    ['with what is no C', 'int f( { ]] ) /* x */ #if\nreturn "\n'],
    ['of nothing', ''],
  ])('%s is copied as it is', (_title, text) => {
    const plain = new Parser();
    plain.setLanguage(language);
    const tree = plain.parse(text);
    if (tree === null) throw new Error('nothing was parsed');
    expect(copied(parser.parse(text, 7))).toEqual(walked(tree.walk(), 7));
  });

  it('is read by a second parser as by the first', async () => {
    const second = await openCParser();
    expect(second.parse('int x;', 0)).toEqual(parser.parse('int x;', 0));
  });
});
