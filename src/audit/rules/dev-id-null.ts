import { shown } from '../driver/irq-driver.ts';
import { irqShape } from '../driver/irq-shape.ts';
import type { Request } from '../driver/requests.ts';
import { linesOf, placeOf } from '../finding.ts';
import { isNull } from '../syntax/expressions.ts';
import type { Rule } from './rule.ts';

export const devIdNull: Rule = {
  id: 'irq-dev-id-null',
  summary: 'requested with a dev_id and freed with NULL, or the other way round',
  why:
    'free_irq() looks for the action by its dev_id. With another one it finds none: "Trying to free already-free ' +
    'IRQ", and the handler stays installed while what it works on goes away.',
  bad: `request_irq(priv->irq, foo_irq, 0, "foo", priv);
...
free_irq(priv->irq, NULL);`,
  good: `request_irq(priv->irq, foo_irq, 0, "foo", priv);
...
free_irq(priv->irq, priv);`,
  severity: 'warning',
  strict: false,
  *check(driver) {
    const requests = new Map<string, Request[]>();
    for (const fn of driver.functions) {
      for (const request of driver.requests(fn)) {
        if (request.devId === undefined) continue;
        const key = `${fn.source.file.path} ${irqShape(driver.driver, fn, request.irq)}`;
        requests.set(key, [...(requests.get(key) ?? []), request]);
      }
    }
    for (const fn of driver.functions) {
      for (const { call, irq, devId } of driver.frees(fn)) {
        const shape = irqShape(driver.driver, fn, irq);
        const same = requests.get(`${fn.source.file.path} ${shape}`) ?? [];
        const [first] = same;
        const without = isNull(fn.text, devId);
        // Where both kinds are requested on one number, either may be meant.
        const differ = same.every(
          (request) => request.devId !== undefined && isNull(request.fn.text, request.devId) !== without,
        );
        if (first?.devId === undefined || !differ) continue;
        const requested = placeOf(first.fn, first.call.node);
        yield {
          rule: devIdNull.id,
          severity: 'warning',
          ...placeOf(fn, call.node),
          function: fn.name,
          lines: linesOf(fn.source),
          subject: shape,
          message: `free_irq(${shown(fn, irq)}, ${shown(fn, devId)}), but it was requested with dev_id ${shown(first.fn, first.devId)}: the action is not found, and stays`,
          related: [{ ...requested, message: 'requested here' }],
        };
      }
    }
  },
};
