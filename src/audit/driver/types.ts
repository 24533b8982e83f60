import { declaredName } from '../flow/events.ts';
import { textOf } from '../syntax/expressions.ts';
import { childOf, type SyntaxNode } from '../syntax/node.ts';

/** The type of a variable or field, as far as finding out what two expressions have in common needs it. */
export interface TypeRef {
  /** Tag of the struct, or name of the type; '' for a nameless struct. */
  readonly name: string;
  /** Levels of pointers; an array counts as one. */
  readonly pointers: number;
  readonly isArray: boolean;
  /** A nameless struct's own fields. */
  readonly fields?: ReadonlyMap<string, TypeRef>;
}

/** Names and types that a declaration, parameter or field declares. */
export function declaredTypes(text: string, declaration: SyntaxNode): [string, TypeRef][] {
  const type = childOf(declaration, 'type');
  if (type === undefined) return [];
  const struct = type.kind === 'struct_specifier' || type.kind === 'union_specifier';
  const tag = struct ? childOf(type, 'name') : type;
  const name = tag === undefined ? '' : textOf(text, tag);
  const body = struct ? childOf(type, 'body') : undefined;
  const fields = body === undefined ? undefined : fieldsIn(text, body);
  const declarators = declaration.children.filter(({ field }) => field === 'declarator');
  if (declarators.length === 0) {
    // A nameless member: its fields are the surrounding struct's.
    return name === '' && fields !== undefined ? [...fields] : [];
  }
  return declarators.flatMap((declarator): [string, TypeRef][] => {
    const identifier = declaredName(declarator);
    if (identifier === undefined) return [];
    const { pointers, isArray } = shapeOf(declarator);
    return [[textOf(text, identifier), { name, pointers, isArray, ...(fields && { fields }) }]];
  });
}

function shapeOf(declarator: SyntaxNode): { pointers: number; isArray: boolean } {
  let pointers = 0;
  let isArray = false;
  for (
    let at: SyntaxNode | undefined = declarator;
    at !== undefined;
    at = childOf(at, 'declarator') ?? parenthesized(at)
  ) {
    if (at.kind === 'pointer_declarator') pointers++;
    if (at.kind === 'array_declarator') {
      pointers++;
      isArray = true;
    }
    if (at.kind === 'function_declarator') pointers++;
  }
  return { pointers, isArray };
}

function parenthesized(node: SyntaxNode): SyntaxNode | undefined {
  return node.kind === 'parenthesized_declarator' ? node.children[0] : undefined;
}

/** Fields of a struct's body; arms of `#if` are all there. */
export function fieldsIn(text: string, body: SyntaxNode): Map<string, TypeRef> {
  const fields = new Map<string, TypeRef>();
  for (const child of body.children) {
    if (child.kind === 'field_declaration')
      for (const [name, type] of declaredTypes(text, child)) fields.set(name, type);
    else if (child.kind.startsWith('preproc_'))
      for (const [name, type] of fieldsIn(text, child)) fields.set(name, type);
  }
  return fields;
}
