import { shown } from '../driver/irq-driver.ts';
import type { ParsedFunction } from '../driver/parsed-function.ts';
import { linesOf, placeOf } from '../finding.ts';
import type { CallEvent } from '../flow/events.ts';
import { stepsBefore } from '../flow/explore.ts';
import { isNull, textOf } from '../syntax/expressions.ts';
import type { Rule } from './rule.ts';
import { severityOf } from './severity.ts';

export const enableBeforeRequest: Rule = {
  id: 'irq-enable-before-request',
  summary: 'the device is told to interrupt before request_irq()',
  why:
    'A message that is sent before its interrupt is requested goes to the spurious vector and is lost; a line that ' +
    'nobody handles is switched off after 100000 interrupts. The first obstacle that the mail names.',
  bad: `writel(FOO_INT_ALL, base + FOO_INT_ENABLE);
ret = request_irq(priv->irq, foo_irq, 0, "foo", priv);`,
  good: `ret = request_irq(priv->irq, foo_irq, 0, "foo", priv);
if (ret)
	return ret;
writel(FOO_INT_ALL, base + FOO_INT_ENABLE);`,
  severity: 'warning',
  strict: true,
  *check(driver) {
    for (const fn of driver.functions) {
      for (const request of driver.requests(fn)) {
        const before = [...stepsBefore(request.step)].sort((one, other) => one.id - other.id);
        let enabled: CallEvent | undefined;
        for (const step of before) {
          for (const event of fn.events(step)) {
            if (event.kind !== 'call' || event.name === undefined) continue;
            if (enablesInterrupts(fn, event)) enabled = event;
            else if (DISABLING.test(event.name) || (WRITE.test(event.name) && isOff(fn, event.args)))
              enabled = undefined;
            else if (isRequestCall(event.name)) enabled = undefined;
          }
        }
        if (enabled === undefined) continue;
        const requested = placeOf(fn, request.call.node);
        yield {
          rule: enableBeforeRequest.id,
          severity: severityOf(request),
          ...placeOf(fn, enabled.node),
          function: fn.name,
          lines: linesOf(fn.source),
          subject: shown(fn, enabled.node),
          message: `${shown(fn, enabled.node)} enables the device's interrupts before ${request.api}() (line ${requested.line})`,
          related: [{ ...requested, message: 'the handler is installed only here' }],
        };
      }
    }
  },
};

const WRITE =
  /^(?:(?:__raw_)?write[bwlq](?:_relaxed)?|iowrite\d+\w*|out[bwl]|regmap_(?:write|update_bits|set_bits)|\w+_(?:write|writel|wr|wr32|reg_write|set_bits|update_bits)\w*)$/;
const ENABLE_REGISTER =
  /(?:^|_)(?:INT|INTR|IRQ|INTERRUPT)S?_?(?:\w+_)?(?:EN|ENA|ENB|ENABLE|UNMASK)\w*$|(?:^|_)(?:IER|INTEN|IRQEN|INTENABLE|IRQENABLE|INTENA)\w*$/;
const NOT_ENABLING = /CLR|CLEAR|DIS|STAT|ACK|MASK(?!_SET)|RAW|PRIO|THROTTLE/;
const ENABLING =
  /(?:^|_)(?:enable|unmask)_?(?:\w+_)?(?:irqs?|intr?s?|interrupts?)$|(?:^|_)(?:irqs?|intr?s?|interrupts?)_(?:enable|unmask)$/;
const NOT_DEVICE =
  /^(?:enable_irq|irq_|pci_|pcim_|local_|raw_|__enable|enable_percpu|of_|gpio|acpi_|clk_|regulator_)/;
const DISABLING = /(?:disable|mask|quiesce|reset|stop)\w*$/;

function enablesInterrupts(fn: ParsedFunction, { name = '', args }: CallEvent): boolean {
  if (NOT_DEVICE.test(name)) return false;
  // A helper may be told to disable, too: enable_interrupts(dev, false).
  if (ENABLING.test(name) && !/dis|un(?!mask)/.test(name)) {
    return args.length === 1 || !args.slice(1).some((arg) => isNull(fn.text, arg));
  }
  if (!WRITE.test(name)) return false;
  const register = args.some((arg) => {
    const words = textOf(fn.text, arg).match(/\b[A-Z][A-Z0-9_]+\b/g) ?? [];
    return words.some((word) => ENABLE_REGISTER.test(word) && !NOT_ENABLING.test(word));
  });
  return register && !isOff(fn, args);
}

/** Writes nothing, or takes bits away. */
function isOff(fn: ParsedFunction, args: CallEvent['args']): boolean {
  return args.some(
    (arg) =>
      isNull(fn.text, arg) ||
      textOf(fn.text, arg).includes('~') ||
      /\b\w*(?:DISABLE|NONE|CLEAR|CLR|OFF)\w*\b/.test(textOf(fn.text, arg)),
  );
}

function isRequestCall(name: string): boolean {
  return /request_(?:threaded_|any_context_)?irq$/.test(name);
}
