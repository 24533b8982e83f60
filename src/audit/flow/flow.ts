import { childOf, type SyntaxNode } from '../syntax/node.ts';

/** One step of a function: an expression, a declaration, a condition, or a joint without text. */
export interface Step {
  readonly id: number;
  readonly role: 'entry' | 'plain' | 'condition' | 'return' | 'exit';
  readonly node: SyntaxNode | undefined;
  readonly next: readonly Edge[];
  readonly previous: readonly Edge[];
  /** Enclosing loops, outermost first. */
  readonly loops: readonly Loop[];
  /** Enclosing branches and loops, outermost first. */
  readonly enclosing: readonly SyntaxNode[];
}

export interface Edge {
  readonly from: Step;
  readonly to: Step;
  /** Which outcome of a condition leads here; undefined where there is no choice, or it cannot be evaluated. */
  readonly outcome: boolean | undefined;
  /** Leads back to what was there before: the next round of a loop, a `goto` upwards. */
  readonly back: boolean;
}

export interface Loop {
  readonly statement: SyntaxNode;
  readonly condition: SyntaxNode | undefined;
}

/** The ways through a function. Arms of `#if` are alternatives, as those of `if` are. */
export interface Flow {
  readonly entry: Step;
  readonly exit: Step;
  readonly steps: readonly Step[];
}

interface OpenStep extends Step {
  next: Edge[];
  previous: Edge[];
}

/** An edge that does not know yet where it leads. */
interface Loose {
  readonly from: OpenStep;
  readonly outcome: boolean | undefined;
  readonly back?: boolean;
}

interface Context {
  readonly loops: readonly Loop[];
  readonly enclosing: readonly SyntaxNode[];
  /** Where `break` and `continue` gather. */
  readonly breaks: Loose[] | undefined;
  readonly continues: Loose[] | undefined;
}

export function flowOf(text: string, body: SyntaxNode): Flow {
  return new Builder(text).build(body);
}

class Builder {
  readonly #text: string;
  readonly #steps: OpenStep[] = [];
  readonly #labels = new Map<string, OpenStep>();
  readonly #gotos: { from: Loose[]; label: string; at: number }[] = [];
  readonly #exit: OpenStep;

  constructor(text: string) {
    this.#text = text;
    this.#exit = { id: -1, role: 'exit', node: undefined, next: [], previous: [], loops: [], enclosing: [] };
  }

  build(body: SyntaxNode): Flow {
    const context: Context = { loops: [], enclosing: [], breaks: undefined, continues: undefined };
    const entry = this.#step('entry', undefined, context);
    const out = this.#statement(body, [{ from: entry, outcome: undefined }], context);
    this.#connect(out, this.#exit);
    for (const { from, label, at } of this.#gotos) {
      const target = this.#labels.get(label);
      if (target === undefined) this.#connect(from, this.#exit);
      else
        this.#connect(
          from.map((loose) => ({ ...loose, back: target.id < at })),
          target,
        );
    }
    return { entry, exit: this.#exit, steps: this.#steps };
  }

  #step(role: Step['role'], node: SyntaxNode | undefined, { loops, enclosing }: Context): OpenStep {
    const step: OpenStep = { id: this.#steps.length, role, node, next: [], previous: [], loops, enclosing };
    this.#steps.push(step);
    return step;
  }

