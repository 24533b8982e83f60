import { HINTS } from '../api/irq-calls.ts';
import { type IrqDriver, shown } from '../driver/irq-driver.ts';
import { irqShape } from '../driver/irq-shape.ts';
import type { ParsedFunction } from '../driver/parsed-function.ts';
import { type Finding, linesOf, placeOf } from '../finding.ts';
import type { CallEvent } from '../flow/events.ts';
import { explore, isHead } from '../flow/explore.ts';
import type { Step } from '../flow/flow.ts';
import { isNull } from '../syntax/expressions.ts';
import type { SyntaxNode } from '../syntax/node.ts';
import type { Rule } from './rule.ts';

export const hintNotCleared: Rule = {
  id: 'irq-hint-not-cleared',
  summary: 'free_irq() while the affinity hint that was set on the same way is still there',
  why:
    'free_irq() warns (WARN_ON_ONCE(desc->affinity_hint)) and the hint then points to memory that the driver frees; ' +
    'reading /proc/irq/N/affinity_hint follows it. Seen in 68410c5bd381 ("wifi: ath11k: Clear affinity hint before ' +
    'calling ath11k_pcic_free_irq() in error path").',
  bad: `for (i = 0; i < n; i++) {
	if (request_irq(vec[i].irq, foo_irq, 0, "foo", &q[i]))
		goto undo;
	irq_update_affinity_hint(vec[i].irq, &q[i].mask);
}
undo:
while (--i >= 0)
	free_irq(vec[i].irq, &q[i]);`,
  good: `undo:
while (--i >= 0) {
	irq_update_affinity_hint(vec[i].irq, NULL);
	free_irq(vec[i].irq, &q[i]);
}`,
  severity: 'warning',
  strict: false,
  *check(driver) {
    for (const fn of driver.functions) {
      for (const step of fn.flow.steps) {
        for (const event of fn.events(step)) {
          const irq = hintedBy(fn, event, false);
          if (irq !== undefined) yield* checkHint(driver, fn, step, event.node, irq);
        }
      }
    }
  },
};

/** The interrupt whose hint a call sets, or takes away. */
function hintedBy(fn: ParsedFunction, event: { kind: string }, cleared: boolean): SyntaxNode | undefined {
  const { name, args } = event as CallEvent;
  if (event.kind !== 'call' || name === undefined || !HINTS.has(name)) return undefined;
  const [irq, mask] = args;
  return irq !== undefined && mask !== undefined && isNull(fn.text, mask) === cleared ? irq : undefined;
}

/** Whether a function calls what takes hints away, itself or in a helper. */
function clears(driver: IrqDriver, fn: ParsedFunction, step: Step): boolean {
  return fn.events(step).some((event) => {
    if (hintedBy(fn, event, true) !== undefined) return true;
    if (event.kind !== 'call' || event.name === undefined) return false;
    const callee = driver.driver.lookUp(event.name, fn.source.file);
    return callee !== undefined && /affinity(?:_and)?_hint\s*\([^;]*NULL\s*\)/.test(callee.text);
  });
}

/** A loop that takes hints away does so for those that are there: that it has nothing to do is no way to look at. */
function loopClears(driver: IrqDriver, fn: ParsedFunction, step: Step): boolean {
  const loop = isHead(step) ? step.loops.at(-1) : undefined;
  if (loop === undefined) return false;
  return fn.flow.steps.some((other) => other.loops.includes(loop) && clears(driver, fn, other));
}

function* checkHint(
  driver: IrqDriver,
  fn: ParsedFunction,
  step: Step,
  hint: SyntaxNode,
  irq: SyntaxNode,
): Iterable<Finding> {
  const shape = irqShape(driver.driver, fn, irq);
  let freed: { at: ParsedFunction; node: SyntaxNode } | undefined;
  explore(fn, step, {
    loops: true,
    // A hint that could not be set is not there: the call only fails for a number without a descriptor.
    result: { call: hint, value: 'zero' },
    stop: (at) => {
      if (clears(driver, fn, at) || loopClears(driver, fn, at)) return true;
      for (const { at: where, node, irq: other } of freesAt(driver, fn, at)) {
        if (irqShape(driver.driver, where, other) === shape) freed ??= { at: where, node };
      }
      return false;
    },
  });
  if (freed === undefined) return;
  const set = placeOf(fn, hint);
  yield {
    rule: hintNotCleared.id,
    severity: 'warning',
    ...placeOf(freed.at, freed.node),
    function: freed.at.name,
    lines: linesOf(freed.at.source),
    subject: `${fn.name} ${shape}`,
    message: `'${shown(fn, irq)}' is freed while the affinity hint set in ${fn.name}() (line ${set.line}) is still there`,
    related: [
      {
        ...set,
        message: 'the hint is set here; clear it with irq_update_affinity_hint(irq, NULL) before free_irq()',
      },
    ],
  };
}

interface FreeAt {
  readonly at: ParsedFunction;
  readonly node: SyntaxNode;
  readonly irq: SyntaxNode;
}

/** What a step frees, itself or in a helper that is called by name. */
function freesAt(driver: IrqDriver, fn: ParsedFunction, step: Step): FreeAt[] {
  const own = driver.frees(fn).filter((free) => free.step === step);
  const found = own.map(({ call, irq }): FreeAt => ({ at: fn, node: call.node, irq }));
  for (const event of fn.events(step)) {
    if (event.kind !== 'call' || event.name === undefined) continue;
    const callee = driver.driver.lookUp(event.name, fn.source.file);
    if (callee === undefined || callee === fn.source || !/free_irq\s*\(/.test(callee.text)) continue;
    const parsed = driver.driver.parse(callee);
    if (parsed === undefined) continue;
    for (const { call, irq } of driver.frees(parsed)) found.push({ at: parsed, node: call.node, irq });
  }
  return found;
}
