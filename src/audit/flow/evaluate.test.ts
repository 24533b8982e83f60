import { describe, expect, it } from 'vitest';
import { parser } from '../../../test/audit/parser.ts';
import { childOf, type SyntaxNode, walk } from '../syntax/node.ts';
import { evaluate, type Known } from './evaluate.ts';

/** The value of an expression in which `z` is zero, `n` negative, `y` not zero, and all else unknown. */
function value(expression: string): Known {
  const text = `int f(void) { x = ${expression}; }`;
  let right: SyntaxNode | undefined;
  walk(parser.parse(text, 0), (node) => {
    if (node.kind === 'assignment_expression') right ??= childOf(node, 'right');
    return undefined;
  });
  if (right === undefined) throw new Error(`no expression in ${text}`);
  const known: Readonly<Record<string, Known>> = { z: 'zero', n: 'negative', y: 'nonzero' };
  return evaluate(text, right, (node) =>
    node.kind === 'identifier' ? known[text.slice(node.start, node.end)] : undefined,
  );
}

describe('evaluate', () => {
  it.each([
    ['z', 'zero'],
    ['!z', 'nonzero'],
    ['!y', 'zero'],
    ['-22', 'negative'],
    ['0x0', 'zero'],
    ['NULL', 'zero'],
    ['z && a()', 'zero'],
    ['a() && z', 'zero'],
    ['y || a()', 'nonzero'],
    ['z || a()', undefined],
    ['n < 0', 'nonzero'],
    ['z < 0', 'zero'],
    ['y < 0', undefined],
    ['z >= 0', 'nonzero'],
    ['n != 0', 'nonzero'],
    ['z == 0', 'nonzero'],
    ['z == y', 'zero'],
    ['a() & z', 'zero'],
    ['a() | z', undefined],
    ['z << 4', 'zero'],
    ['(q &= z)', 'zero'],
    ['(q &= y)', undefined],
    ['(unsigned)(z)', 'zero'],
    ['z ? a() : y', 'nonzero'],
    ['a() ? y : y', 'nonzero'],
    ['unlikely(!z)', 'nonzero'],
    ['IS_ERR(n)', 'negative'],
    ['IS_ERR_OR_NULL(z)', 'nonzero'],
    ['test_bit(3, &z)', 'zero'],
    ['atomic_read(&z)', 'zero'],
    ['a()', undefined],
    ['&z', undefined],
  ] as const)('%s is %s', (expression, expected) => {
    expect(value(expression)).toBe(expected);
  });
});
