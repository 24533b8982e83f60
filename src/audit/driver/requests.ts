import { FREES, REQUESTS, type RequestShape } from '../api/irq-calls.ts';
import type { CallEvent } from '../flow/events.ts';
import type { Step } from '../flow/flow.ts';
import { bare, plainText, textOf } from '../syntax/expressions.ts';
import type { SyntaxNode } from '../syntax/node.ts';
import type { Driver } from './driver.ts';
import type { ParsedFunction } from './parsed-function.ts';
import type { FunctionSource } from './source-file.ts';

/** A call that installs a handler. */
export interface Request {
  readonly fn: ParsedFunction;
  readonly step: Step;
  readonly call: CallEvent;
  /** The function that is called. */
  readonly api: string;
  readonly shape: RequestShape;
  readonly irq: SyntaxNode;
  readonly devId: SyntaxNode | undefined;
  readonly flags: string;
  /** Handler and thread function, where the directory has them. */
  readonly handlers: readonly FunctionSource[];
}

/** A call that takes a handler away. */
export interface Free {
  readonly fn: ParsedFunction;
  readonly step: Step;
  readonly call: CallEvent;
  readonly irq: SyntaxNode;
  readonly devId: SyntaxNode;
}

export function requestsIn(driver: Driver, fn: ParsedFunction): Request[] {
  return fn.flow.steps.flatMap((step) =>
    fn.events(step).flatMap((event): Request[] => {
      const shape = event.kind === 'call' && event.name !== undefined ? REQUESTS.get(event.name) : undefined;
      if (shape === undefined || event.kind !== 'call' || event.name === undefined) return [];
      const irq = event.args[shape.irq];
      if (irq === undefined) return [];
      const handlers = [
        event.args[shape.handler],
        shape.thread === undefined ? undefined : event.args[shape.thread],
      ];
      return [
        {
          fn,
          step,
          call: event,
          api: event.name,
          shape,
          irq,
          devId: event.args[shape.devId],
          flags: flagsOf(fn, event, shape),
          handlers: [
            ...new Set(
              handlers.flatMap((node) => (node === undefined ? [] : functionsNamed(driver, fn, node))),
            ),
          ],
        },
      ];
    }),
  );
}

export function freesIn(fn: ParsedFunction): Free[] {
  return fn.flow.steps.flatMap((step) =>
    fn.events(step).flatMap((event): Free[] => {
      const shape = event.kind === 'call' && event.name !== undefined ? FREES.get(event.name) : undefined;
      if (shape === undefined || event.kind !== 'call') return [];
      const irq = event.args[shape.irq];
      const devId = event.args[shape.devId];
      return irq === undefined || devId === undefined ? [] : [{ fn, step, call: event, irq, devId }];
    }),
  );
}

/** The flags' text; of a variable, what is assigned to it anywhere in the function. */
function flagsOf(fn: ParsedFunction, event: CallEvent, shape: RequestShape): string {
  if (shape.flags === undefined) return 'IRQF_SHARED';
  const node = event.args[shape.flags];
  if (node === undefined) return '';
  const own = plainText(fn.text, node);
  if (!/^\w+$/.test(own) || !fn.types.has(own)) return own;
  const values: string[] = [];
  for (const step of fn.flow.steps) {
    for (const assign of fn.events(step)) {
      if (assign.kind !== 'assign' || assign.right === undefined || textOf(fn.text, assign.left) !== own)
        continue;
      values.push(plainText(fn.text, assign.right));
    }
  }
  return values.join('|');
}

/** Functions that an expression may be: a name, either arm of `?:`, what was assigned to a variable. */
function functionsNamed(
  driver: Driver,
  fn: ParsedFunction,
  expression: SyntaxNode,
  depth = 0,
): FunctionSource[] {
  const node = bare(expression);
  if (node.kind === 'conditional_expression') {
    return node.children
      .filter(({ field }) => field !== 'condition')
      .flatMap((arm) => functionsNamed(driver, fn, arm, depth));
  }
  if (node.kind === 'pointer_expression')
    return node.children.flatMap((inner) => functionsNamed(driver, fn, inner, depth));
  if (node.kind !== 'identifier') return [];
  const name = textOf(fn.text, node);
  if (fn.types.has(name)) {
    if (depth > 0) return [];
    return (fn.valuesOf(name) ?? []).flatMap((value) => functionsNamed(driver, fn, value, depth + 1));
  }
  const found = driver.lookUp(name, fn.source.file);
  return found === undefined ? [] : [found];
}
