import { DRVDATA_GETTERS, FALSE_AT_FIRST, TAKES_NULL } from '../api/irq-calls.ts';
import { evaluate, type Known } from '../flow/evaluate.ts';
import type { Step } from '../flow/flow.ts';
import { hasWord } from '../source/words.ts';
import { argumentsOf, bare, calledName, operatorOf, textOf } from '../syntax/expressions.ts';
import { childOf, type SyntaxNode } from '../syntax/node.ts';
import type { Driver } from './driver.ts';
import { DRVDATA } from './effects.ts';
import { fieldName, type Gists, type Names } from './gist.ts';
import { keyOf, type ObjectKey } from './object-key.ts';
import type { ParsedFunction } from './parsed-function.ts';
import type { FunctionSource } from './source-file.ts';

/** Where a handler, or what it calls, uses an object. */
export interface Use {
  readonly fn: ParsedFunction;
  readonly node: SyntaxNode;
  /** How many calls below the handler. */
  readonly calls: number;
}

/** Objects that a handler uses. */
export interface Uses {
  /** Named at all: for locks, tasklets and other objects that must have been brought into being. */
  readonly touched: ReadonlyMap<ObjectKey, Use>;
  /** Followed, called or handed on: for pointers, which must have been set. */
  readonly followed: ReadonlyMap<ObjectKey, Use>;
  /** The handler and what it calls. */
  readonly functions: ReadonlySet<FunctionSource>;
}

/** A use further down depends on what the hardware said on the way. */
const MAX_DEPTH = 2;

/**
 * What a handler uses when it is called while the objects of `zero` are still zero: code that it does not reach then
 * does not count (`if (!priv->ready) return IRQ_NONE;`).
 */
export function usesOf(
  driver: Driver,
  handlers: readonly FunctionSource[],
  zero: (key: ObjectKey) => boolean,
): Uses {
  const collector = new Collector(driver, zero);
  for (const handler of handlers) collector.function(handler, new Map(), 0);
  return collector;
}

/**
 * Names that the texts of handlers, and of what they call, hold: without parsing them, and never less than the fields
 * of the objects that {@link usesOf} finds.
 */
export class Mentions implements Names {
  readonly #texts: readonly string[];
  readonly #known = new Map<string, boolean>();

  constructor(gists: Gists, handlers: readonly FunctionSource[]) {
    const sources = new Set(handlers);
    let level = handlers;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      level = level.flatMap((source) => gists.calls(source)).filter((source) => !sources.has(source));
      for (const source of level) sources.add(source);
    }
    this.#texts = [...sources].map(({ text }) => text);
  }

  has(name: string): boolean {
    let known = this.#known.get(name);
    if (known === undefined) {
      const mentions = name === fieldName(DRVDATA) ? getsDrvdata : (text: string) => hasWord(text, name);
      known = this.#texts.some(mentions);
      this.#known.set(name, known);
    }
    return known;
  }
}

function getsDrvdata(text: string): boolean {
  return /_get_(?:drvdata|clientdata)\b/.test(text);
}

class Collector implements Uses {
  readonly touched = new Map<ObjectKey, Use>();
  readonly followed = new Map<ObjectKey, Use>();
  readonly functions = new Set<FunctionSource>();
  readonly #driver: Driver;
  readonly #zero: (key: ObjectKey) => boolean;
  readonly #seen = new Set<string>();

  constructor(driver: Driver, zero: (key: ObjectKey) => boolean) {
    this.#driver = driver;
    this.#zero = zero;
  }

