import { argumentsOf, calledName, operatorOf } from '../syntax/expressions.ts';
import { childOf, type SyntaxNode } from '../syntax/node.ts';

export interface CallEvent {
  readonly kind: 'call';
  /** Undefined for a call through a pointer. */
  readonly name: string | undefined;
  readonly args: readonly SyntaxNode[];
  readonly node: SyntaxNode;
}

export interface AssignEvent {
  readonly kind: 'assign';
  readonly left: SyntaxNode;
  /** Undefined for `x++`. */
  readonly right: SyntaxNode | undefined;
  /** `=`, `|=`, ... */
  readonly operator: string;
  readonly node: SyntaxNode;
}

export type Event = CallEvent | AssignEvent;

/** What an expression or declaration does, in the order in which it happens: arguments before their call. */
export function eventsOf(text: string, node: SyntaxNode, found: Event[] = []): Event[] {
  for (const child of node.children) eventsOf(text, child, found);
  if (node.kind === 'call_expression') {
    found.push({ kind: 'call', name: calledName(text, node), args: argumentsOf(node), node });
  } else if (node.kind === 'assignment_expression') {
    const left = childOf(node, 'left');
    const right = childOf(node, 'right');
    if (left !== undefined && right !== undefined)
      found.push({ kind: 'assign', left, right, operator: operatorOf(text, node), node });
  } else if (node.kind === 'init_declarator') {
    const declarator = childOf(node, 'declarator');
    const right = childOf(node, 'value');
    const left = declarator === undefined ? undefined : declaredName(declarator);
    if (left !== undefined && right !== undefined)
      found.push({ kind: 'assign', left, right, operator: '=', node });
  } else if (node.kind === 'update_expression') {
    const [left] = node.children;
    if (left !== undefined)
      found.push({ kind: 'assign', left, right: undefined, operator: operatorOf(text, node), node });
  }
  return found;
}

/** The identifier that a declarator, with its stars and brackets, declares. */
export function declaredName(declarator: SyntaxNode): SyntaxNode | undefined {
  let at: SyntaxNode | undefined = declarator;
  while (
    at !== undefined &&
    at.kind !== 'identifier' &&
    at.kind !== 'field_identifier' &&
    at.kind !== 'type_identifier'
  ) {
    at = childOf(at, 'declarator') ?? at.children[0];
  }
  return at;
}
