import { childOf, type SyntaxNode } from './node.ts';

export function textOf(text: string, node: SyntaxNode): string {
  return text.slice(node.start, node.end);
}

/** The operator of an assignment, a unary, binary or update expression, or of an access to a field. */
export function operatorOf(text: string, node: SyntaxNode): string {
  const [first, second] = node.children;
  if (first === undefined) return '';
  if (second === undefined) {
    const before = text.slice(node.start, first.start).trim();
    return before === '' ? text.slice(first.end, node.end).trim() : before;
  }
  return withoutComments(text.slice(first.end, second.start)).trim();
}

function withoutComments(text: string): string {
  return text.includes('/') ? text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ') : text;
}

/** Text on one line without comments: `irq [ i ]` and `irq[i]` are the same. */
export function plainText(text: string, node: SyntaxNode): string {
  return withoutComments(textOf(text, node)).replace(/\s+/g, '');
}

/** The expression inside parentheses and casts. */
export function bare(node: SyntaxNode): SyntaxNode {
  for (;;) {
    let inner: SyntaxNode | undefined;
    if (node.kind === 'parenthesized_expression') inner = node.children[0];
    else if (node.kind === 'cast_expression') inner = childOf(node, 'value');
    if (inner === undefined) return node;
    node = inner;
  }
}

/** The name of the called function; undefined for a call through a pointer. */
export function calledName(text: string, call: SyntaxNode): string | undefined {
  const callee = childOf(call, 'function');
  return callee?.kind === 'identifier' ? textOf(text, callee) : undefined;
}

export function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  return childOf(call, 'arguments')?.children ?? [];
}

/** The expression whose address is taken, or undefined. */
export function addressedBy(text: string, node: SyntaxNode): SyntaxNode | undefined {
  const inner = bare(node);
  return inner.kind === 'pointer_expression' && text[inner.start] === '&' ? inner.children[0] : undefined;
}

/** NULL, 0, or a cast of them. */
export function isNull(text: string, node: SyntaxNode): boolean {
  const inner = bare(node);
  return inner.kind === 'null' || /^(?:NULL|0|0x0|false)$/.test(textOf(text, inner));
}

/** Names of variables in an expression, without those of fields, functions that are called, and constants. */
export function variablesIn(text: string, node: SyntaxNode, found: Set<string> = new Set()): Set<string> {
  if (node.kind === 'identifier') found.add(textOf(text, node));
  for (const child of node.children) {
    const callee =
      node.kind === 'call_expression' && child.field === 'function' && child.kind === 'identifier';
    if (!callee) variablesIn(text, child, found);
  }
  return found;
}