  /** @param names what parameters and variables stand for: keys of the pointers that they hold */
  function(source: FunctionSource, names: ReadonlyMap<string, ObjectKey>, depth: number): void {
    const seen = `${source.file.path}\0${source.name}\0${[...names].join()}`;
    if (depth > MAX_DEPTH || this.#seen.has(seen)) return;
    this.#seen.add(seen);
    this.functions.add(source);
    const fn = this.#driver.parse(source);
    if (fn === undefined) return;
    const visit = new Visit(this.#driver, fn, this.#zero, names, depth);
    for (const step of visit.reachable()) if (step.node !== undefined) this.#collect(visit, step.node, depth);
  }

  #collect(visit: Visit, node: SyntaxNode, depth: number): void {
    const { fn } = visit;
    if (node.kind === 'sizeof_expression') return;
    if (node.kind === 'binary_expression' || node.kind === 'conditional_expression') {
      for (const part of visit.evaluatedParts(node)) this.#collect(visit, part, depth);
      return;
    }
    if (node.kind === 'call_expression') this.#call(visit, node, depth);
    else if (node.kind === 'field_expression') {
      this.#add(this.touched, keyOf(this.#driver, fn, node), visit, node);
      if (operatorOf(fn.text, node) === '->') this.#follow(visit, childOf(node, 'argument'), node);
    } else if (node.kind === 'subscript_expression') this.#follow(visit, childOf(node, 'argument'), node);
    else if (node.kind === 'pointer_expression' && fn.text[node.start] === '*')
      this.#follow(visit, node.children[0], node);
    else if (node.kind === 'identifier') {
      this.#add(this.touched, keyOf(this.#driver, fn, node), visit, node);
    }
    // &p->x computes an address: p is not followed for it, but what is handed on is as good as used.
    for (const child of node.children) this.#collect(visit, child, depth);
  }

  #call(visit: Visit, node: SyntaxNode, depth: number): void {
    const { fn } = visit;
    const name = calledName(fn.text, node);
    const callee = childOf(node, 'function');
    if (name === undefined) {
      this.#follow(visit, callee, node);
      return;
    }
    if (DRVDATA_GETTERS.test(name) && !visit.isKept(node)) this.#add(this.followed, DRVDATA, visit, node);
    const source = fn.types.has(name) ? undefined : this.#driver.lookUp(name, fn.source.file);
    // A subsystem in the same directory is still the kernel's.
    if (TAKES_NULL.test(name) && source?.file !== fn.source.file) return;
    if (source === undefined) {
      for (const arg of argumentsOf(node)) this.#follow(visit, arg, node);
      return;
    }
    const parsed = this.#driver.parse(source);
    if (parsed === undefined) return;
    const names = new Map<string, ObjectKey>();
    for (const [at, arg] of argumentsOf(node).entries()) {
      const parameter = parsed.parameters[at];
      const key = visit.pointerKey(arg);
      if (parameter !== undefined && parameter !== '' && key !== undefined) names.set(parameter, key);
    }
    this.function(source, names, depth + 1);
  }

  #follow(visit: Visit, pointer: SyntaxNode | undefined, at: SyntaxNode): void {
    if (pointer === undefined) return;
    // readl(priv->base + REGISTER)
    const inner = bare(pointer);
    if (inner.kind === 'binary_expression' && operatorOf(visit.fn.text, inner) === '+')
      this.#follow(visit, childOf(inner, 'left'), at);
    else this.#add(this.followed, visit.pointerKey(pointer), visit, at);
  }

  #add(uses: Map<ObjectKey, Use>, key: ObjectKey | undefined, visit: Visit, node: SyntaxNode): void {
    const known = key === undefined ? undefined : uses.get(key);
    if (key === undefined || (known !== undefined && known.calls <= visit.depth)) return;
    uses.set(key, { fn: visit.fn, node, calls: visit.depth });
  }
}

/** One look at a function, with what its parameters stand for. */
class Visit {
  readonly fn: ParsedFunction;
  readonly depth: number;
  readonly #driver: Driver;
  readonly #zero: (key: ObjectKey) => boolean;
  readonly #names: ReadonlyMap<string, ObjectKey>;
  readonly #evaluating = new Set<string>();

  constructor(
    driver: Driver,
    fn: ParsedFunction,
    zero: (key: ObjectKey) => boolean,
    names: ReadonlyMap<string, ObjectKey>,
    depth: number,
  ) {
    this.#driver = driver;
    this.fn = fn;
    this.depth = depth;
    this.#zero = zero;
    this.#names = names;
  }

