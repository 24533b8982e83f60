import { bare, calledName, operatorOf, textOf } from '../syntax/expressions.ts';
import { childOf, type SyntaxNode } from '../syntax/node.ts';
import type { Driver } from './driver.ts';
import type { ParsedFunction } from './parsed-function.ts';
import type { TypeRef } from './types.ts';

/**
 * What two functions that name their variables differently have in common: the field of a type. `priv->lock` and
 * `foo->lock` are both `foo_priv.lock` where both point to `struct foo_priv`. Elements of an array share a key.
 */
export type ObjectKey = string;

/** The type of an expression, where the directory tells. */
export function typeOf(driver: Driver, fn: ParsedFunction, expression: SyntaxNode): TypeRef | undefined {
  const node = bare(expression);
  switch (node.kind) {
    case 'identifier':
      return fn.types.get(textOf(fn.text, node)) ?? globalType(fn, textOf(fn.text, node));
    case 'field_expression': {
      const argument = childOf(node, 'argument');
      const field = childOf(node, 'field');
      if (argument === undefined || field === undefined) return undefined;
      const owner = typeOf(driver, fn, argument);
      return owner === undefined ? undefined : fieldsOf(driver, fn, owner)?.get(textOf(fn.text, field));
    }
    case 'subscript_expression': {
      const argument = childOf(node, 'argument');
      const type = argument === undefined ? undefined : typeOf(driver, fn, argument);
      return type === undefined || type.pointers === 0
        ? undefined
        : { ...type, pointers: type.pointers - 1, isArray: false };
    }
    case 'pointer_expression': {
      const [inner] = node.children;
      const type = inner === undefined ? undefined : typeOf(driver, fn, inner);
      if (type === undefined) return undefined;
      return { ...type, pointers: type.pointers + (fn.text[node.start] === '&' ? 1 : -1), isArray: false };
    }
    default:
      return undefined;
  }
}

function fieldsOf(
  driver: Driver,
  fn: ParsedFunction,
  type: TypeRef,
): ReadonlyMap<string, TypeRef> | undefined {
  return type.fields ?? (type.name === '' ? undefined : driver.fieldsOf(type.name, fn.source.file));
}

/** `static struct foo *the_foo;` at the top of the file. */
function globalType(fn: ParsedFunction, name: string): TypeRef | undefined {
  const { file } = fn.source;
  const cache = GLOBALS.get(file) ?? new Map<string, TypeRef | undefined>();
  GLOBALS.set(file, cache);
  if (!cache.has(name)) {
    const declaration = new RegExp(
      `^(?:static\\s+|extern\\s+|const\\s+)*struct\\s+(\\w+)\\s+(\\**)\\s*${name}\\s*(\\[[^\\]]*\\])?\\s*[;=]`,
      'm',
    ).exec(file.text);
    const [, tag = '', stars = '', array] = declaration ?? [];
    const pointers = stars.length + (array === undefined ? 0 : 1);
    cache.set(name, declaration === null ? undefined : { name: tag, pointers, isArray: array !== undefined });
  }
  return cache.get(name);
}

const GLOBALS = new WeakMap<object, Map<string, TypeRef | undefined>>();

/** The key of what an expression names; undefined for what only the function itself knows. */
export function keyOf(driver: Driver, fn: ParsedFunction, expression: SyntaxNode): ObjectKey | undefined {
  const node = bare(expression);
  const { text } = fn;
  switch (node.kind) {
    case 'identifier': {
      const name = textOf(text, node);
      return fn.types.has(name) || /^[A-Z0-9_]+$/.test(name) ? undefined : `::${name}`;
    }
    case 'field_expression': {
      const argument = childOf(node, 'argument');
      const field = childOf(node, 'field');
      if (argument === undefined || field === undefined) return undefined;
      const owner = typeOf(driver, fn, argument);
      if (owner !== undefined && owner.name !== '') return `${owner.name}.${textOf(text, field)}`;
      const base = keyOf(driver, fn, argument) ?? rootOf(fn, argument);
      return base === undefined
        ? undefined
        : `${base}${operatorOf(text, node)[0] === '.' ? '.' : '->'}${textOf(text, field)}`;
    }
    case 'subscript_expression': {
      const argument = childOf(node, 'argument');
      return argument === undefined ? undefined : keyOf(driver, fn, argument);
    }
    case 'pointer_expression': {
      const [inner] = node.children;
      return inner === undefined ? undefined : keyOf(driver, fn, inner);
    }
    case 'call_expression': {
      // A macro or an accessor: `foo_base(dev)`.
      const name = calledName(text, node);
      return name === undefined ? undefined : `${name}()`;
    }
    default:
      return undefined;
  }
}

/** A variable of unknown type stands for itself, in its function. */
function rootOf(fn: ParsedFunction, argument: SyntaxNode): string | undefined {
  const node = bare(argument);
  return node.kind === 'identifier' ? `${fn.name}()${textOf(fn.text, node)}` : undefined;
}
