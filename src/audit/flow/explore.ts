import type { ParsedFunction } from '../driver/parsed-function.ts';
import { bare, operatorOf, textOf } from '../syntax/expressions.ts';
import { childOf, type SyntaxNode } from '../syntax/node.ts';
import { evaluate, type Known } from './evaluate.ts';
import type { Edge, Step } from './flow.ts';

/** What is known of local variables at a point. */
export type Facts = ReadonlyMap<string, Known>;

export interface Exploration {
  /** Steps that were reached, the start itself only where a way comes back to it. */
  readonly reached: ReadonlySet<Step>;
}

export interface ExploreOptions {
  /** What is known where the exploration starts. */
  readonly facts?: Facts;
  /** What a call's result is, for the start's own condition. */
  readonly result?: { readonly call: SyntaxNode; readonly value: Known };
  /** Whether edges back may be taken. */
  readonly loops?: boolean;
  /** Called for every step with what is known there; true ends this way. */
  readonly stop?: (step: Step, facts: Facts) => boolean;
}

/** A function with more states than this is left half explored: a way that was not seen is not reported. */
const MAX_STATES = 20_000;

/**
 * The ways that go on from a step, with what conditions tell of local variables: after `ret = request_irq(...)`
 * succeeded, `if (ret) goto err;` is not taken.
 */
export function explore(fn: ParsedFunction, start: Step, options: ExploreOptions = {}): Exploration {
  const { loops = false, stop, result } = options;
  const reached = new Set<Step>();
  const seen = new Set<string>();
  const ways: { step: Step; facts: Facts }[] = [];
  const go = (edge: Edge, facts: Facts, condition: Known): void => {
    if (edge.back && !loops) {
      // The next round is not looked at, what comes after the loop is.
      if (isHead(edge.to))
        for (const out of edge.to.next) if (out.outcome === false) go(out, facts, undefined);
      return;
    }
    if (edge.outcome !== undefined && condition !== undefined && edge.outcome !== (condition !== 'zero'))
      return;
    const known = learn(fn, edge, facts);
    const key = `${edge.to.id} ${[...known].map(([name, value]) => `${name}=${value}`).join(' ')}`;
    if (seen.has(key) || seen.size > MAX_STATES) return;
    seen.add(key);
    ways.push({ step: edge.to, facts: known });
  };
  const first = afterStep(fn, start, options.facts ?? new Map(), result);
  const outcome = start.role === 'condition' ? conditionOf(fn, start, first, result) : undefined;
  for (const edge of start.next) go(edge, first, outcome);
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    const { step } = way;
    reached.add(step);
    const facts = afterStep(fn, step, way.facts, undefined);
    if (stop?.(step, facts) === true) continue;
    const condition = step.role === 'condition' ? conditionOf(fn, step, facts, undefined) : undefined;
    for (const edge of step.next) go(edge, facts, condition);
  }
  return { reached };
}

function conditionOf(fn: ParsedFunction, step: Step, facts: Facts, result: ExploreOptions['result']): Known {
  return step.node === undefined ? undefined : evaluate(fn.text, step.node, knowledge(fn, facts, result));
}

/** What facts tell of an expression. */
export function knowledge(fn: ParsedFunction, facts: Facts, result?: ExploreOptions['result']) {
  return (node: SyntaxNode): Known => {
    if (result !== undefined && node === result.call) return result.value;
    return node.kind === 'identifier' ? facts.get(textOf(fn.text, node)) : undefined;
  };
}

/** Facts after the step's assignments to local variables. */
function afterStep(fn: ParsedFunction, step: Step, facts: Facts, result: ExploreOptions['result']): Facts {
  let changed: Map<string, Known> | undefined;
  for (const event of fn.events(step)) {
    if (event.kind !== 'assign' || event.left.kind !== 'identifier') continue;
    const name = textOf(fn.text, event.left);
    if (!fn.verdicts.has(name)) continue;
    const value =
      event.right === undefined || event.operator !== '='
        ? undefined
        : evaluate(fn.text, event.right, knowledge(fn, changed ?? facts, result));
    if (value === undefined && !(changed ?? facts).has(name)) continue;
    changed ??= new Map(facts);
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
  }
  return changed ?? facts;
}

/** What the outcome of `if (ret)`, `if (!p)`, `if (ret < 0)` and the like tells of the variable. */
function learn(fn: ParsedFunction, { from, outcome }: Edge, facts: Facts): Facts {
  if (outcome === undefined || from.node === undefined) return facts;
  const told = toldBy(fn, from.node, outcome);
  if (told === undefined || !fn.verdicts.has(told.name) || facts.get(told.name) !== undefined) return facts;
  return new Map([...facts, [told.name, told.value]]);
}

function toldBy(
  fn: ParsedFunction,
  condition: SyntaxNode,
  outcome: boolean,
): { name: string; value: Known } | undefined {
  let node = bare(condition);
  for (;;) {
    const inner =
      node.kind === 'unary_expression' && operatorOf(fn.text, node) === '!'
        ? childOf(node, 'argument')
        : undefined;
    if (inner !== undefined) {
      outcome = !outcome;
      node = bare(inner);
      continue;
    }
    const assigned = node.kind === 'assignment_expression' ? childOf(node, 'left') : undefined;
    if (assigned === undefined) break;
    node = bare(assigned);
  }
  const failed = (yes: boolean): Known => (yes ? 'negative' : 'zero');
  if (node.kind === 'identifier') return { name: textOf(fn.text, node), value: failed(outcome) };
  if (node.kind !== 'binary_expression') return undefined;
  const left = childOf(node, 'left');
  const right = childOf(node, 'right');
  if (left === undefined || right === undefined || !/^(?:0|NULL)$/.test(textOf(fn.text, right)))
    return undefined;
  const variable = bare(left);
  const target = variable.kind === 'assignment_expression' ? childOf(variable, 'left') : variable;
  if (target?.kind !== 'identifier') return undefined;
  const name = textOf(fn.text, target);
  switch (operatorOf(fn.text, node)) {
    case '<':
    case '!=':
      return { name, value: failed(outcome) };
    case '==':
    case '>=':
      return { name, value: failed(!outcome) };
    default:
      return undefined;
  }
}

/** Whether a step is the condition of the innermost loop around it. */
export function isHead(step: Step): boolean {
  const loop = step.loops.at(-1);
  return step.role === 'condition' && loop !== undefined && loop.condition === step.node;
}

/** All steps from which the step can be reached without a second round of a loop around it. */
export function stepsBefore(step: Step): ReadonlySet<Step> {
  const before = new Set<Step>();
  const open: Step[] = [step];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const loop = isHead(at) ? at.loops.at(-1) : undefined;
    // All rounds of a loop that is over have been.
    const isOver = loop !== undefined && !step.loops.includes(loop);
    for (const { from, back } of at.previous) {
      if ((back && !isOver) || before.has(from)) continue;
      before.add(from);
      open.push(from);
    }
  }
  return before;
}
