import { shown } from '../driver/irq-driver.ts';
import { irqShape, variablesBehind } from '../driver/irq-shape.ts';
import type { ParsedFunction } from '../driver/parsed-function.ts';
import { linesOf, placeOf } from '../finding.ts';
import { eventsOf } from '../flow/events.ts';
import type { Loop } from '../flow/flow.ts';
import { bare, textOf, variablesIn } from '../syntax/expressions.ts';
import { childOf, descendants, type SyntaxNode } from '../syntax/node.ts';
import type { Rule } from './rule.ts';

export const unwindIndex: Rule = {
  id: 'irq-unwind-index',
  summary: 'a loop that frees interrupts takes the number with one index and dev_id with another',
  why:
    'free_irq() looks for the action with that dev_id on that number: with another index it finds none, warns ' +
    '"Trying to free already-free IRQ", and the handler that was meant stays installed on memory that goes away.',
  bad: `for (j = 0; j < i; j++)
	free_irq(pci_irq_vector(pdev, i), &priv->queue[j]);`,
  good: `for (j = 0; j < i; j++)
	free_irq(pci_irq_vector(pdev, j), &priv->queue[j]);`,
  severity: 'warning',
  strict: false,
  *check(driver) {
    for (const fn of driver.functions) {
      for (const { step, call, irq, devId } of driver.frees(fn)) {
        const loop = step.loops.at(-1);
        if (loop === undefined) continue;
        const counters = countersOf(fn, loop);
        const [number, id] = [irq, devId].map((arg) => indicesOf(fn, arg));
        if (number === undefined || id === undefined) continue;
        const [wrong, right, name] = strangerIn(fn, loop, number, id, counters)
          ? [number, id, 'the number']
          : strangerIn(fn, loop, id, number, counters)
            ? [id, number, 'dev_id']
            : [];
        if (wrong === undefined || right === undefined) continue;
        const counter = [...right].find((variable) => counters.has(variable));
        const stranger = [...wrong].find((variable) => !counters.has(variable));
        yield {
          rule: unwindIndex.id,
          severity: 'warning',
          ...placeOf(fn, call.node),
          function: fn.name,
          lines: linesOf(fn.source),
          subject: `${irqShape(driver.driver, fn, irq)} ${stranger} ${counter}`,
          message: `free_irq(${shown(fn, irq)}, ${shown(fn, devId)}): ${name} is taken with '${stranger}', but the loop counts '${counter}'`,
          related: [{ ...placeOf(fn, loop.statement), message: 'in this loop' }],
        };
      }
    }
  },
};

/** Variables that the loop itself changes. */
function countersOf(fn: ParsedFunction, { statement, condition }: Loop): Set<string> {
  const counters = new Set<string>();
  for (const event of eventsOf(fn.text, statement)) {
    if (event.kind === 'assign' && event.left.kind === 'identifier')
      counters.add(textOf(fn.text, event.left));
  }
  // The head of a loop macro hides what it counts: any of its variables may be it.
  const macro =
    condition !== undefined &&
    !/^(?:while|for|do)\b/.test(fn.text.slice(statement.start, statement.start + 6));
  return macro ? variablesIn(fn.text, condition, counters) : counters;
}

/** Integer variables that choose an element: in brackets, or as an argument. */
function indicesOf(fn: ParsedFunction, node: SyntaxNode): Set<string> {
  const indices = new Set<string>();
  const choosers = [
    ...descendants(node, 'subscript_expression').flatMap((part) => childOf(part, 'index') ?? []),
    ...descendants(node, 'call_expression').flatMap((part) => childOf(part, 'arguments')?.children ?? []),
  ];
  const inner = bare(node);
  if (inner.kind === 'binary_expression') choosers.push(inner);
  for (const chooser of choosers) {
    for (const name of variablesIn(fn.text, chooser)) if (isInteger(fn, name)) indices.add(name);
  }
  return indices;
}

function isInteger(fn: ParsedFunction, name: string): boolean {
  const type = fn.types.get(name);
  return (
    type !== undefined &&
    type.pointers === 0 &&
    /^(?:(?:unsigned|signed|long|short|int|u\d+|s\d+|__u\d+|size_t|ssize_t|char|uint\w*|int\d+_t)\s*)+$/.test(
      type.name,
    )
  );
}

/** Whether `some` is taken with a variable that the loop leaves alone, where `others` is taken with its counter. */
function strangerIn(
  fn: ParsedFunction,
  { statement }: Loop,
  some: ReadonlySet<string>,
  others: ReadonlySet<string>,
  counters: ReadonlySet<string>,
): boolean {
  if (some.size !== 1 || others.size === 0) return false;
  if (![...others].some((name) => counters.has(name))) return false;
  return [...some].every((name) => {
    if (counters.has(name) || others.has(name)) return false;
    // A loop around this one counts it, or it was made from the counter.
    const outer = fn.flow.steps.some(({ loops }) =>
      loops.some(
        (loop) =>
          loop.statement !== statement &&
          contains(loop.statement, statement) &&
          countersOf(fn, loop).has(name),
      ),
    );
    const made = (fn.valuesOf(name) ?? []).some((value) =>
      [...variablesBehind(fn, value)].some((one) => counters.has(one)),
    );
    return !outer && !made;
  });
}

function contains(outer: SyntaxNode, inner: SyntaxNode): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