  #connect(loose: readonly Loose[], to: OpenStep): void {
    for (const { from, outcome, back = false } of loose) {
      const edge: Edge = { from, to, outcome, back };
      from.next.push(edge);
      to.previous.push(edge);
    }
  }

  /** A step that all of `incoming` lead to. */
  #follow(
    role: Step['role'],
    node: SyntaxNode | undefined,
    incoming: readonly Loose[],
    context: Context,
  ): OpenStep {
    const step = this.#step(role, node, context);
    this.#connect(incoming, step);
    return step;
  }

  #sequence(nodes: readonly SyntaxNode[], incoming: Loose[], context: Context): Loose[] {
    for (const node of nodes) incoming = this.#statement(node, incoming, context);
    return incoming;
  }

  #statement(node: SyntaxNode, incoming: Loose[], context: Context): Loose[] {
    switch (node.kind) {
      case 'compound_statement':
      case 'attributed_statement':
      case 'else_clause':
        return this.#sequence(node.children, incoming, context);
      case 'if_statement':
        return this.#if(node, incoming, context);
      case 'while_statement':
      case 'for_statement':
        return this.#loop(node, incoming, context);
      case 'do_statement':
        return this.#do(node, incoming, context);
      case 'switch_statement':
        return this.#switch(node, incoming, context);
      case 'labeled_statement':
        return this.#label(node, incoming, context);
      case 'goto_statement': {
        const label = childOf(node, 'label');
        const name = label === undefined ? '' : this.#text.slice(label.start, label.end);
        this.#gotos.push({ from: incoming, label: name, at: this.#steps.length });
        return [];
      }
      case 'break_statement':
        if (context.breaks === undefined) return incoming;
        context.breaks.push(...incoming);
        return [];
      case 'continue_statement':
        if (context.continues === undefined) return incoming;
        context.continues.push(...incoming);
        return [];
      case 'return_statement': {
        const step = this.#follow('return', node, incoming, context);
        this.#connect([{ from: step, outcome: undefined }], this.#exit);
        return [];
      }
      case 'preproc_if':
      case 'preproc_ifdef':
      case 'preproc_elif':
      case 'preproc_elifdef':
        return this.#preprocessor(node, incoming, context);
      case 'preproc_else':
        return this.#sequence(node.children, incoming, context);
      case 'ERROR':
        if (node.children.some(({ kind }) => kind.endsWith('_statement') || kind === 'declaration'))
          return this.#sequence(node.children, incoming, context);
        return this.#plain(node, incoming, context);
      case 'preproc_def':
      case 'preproc_call':
      case 'preproc_function_def':
      case 'function_definition':
        return incoming;
      default:
        return this.#plain(node, incoming, context);
    }
  }

  #plain(node: SyntaxNode, incoming: Loose[], context: Context): Loose[] {
    return [{ from: this.#follow('plain', node, incoming, context), outcome: undefined }];
  }

  #if(node: SyntaxNode, incoming: Loose[], context: Context): Loose[] {
    const condition = this.#follow('condition', childOf(node, 'condition'), incoming, context);
    const inside: Context = { ...context, enclosing: [...context.enclosing, node] };
    const arm = (field: string, outcome: boolean): Loose[] => {
      const body = childOf(node, field);
      const start: Loose[] = [{ from: condition, outcome }];
      return body === undefined ? start : this.#statement(body, start, inside);
    };
    const then = arm('consequence', true);
    return [...then, ...arm('alternative', false)];
  }

  #loop(node: SyntaxNode, incoming: Loose[], context: Context): Loose[] {
    const initializer = childOf(node, 'initializer');
    if (initializer !== undefined) incoming = this.#plain(initializer, incoming, context);
    const test = childOf(node, 'condition');
    const body = childOf(node, 'body');
    const update = childOf(node, 'update');
    const breaks: Loose[] = [];
    const continues: Loose[] = [];
    const inside: Context = {
      loops: [...context.loops, { statement: node, condition: test }],
      enclosing: [...context.enclosing, node],
      breaks,
      continues,
    };
    const condition = this.#follow('condition', test, incoming, inside);
    let round: Loose[] = [{ from: condition, outcome: true }];
    if (body !== undefined) round = this.#statement(body, round, inside);
    round = [...round, ...continues];
    if (update !== undefined) round = this.#plain(update, round, inside);
    this.#connect(
      round.map((loose) => ({ ...loose, back: true })),
      condition,
    );
    // `for (;;)` and `while (1)` end by break alone.
    const endless =
      test === undefined
        ? node.kind === 'for_statement'
        : /^\(\s*(?:1|true)\s*\)$/.test(this.#text.slice(test.start, test.end));
    return endless ? breaks : [{ from: condition, outcome: false }, ...breaks];
  }

  #do(node: SyntaxNode, incoming: Loose[], context: Context): Loose[] {
    const test = childOf(node, 'condition');
    const breaks: Loose[] = [];
    const continues: Loose[] = [];
    const inside: Context = {
      loops: [...context.loops, { statement: node, condition: test }],
      enclosing: [...context.enclosing, node],
      breaks,
      continues,
    };
    const start = this.#follow('plain', undefined, incoming, inside);
    const body = childOf(node, 'body');
    const round: Loose[] = [{ from: start, outcome: undefined }];
    const out = body === undefined ? round : this.#statement(body, round, inside);
    const condition = this.#follow('condition', test, [...out, ...continues], inside);
    this.#connect([{ from: condition, outcome: true, back: true }], start);
    return [{ from: condition, outcome: false }, ...breaks];
  }

  #switch(node: SyntaxNode, incoming: Loose[], context: Context): Loose[] {
    // Which case is taken is not evaluated: every one may be.
    const value = this.#follow('plain', childOf(node, 'condition'), incoming, context);
    const breaks: Loose[] = [];
    const inside: Context = { ...context, enclosing: [...context.enclosing, node], breaks };
    const choose: Loose[] = [{ from: value, outcome: undefined }];
    let hasDefault = false;
    let open: Loose[] = [];
    for (const child of childOf(node, 'body')?.children ?? []) {
      if (child.kind !== 'case_statement') {
        open = this.#statement(child, open, inside);
        continue;
      }
      const test = childOf(child, 'value');
      if (test === undefined) hasDefault = true;
      const statements = child.children.filter((part) => part !== test);
      open = this.#sequence(statements, [...open, ...choose], inside);
    }
    return [...open, ...breaks, ...(hasDefault ? [] : choose)];
  }

  #label(node: SyntaxNode, incoming: Loose[], context: Context): Loose[] {
    const label = childOf(node, 'label');
    const joint = this.#follow('plain', undefined, incoming, context);
    if (label !== undefined) this.#labels.set(this.#text.slice(label.start, label.end), joint);
    const rest = node.children.filter((child) => child !== label);
    return this.#sequence(rest, [{ from: joint, outcome: undefined }], context);
  }

  #preprocessor(node: SyntaxNode, incoming: Loose[], context: Context): Loose[] {
    const fork = this.#follow('plain', undefined, incoming, context);
    const start: Loose[] = [{ from: fork, outcome: undefined }];
    const inside: Context = { ...context, enclosing: [...context.enclosing, node] };
    const alternative = childOf(node, 'alternative');
    const own = node.children.filter(
      ({ field }) => !['condition', 'name', 'alternative'].includes(field ?? ''),
    );
    const then = this.#sequence(own, start, inside);
    if (alternative === undefined) return [...then, ...start];
    return [...then, ...this.#statement(alternative, start, inside)];
  }
}