  /** The field that holds the pointer: also where a local variable took it from there. */
  pointerKey(node: SyntaxNode): ObjectKey | undefined {
    const inner = bare(node);
    if (inner.kind !== 'identifier')
      return inner.kind === 'field_expression' ? keyOf(this.#driver, this.fn, inner) : undefined;
    const name = textOf(this.fn.text, inner);
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (!this.fn.types.has(name)) return keyOf(this.#driver, this.fn, inner);
    const values = this.fn.valuesOf(name);
    const [value] = values ?? [];
    if (values?.length !== 1 || value === undefined) return undefined;
    const source = bare(value);
    if (source.kind === 'field_expression') return keyOf(this.#driver, this.fn, source);
    const called = source.kind === 'call_expression' ? calledName(this.fn.text, source) : undefined;
    return called !== undefined && DRVDATA_GETTERS.test(called) ? DRVDATA : undefined;
  }

  /** Whether a variable keeps what the call answers: it may be asked for NULL before it is followed. */
  isKept(call: SyntaxNode): boolean {
    return this.fn.flow.steps.some((step) =>
      this.fn.events(step).some((event) => {
        if (event.kind !== 'assign' || event.right === undefined || bare(event.right) !== call) return false;
        return event.left.kind === 'identifier' && this.pointerKey(event.left) === DRVDATA;
      }),
    );
  }

  reachable(): ReadonlySet<Step> {
    const reached = new Set<Step>();
    const open: Step[] = [this.fn.flow.entry];
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      if (reached.has(step)) continue;
      reached.add(step);
      const value =
        step.role === 'condition' && step.node !== undefined ? this.#condition(step.node) : undefined;
      for (const { to, outcome } of step.next) {
        if (outcome === undefined || value === undefined || outcome === (value !== 'zero')) open.push(to);
      }
    }
    return reached;
  }

  #condition(node: SyntaxNode): Known {
    // `i < count` where count is zero: a counter is never below.
    const inner = bare(node);
    if (inner.kind === 'binary_expression' && operatorOf(this.fn.text, inner) === '<') {
      const right = childOf(inner, 'right');
      if (right !== undefined && right.kind !== 'number_literal' && this.value(right) === 'zero')
        return 'zero';
    }
    return this.value(node);
  }

  /** The operands that are evaluated: not what `&&`, `||` and `?:` leave out. */
  evaluatedParts(node: SyntaxNode): readonly SyntaxNode[] {
    const operator = node.kind === 'binary_expression' ? operatorOf(this.fn.text, node) : '?';
    const first = node.kind === 'binary_expression' ? childOf(node, 'left') : childOf(node, 'condition');
    if (first === undefined || !['&&', '||', '?'].includes(operator)) return node.children;
    const value = this.value(first);
    if (value === undefined) return node.children;
    const yes = value !== 'zero';
    if (operator === '&&') return yes ? node.children : [first];
    if (operator === '||') return yes ? [first] : node.children;
    const arm = childOf(node, yes ? 'consequence' : 'alternative');
    return arm === undefined ? [first] : [first, arm];
  }

  value(node: SyntaxNode): Known {
    return evaluate(this.fn.text, node, (part) => this.#known(part));
  }

  #known(node: SyntaxNode): Known {
    if (node.kind === 'field_expression') {
      const key = keyOf(this.#driver, this.fn, node);
      return key !== undefined && this.#zero(key) ? 'zero' : undefined;
    }
    if (node.kind === 'call_expression') {
      const name = calledName(this.fn.text, node);
      if (name !== undefined && FALSE_AT_FIRST.has(name)) return 'zero';
      return name !== undefined && DRVDATA_GETTERS.test(name) && this.#zero(DRVDATA) ? 'zero' : undefined;
    }
    if (node.kind !== 'identifier') return undefined;
    const name = textOf(this.fn.text, node);
    const parameter = this.#names.get(name);
    if (parameter !== undefined) return this.#zero(parameter) ? 'zero' : undefined;
    const values = this.fn.valuesOf(name);
    if (values === undefined || values.length === 0 || this.#evaluating.has(name)) {
      if (this.fn.types.has(name)) return undefined;
      const key = keyOf(this.#driver, this.fn, node);
      return key !== undefined && this.#zero(key) ? 'zero' : undefined;
    }
    this.#evaluating.add(name);
    const known = values.map((value) => this.value(value));
    this.#evaluating.delete(name);
    return known.every((value) => value === 'zero') ? 'zero' : undefined;
  }
}
