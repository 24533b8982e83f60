import { FREES } from '../api/irq-calls.ts';
import { type IrqDriver, isErrorReturn } from '../driver/irq-driver.ts';
import { irqShape } from '../driver/irq-shape.ts';
import type { ParsedFunction } from '../driver/parsed-function.ts';
import { linesOf, placeOf } from '../finding.ts';
import { explore } from '../flow/explore.ts';
import type { Step } from '../flow/flow.ts';
import type { Rule } from './rule.ts';
import { severityOf } from './severity.ts';

export const errorPath: Rule = {
  id: 'irq-error-path',
  summary: 'the function fails after request_irq() and returns without free_irq()',
  why:
    'The handler stays installed on a device that was given up, with a dev_id that is freed next. The next ' +
    'interrupt, or a read of /proc/interrupts, uses freed memory.',
  bad: `ret = request_irq(priv->irq, foo_irq, 0, "foo", priv);
if (ret)
	return ret;
ret = register_foo(priv);
if (ret)
	return ret;`,
  good: `ret = register_foo(priv);
if (ret) {
	free_irq(priv->irq, priv);
	return ret;
}`,
  severity: 'warning',
  strict: true,
  *check(driver) {
    for (const fn of driver.functions) {
      for (const request of driver.requests(fn)) {
        if (request.shape.managed || request.step.loops.length > 0 || !ownsItsErrors(driver, fn)) continue;
        let left: Step | undefined;
        explore(fn, request.step, {
          result: { call: request.call.node, value: 'zero' },
          stop: (at, facts) => {
            if (driver.quiets(fn, at) || cleansUp(fn, at)) return true;
            if (left === undefined && isErrorReturn(fn, at, facts)) left = at;
            return false;
          },
        });
        if (left?.node === undefined) continue;
        const requested = placeOf(fn, request.call.node);
        yield {
          rule: errorPath.id,
          severity: severityOf(request),
          ...placeOf(fn, left.node),
          function: fn.name,
          lines: linesOf(fn.source),
          subject: irqShape(driver.driver, fn, request.irq),
          message: `an error is returned while the interrupt requested in line ${requested.line} stays requested`,
          related: [{ ...requested, message: 'requested here' }],
        };
      }
    }
  },
};

/** Some frameworks call the driver's detach() when its attach() fails; some callers free for the function. */
function ownsItsErrors(driver: IrqDriver, fn: ParsedFunction): boolean {
  if (/comedi|pcmcia/.test(fn.source.file.path)) return false;
  return !driver.driver
    .callersOf(fn.source)
    .some(
      (caller) =>
        [...FREES.keys()].some((free) => caller.text.includes(`${free}(`)) ||
        driver.effects.gists.of(caller).quiets,
    );
}

/** A call whose name says that it takes back what was done. */
function cleansUp(fn: ParsedFunction, step: Step): boolean {
  return fn
    .events(step)
    .some(
      (event) =>
        event.kind === 'call' &&
        /remove|release|cleanup|teardown|unwind|_exit$|_free$|shutdown|_close$|detach|_stop$|disconnect|destroy/.test(
          event.name ?? '',
        ) &&
        !/^(?:k|v|pci_|of_|dev|clk_|dma_|release_(?:mem_)?region)/.test(event.name ?? ''),
    );
}
