import { callOf, type IrqDriver, isKeptOff } from '../driver/irq-driver.ts';
import { type Use, type Uses, usesOf } from '../driver/handler-uses.ts';
import type { Initialisation } from '../driver/effects.ts';
import type { ParsedFunction } from '../driver/parsed-function.ts';
import type { Request } from '../driver/requests.ts';
import { type Finding, linesOf, placeOf } from '../finding.ts';
import { explore } from '../flow/explore.ts';
import type { Step } from '../flow/flow.ts';
import type { SyntaxNode } from '../syntax/node.ts';
import type { Rule } from './rule.ts';
import { severityOf } from './severity.ts';

export const initAfterRequest: Rule = {
  id: 'irq-init-after-request',
  summary: 'state that the handler uses is initialised, or a pointer that it follows is set, after request_irq()',
  why:
    'The handler may run before request_irq() returns: the line may be shared, pending from the boot loader or a ' +
    'crashed kernel, and startup unmasks inside the call. A zeroed completion, wait queue or tasklet, and a NULL ' +
    'pointer, then crash the machine.',
  bad: `ret = request_irq(priv->irq, foo_irq, IRQF_SHARED, "foo", priv);
if (ret)
	return ret;
init_completion(&priv->done);	/* foo_irq() completes it */`,
  good: `init_completion(&priv->done);
ret = request_irq(priv->irq, foo_irq, IRQF_SHARED, "foo", priv);
if (ret)
	return ret;`,
  severity: 'warning',
  strict: false,
  *check(driver) {
    const reported = new Set<string>();
    for (const fn of driver.requesters) {
      for (const { request, step, call } of requestsThrough(driver, fn)) {
        for (const finding of checkRequest(driver, fn, request, step, call)) {
          const key = `${finding.file}:${finding.line} ${finding.subject}`;
          if (reported.has(key)) continue;
          reported.add(key);
          yield finding;
        }
      }
    }
  },
};

interface Through {
  readonly request: Request;
  readonly step: Step;
  /** The call in this function that requests, itself or further down. */
  readonly call: SyntaxNode;
}

/** Requests of a function and of the helpers that it calls. */
function* requestsThrough(driver: IrqDriver, fn: ParsedFunction): Iterable<Through> {
  for (const step of fn.flow.steps) {
    for (const event of fn.events(step)) {
      if (event.kind !== 'call' || event.name === undefined) continue;
      const own = driver.requests(fn).find((request) => request.call === event);
      if (own !== undefined) yield { request: own, step, call: event.node };
      const callee = driver.driver.lookUp(event.name, fn.source.file);
      if (callee === undefined || callee === fn.source) continue;
      for (const request of driver.effects.function(callee, 1).requests) yield { request, step, call: event.node };
    }
  }
}

function* checkRequest(
  driver: IrqDriver,
  fn: ParsedFunction,
  request: Request,
  step: Step,
  call: SyntaxNode,
): Iterable<Finding> {
  if (request.handlers.length === 0 || isKeptOff(request.fn, request.call.node, request.flags)) return;
  if (request.fn !== fn && isKeptOff(fn, call, '')) return;
  const { reached } = explore(fn, step, {
    result: { call, value: 'zero' },
    stop: (at) => driver.effects.step(fn, at).quiets,
  });
  const late = [...reached].flatMap((at) => driver.effects.step(fn, at).initialisations);
  if (late.length === 0) return;
  const written = new Set(driver.writtenBefore(fn, step));
  // Helpers write before they request, too.
  if (request.fn !== fn) for (const key of driver.writtenBefore(request.fn, request.step)) written.add(key);
  const candidates = late.filter(({ key }) => !written.has(key));
  if (candidates.length === 0) return;
  const uses = usesOf(driver.driver, request.handlers, (key) => driver.isStillZero(key, written, fn.source.file));
  for (const initialisation of candidates) {
    const use = useOf(uses, initialisation);
    if (use === undefined || isInitialisedElsewhere(driver, fn, initialisation)) continue;
    yield finding(request, initialisation, use);
  }
}

function useOf(uses: Uses, { key, what }: Initialisation): Use | undefined {
  return (what === 'pointer' || what === 'driver data' ? uses.followed : uses.touched).get(key);
}

/** What is requested in open() may have been initialised in probe(), which no call connects with it. */
function isInitialisedElsewhere(driver: IrqDriver, fn: ParsedFunction, { key, fn: own }: Initialisation): boolean {
  if (driver.isProbe(fn.source)) return false;
  const field = /(\w+)$/.exec(key)?.[1];
  if (field === undefined) return false;
  const setting = new RegExp(`\\w\\s*\\(\\s*&[^;,]*\\b${field}\\b|(?:->|\\.)${field}\\s*=(?!=)(?!\\s*NULL)`, 'g');
  for (const file of new Set([fn.source.file, own.source.file])) {
    for (const match of file.text.matchAll(setting)) {
      const source = file.functionAt(match.index);
      if (source === undefined || source === fn.source || source === own.source) continue;
      if (/exit|remove|free|close|stop|shutdown|irq|intr|isr|handler/.test(source.name)) continue;
      if (/(?:^|_)init|probe|alloc|create|setup|attach|register/i.test(source.name) && callOf(fn, source.name) === undefined) {
        return true;
      }
    }
  }
  return false;
}

function finding(request: Request, { fn, node, key, what, object }: Initialisation, use: Use): Finding {
  const requestPlace = placeOf(request.fn, request.call.node);
  const handler = request.handlers[0]?.name ?? 'the handler';
  const plain = object.replace(/\s+/g, ' ');
  const done = what === 'pointer' ? `pointer '${plain}' set` : what === 'driver data' ? 'driver data set' : `${what} '${plain}' initialised`;
  return {
    rule: initAfterRequest.id,
    severity: severityOf(request),
    ...placeOf(fn, node),
    function: fn.name,
    lines: linesOf(fn.source),
    subject: key,
    message: `${done} after ${request.api}() (line ${requestPlace.line}); handler ${handler}() uses it`,
    related: [
      { ...requestPlace, message: 'the handler may run from here on' },
      { ...placeOf(use.fn, use.node), message: `used here, in ${use.fn.name}()` },
    ],
  };
}
