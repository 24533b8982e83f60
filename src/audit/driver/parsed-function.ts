import { type Event, eventsOf } from '../flow/events.ts';
import { type Flow, flowOf, type Step } from '../flow/flow.ts';
import { bare, calledName, textOf, variablesIn } from '../syntax/expressions.ts';
import { childOf, type SyntaxNode, walk } from '../syntax/node.ts';
import type { FunctionSource } from './source-file.ts';
import { declaredTypes, type TypeRef } from './types.ts';

/** A function with its variables, its ways and what happens on them. */
export class ParsedFunction {
  readonly source: FunctionSource;
  /** In the order of the parameters; '' for one that could not be read. */
  readonly parameters: readonly string[];
  /** Parameters and local variables, whatever their block. */
  readonly types: ReadonlyMap<string, TypeRef>;
  readonly flow: Flow;
  readonly #events = new Map<Step, readonly Event[]>();
  #verdicts: ReadonlySet<string> | undefined;
  #assigned: ReadonlyMap<string, readonly SyntaxNode[]> | undefined;

  constructor(source: FunctionSource, definition: SyntaxNode) {
    this.source = source;
    const { text } = source.file;
    const types = new Map<string, TypeRef>();
    this.parameters = parameterList(definition).map((parameter) => {
      const [declared] = declaredTypes(text, parameter);
      if (declared === undefined) return '';
      types.set(...declared);
      return declared[0];
    });
    const body = childOf(definition, 'body') ?? definition;
    walk(body, (node) => {
      if (node.kind !== 'declaration') return undefined;
      for (const [name, type] of declaredTypes(text, node)) if (!types.has(name)) types.set(name, type);
      return undefined;
    });
    this.types = types;
    this.flow = flowOf(text, body);
  }

  /** Local variables that hold what calls answered: those that are returned, and the results of requests. */
  get verdicts(): ReadonlySet<string> {
    this.#verdicts ??= this.#collectVerdicts();
    return this.#verdicts;
  }

  #collectVerdicts(): ReadonlySet<string> {
    const found = new Set<string>();
    for (const step of this.flow.steps) {
      if (step.role === 'return' && step.node !== undefined) variablesIn(this.text, step.node, found);
      for (const event of this.events(step)) {
        if (event.kind !== 'assign' || event.left.kind !== 'identifier' || event.right === undefined)
          continue;
        const call = bare(event.right);
        const isRequest =
          call.kind === 'call_expression' && /irq|intr|msi/i.test(calledName(this.text, call) ?? '');
        if (isRequest) found.add(textOf(this.text, event.left));
      }
    }
    return new Set([...found].filter((name) => this.types.has(name)));
  }

  get name(): string {
    return this.source.name;
  }

  get text(): string {
    return this.source.file.text;
  }

  events(step: Step): readonly Event[] {
    let events = this.#events.get(step);
    if (events === undefined) {
      events = step.node === undefined ? [] : eventsOf(this.text, step.node);
      this.#events.set(step, events);
    }
    return events;
  }

  /** What is assigned to a local variable, anywhere; `x++` and `x |= y` make it undefined. */
  valuesOf(variable: string): readonly SyntaxNode[] | undefined {
    this.#assigned ??= this.#collectAssigned();
    return this.#assigned.get(variable);
  }

  #collectAssigned(): ReadonlyMap<string, readonly SyntaxNode[]> {
    const values = new Map<string, SyntaxNode[]>();
    const unclear = new Set<string>();
    for (const step of this.flow.steps) {
      for (const event of this.events(step)) {
        if (event.kind === 'call') {
          for (const arg of event.args) {
            // Somebody else may write it.
            if (arg.kind !== 'pointer_expression' || this.text[arg.start] !== '&') continue;
            const [inner] = arg.children;
            if (inner?.kind === 'identifier') unclear.add(this.text.slice(inner.start, inner.end));
          }
          continue;
        }
        if (event.left.kind !== 'identifier') continue;
        const name = this.text.slice(event.left.start, event.left.end);
        if (event.right === undefined || event.operator !== '=') unclear.add(name);
        else values.set(name, [...(values.get(name) ?? []), event.right]);
      }
    }
    for (const name of unclear) values.delete(name);
    return values;
  }
}

function parameterList(definition: SyntaxNode): readonly SyntaxNode[] {
  let declarator = childOf(definition, 'declarator');
  while (declarator !== undefined && declarator.kind !== 'function_declarator') {
    declarator = childOf(declarator, 'declarator') ?? declarator.children[0];
  }
  const list = declarator === undefined ? undefined : childOf(declarator, 'parameters');
  return list?.children.filter(({ kind }) => kind === 'parameter_declaration') ?? [];
}
