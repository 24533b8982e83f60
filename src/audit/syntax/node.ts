/** A named node of a syntax tree; offsets are the file's, so a node stands for its text wherever it was parsed. */
export interface SyntaxNode {
  readonly kind: string;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** The name under which the parent holds it. */
  readonly field: string | undefined;
  readonly children: readonly SyntaxNode[];
}

/** What reading C takes: all else works on {@link SyntaxNode}, and knows no parser. */
export interface CParser {
  /** @param offset where the text begins in its file */
  parse(text: string, offset: number): SyntaxNode;
}

export function childOf(node: SyntaxNode, field: string): SyntaxNode | undefined {
  for (const child of node.children) if (child.field === field) return child;
  return undefined;
}

/** Visits a node and all below, parents first; `visit` answers false to leave out what is below. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode) => boolean | undefined): void {
  if (visit(node) === false) return;
  for (const child of node.children) walk(child, visit);
}

export function descendants(node: SyntaxNode, kind: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  walk(node, (at) => {
    if (at.kind === kind) found.push(at);
    return undefined;
  });
  return found;
}
