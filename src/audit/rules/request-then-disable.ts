import { DISABLES } from '../api/irq-calls.ts';
import { type IrqDriver, isKeptOff, shown } from '../driver/irq-driver.ts';
import { irqShape } from '../driver/irq-shape.ts';
import type { Request } from '../driver/requests.ts';
import { type Finding, linesOf, placeOf } from '../finding.ts';
import type { CallEvent } from '../flow/events.ts';
import { explore } from '../flow/explore.ts';
import type { Step } from '../flow/flow.ts';
import { textOf } from '../syntax/expressions.ts';
import type { Rule } from './rule.ts';
import { severityOf } from './severity.ts';

export const requestThenDisable: Rule = {
  id: 'irq-request-then-disable',
  summary: 'an interrupt is requested and then switched off, or marked IRQ_NOAUTOEN when it is already on',
  why:
    'Between request_irq() and disable_irq() the handler can run in a driver that says it is not ready for it. ' +
    'IRQF_NO_AUTOEN (cbe16f35bee6 "genirq: Add IRQF_NO_AUTOEN for request_irq/nmi()", in v5.13) leaves no window.',
  bad: `ret = request_irq(priv->irq, foo_irq, 0, "foo", priv);
if (ret)
	return ret;
disable_irq(priv->irq);`,
  good: `ret = request_irq(priv->irq, foo_irq, IRQF_NO_AUTOEN, "foo", priv);
if (ret)
	return ret;`,
  severity: 'warning',
  strict: false,
  *check(driver) {
    for (const fn of driver.functions) {
      for (const request of driver.requests(fn)) yield* checkRequest(driver, request);
    }
  },
};

function* checkRequest(driver: IrqDriver, request: Request): Iterable<Finding> {
  const { fn, step, call } = request;
  if (isKeptOff(fn, call.node, request.flags)) return;
  let late: { at: Step; event: CallEvent } | undefined;
  explore(fn, step, {
    result: { call: call.node, value: 'zero' },
    stop: (at) => {
      const switched = fn.events(at).find((event): event is CallEvent => switchesOff(driver, request, event));
      // What is switched off only sometimes is not what the driver always wants.
      const always = at.enclosing.every((branch) => step.enclosing.includes(branch));
      if (switched !== undefined && always) late ??= { at, event: switched };
      return (
        switched !== undefined ||
        fn.events(at).some((event) => event.kind === 'call' && ENDS.test(event.name ?? ''))
      );
    },
  });
  if (late === undefined) return;
  const requested = placeOf(fn, call.node);
  const irq = shown(fn, request.irq);
  yield {
    rule: requestThenDisable.id,
    severity: severityOf(request),
    ...placeOf(fn, late.event.node),
    function: fn.name,
    lines: linesOf(fn.source),
    subject: irqShape(driver.driver, fn, request.irq),
    message: `${late.event.name}(${irq}) after ${request.api}() (line ${requested.line}): ${handlerName(request)} may run in between; ${advice(request)}`,
    related: [{ ...requested, message: 'the interrupt is on from here' }],
  };
}

/** The kernel warns of IRQF_NO_AUTOEN on a shared line: it would switch off the others' interrupt. */
function advice({ flags }: Request): string {
  return /SHARED/.test(flags) ? 'request it when all is ready' : 'pass IRQF_NO_AUTOEN instead';
}

function handlerName({ handlers }: Request): string {
  return handlers[0] === undefined ? 'the handler' : `${handlers[0].name}()`;
}

/** The driver has begun to use the interrupt, or given it back. */
const ENDS =
  /^(?:free_irq|devm_free_irq|pci_free_irq|enable_irq|synchronize_irq|wait_\w+|msleep\w*|schedule\w*|swait_\w+)$|wait_for|_start$/;

function switchesOff(driver: IrqDriver, { fn, irq }: Request, event: { kind: string }): boolean {
  const { name, args } = event as CallEvent;
  const [first, second] = event.kind === 'call' ? args : [];
  if (name === undefined || first === undefined) return false;
  const late =
    name === 'irq_set_status_flags' && second !== undefined && /NOAUTOEN/.test(textOf(fn.text, second));
  if (!late && !DISABLES.has(name)) return false;
  return irqShape(driver.driver, fn, first) === irqShape(driver.driver, fn, irq);
}
