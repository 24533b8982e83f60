import { FREES, VECTOR_RELEASES } from '../api/irq-calls.ts';
import { NO_FIELDS } from '../driver/effects.ts';
import type { IrqDriver } from '../driver/irq-driver.ts';
import type { ParsedFunction } from '../driver/parsed-function.ts';
import { type Finding, linesOf, placeOf } from '../finding.ts';
import type { CallEvent } from '../flow/events.ts';
import { explore } from '../flow/explore.ts';
import type { Step } from '../flow/flow.ts';
import type { Rule } from './rule.ts';

export const vectorsReleased: Rule = {
  id: 'irq-vectors-released',
  summary: 'the vectors of the device are released while an interrupt of it is still requested',
  why:
    'Releasing a vector whose handler is installed is a BUG_ON() up to v5.16 and leaves an action without an ' +
    'interrupt later; free_irq() then meets a number that is gone, or belongs to somebody else.',
  bad: `pci_free_irq_vectors(pdev);
free_irq(priv->irq, priv);`,
  good: `free_irq(priv->irq, priv);
pci_free_irq_vectors(pdev);`,
  severity: 'warning',
  strict: true,
  *check(driver) {
    for (const file of driver.driver.files) {
      // The expression looks at every word; most files have none of the names.
      if (![...VECTOR_RELEASES].some((name) => file.text.includes(name))) continue;
      for (const { index } of file.text.matchAll(RELEASE_CALL)) {
        const source = file.functionAt(index);
        const fn = source === undefined || index < source.span.body ? undefined : driver.driver.parse(source);
        if (fn !== undefined) yield* checkFunction(driver, fn, index);
      }
    }
  },
};

const RELEASE_CALL = new RegExp(`\\b(?:${[...VECTOR_RELEASES].join('|')})\\s*\\(`, 'g');

function* checkFunction(driver: IrqDriver, fn: ParsedFunction, offset: number): Iterable<Finding> {
  for (const step of fn.flow.steps) {
    const release = fn
      .events(step)
      .find((event): event is CallEvent => event.kind === 'call' && event.node.start === offset);
    if (release === undefined) continue;
    const later = freeAfter(driver, fn, step);
    const managed = later === undefined ? managedStillThere(driver, fn, step) : undefined;
    if (later === undefined && managed === undefined) continue;
    const related = later ?? managed;
    if (related?.node === undefined) continue;
    yield {
      rule: vectorsReleased.id,
      severity: 'warning',
      ...placeOf(fn, release.node),
      function: fn.name,
      lines: linesOf(fn.source),
      subject: `${release.name}`,
      message:
        later === undefined
          ? `${release.name}() in ${fn.name}() while the interrupt that devres frees is still requested`
          : `${release.name}() before free_irq() (line ${placeOf(later.fn, later.node).line})`,
      related: [
        {
          ...placeOf(related.fn, related.node),
          message:
            later === undefined ? 'requested here; freed by devres, after remove()' : 'freed only here',
        },
      ],
    };
  }
}

interface Where {
  readonly fn: ParsedFunction;
  readonly node: CallEvent['node'];
}

/** What frees an interrupt after the release, on the same way and before anything new is requested. */
function freeAfter(driver: IrqDriver, fn: ParsedFunction, step: Step): Where | undefined {
  let found: Where | undefined;
  explore(fn, step, {
    stop: (at) => {
      for (const event of fn.events(at)) {
        if (event.kind !== 'call' || event.name === undefined) continue;
        if (/alloc_irq_vectors|enable_msix?|request_\w*irq/.test(event.name)) return true;
        const callee = driver.driver.lookUp(event.name, fn.source.file);
        if (callee !== undefined && driver.effects.gists.of(callee).requests) return true;
        const frees =
          FREES.has(event.name) ||
          (callee !== undefined &&
            /(?:^|[^\w])(?:pci_)?free_irq\s*\(/.test(callee.text) &&
            !/disable_msi|free_irq_vectors/.test(callee.text));
        if (frees) found ??= { fn, node: event.node };
      }
      return found !== undefined;
    },
  });
  return found;
}

/** An interrupt of the file that devres frees, where a remove() releases its vectors itself. */
function managedStillThere(driver: IrqDriver, fn: ParsedFunction, step: Step): Where | undefined {
  const isRemove = [...driver.driver.callbackNames(fn.source)].some(
    (name) => name === 'remove' || name === 'remove_new',
  );
  if (!isRemove) return undefined;
  for (const before of fn.flow.steps) {
    if (before.id <= step.id && driver.effects.step(fn, before, NO_FIELDS).quiets) return undefined;
  }
  for (const requester of driver.functions) {
    if (requester.source.file !== fn.source.file) continue;
    const managed = driver.requests(requester).find(({ shape }) => shape.managed);
    if (managed !== undefined) return { fn: requester, node: managed.call.node };
  }
  return undefined;
}
