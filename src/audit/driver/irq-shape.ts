import { argumentsOf, bare, calledName, plainText, textOf, variablesIn } from '../syntax/expressions.ts';
import { childOf, descendants, type SyntaxNode } from '../syntax/node.ts';
import type { Driver } from './driver.ts';
import { keyOf } from './object-key.ts';
import type { ParsedFunction } from './parsed-function.ts';

/**
 * What an interrupt number is made of, without the indices: `adapter->msix[i].vector` here and
 * `msix[j].vector` there are one shape, a local variable has the shape of what it was given.
 */
export function irqShape(driver: Driver, fn: ParsedFunction, expression: SyntaxNode, depth = 0): string {
  const node = bare(expression);
  const { text } = fn;
  if (node.kind === 'call_expression') {
    const args = argumentsOf(node).filter((arg) => !isIndex(fn, arg));
    return `${calledName(text, node) ?? '?'}(${args.map((arg) => irqShape(driver, fn, arg, depth)).join()})`;
  }
  if (node.kind === 'identifier') {
    const name = textOf(text, node);
    const [value, ...others] = fn.valuesOf(name) ?? [];
    if (value !== undefined && others.length === 0 && depth < 3)
      return irqShape(driver, fn, value, depth + 1);
    const type = fn.types.get(name);
    if (type !== undefined && type.pointers > 0) return type.name;
    if (type !== undefined) return `${fn.source.file.path} ${fn.name} ${name}`;
  }
  return (keyOf(driver, fn, node) ?? textOf(text, node)) + fixedIndices(fn, node);
}

/** `msix[priv->mgmt_idx]` is one interrupt of its own, unlike `msix[i]`. */
function fixedIndices(fn: ParsedFunction, node: SyntaxNode): string {
  return descendants(node, 'subscript_expression')
    .flatMap((part) => childOf(part, 'index') ?? [])
    .filter((index) =>
      [...variablesIn(fn.text, index)].every((name) => (fn.types.get(name)?.pointers ?? 1) > 0),
    )
    .map((index) => `[${plainText(fn.text, index)}]`)
    .join('');
}

function isIndex(fn: ParsedFunction, arg: SyntaxNode): boolean {
  const node = bare(arg);
  if (node.kind === 'number_literal') return false;
  for (const name of variablesIn(fn.text, node)) if ((fn.types.get(name)?.pointers ?? 0) > 0) return false;
  return node.kind !== 'call_expression' && node.kind !== 'field_expression';
}

/** Variables of an expression, with those from which its local variables were made. */
export function variablesBehind(
  fn: ParsedFunction,
  node: SyntaxNode,
  found: Set<string> = new Set(),
): Set<string> {
  for (const name of variablesIn(fn.text, node)) {
    if (found.has(name)) continue;
    found.add(name);
    for (const value of fn.valuesOf(name) ?? []) variablesBehind(fn, value, found);
  }
  return found;
}
