import { type Initialisation, LAST_BUT_ONE, NO_FIELDS } from '../driver/effects.ts';
import { type Use, type Uses, usesOf } from '../driver/handler-uses.ts';
import { callOf, type IrqDriver, isKeptOff } from '../driver/irq-driver.ts';
import type { ParsedFunction } from '../driver/parsed-function.ts';
import type { Request } from '../driver/requests.ts';
import { type Finding, linesOf, placeOf } from '../finding.ts';
import { explore, stepsBefore } from '../flow/explore.ts';
import type { Step } from '../flow/flow.ts';
import { argumentsOf, bare, calledName, textOf } from '../syntax/expressions.ts';
import { childOf, type SyntaxNode } from '../syntax/node.ts';
import type { Rule } from './rule.ts';
import { severityOf } from './severity.ts';

export const initAfterRequest: Rule = {
  id: 'irq-init-after-request',
  summary:
    'state that the handler uses is initialised, or a pointer that it follows is set, after request_irq()',
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
      if (!driver.effects.gists.of(callee).requests) continue;
      for (const request of driver.effects.function(callee, NO_FIELDS, 1).requests)
        yield { request, step, call: event.node };
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
  if (isQuieted(fn, step, request) || isQuieted(request.fn, request.step, request)) return;
  const { reached } = explore(fn, step, {
    result: { call, value: 'zero' },
    stop: (at) => driver.effects.step(fn, at, NO_FIELDS).quiets,
  });
  // What the handler names at all decides which helpers are worth reading, and whether the handler is.
  const mentioned = driver.mentionedBy(request.handlers);
  const late = [...reached]
    .flatMap((at) => driver.effects.step(fn, at, mentioned, LAST_BUT_ONE).initialisations)
    .filter(
      (one) =>
        one.calls <= MAX_CALLS &&
        !isSubsystem(one, request) &&
        !isOptional(one, fn, step) &&
        !isNotThereYet(one, fn, reached),
    );
  if (late.length === 0) return;
  // Helpers write before they request, too.
  const written = [driver.writtenBefore(fn, step)];
  if (request.fn !== fn) written.push(driver.writtenBefore(request.fn, request.step));
  const most = driver.usedBy(request.handlers);
  const candidates = late.filter(
    (one) => useOf(most, one) !== undefined && !written.some((some) => some.has(one.key)),
  );
  if (candidates.length === 0) return;
  const uses = usesOf(driver.driver, request.handlers, (key) =>
    driver.isStillZero(key, written, fn.source.file),
  );
  const found = new Map<ParsedFunction, { initialisation: Initialisation; use: Use }[]>();
  for (const initialisation of candidates) {
    const use = useOf(uses, initialisation);
    if (use === undefined || uses.functions.has(initialisation.fn.source)) continue;
    if (isInitialisedElsewhere(driver, fn, initialisation)) continue;
    const same = found.get(initialisation.fn) ?? [];
    if (!same.some((other) => other.initialisation.key === initialisation.key))
      same.push({ initialisation, use });
    found.set(initialisation.fn, same);
  }
  for (const [, late] of found) yield finding(request, late);
}

function useOf(uses: Uses, { key, what }: Initialisation): Use | undefined {
  return (what === 'pointer' || what === 'driver data' ? uses.followed : uses.touched).get(key);
}

/** A subsystem that the driver registers with sees to its own state: what its contract is, this rule does not know. */
function isSubsystem({ fn }: Initialisation, request: Request): boolean {
  const { file } = fn.source;
  if (file === request.fn.source.file) return false;
  return file.isHeader || /EXPORT_SYMBOL/.test(file.text);
}

const ALLOCATION = /alloc|create|_get$|kmemdup|^container_of$|_new$/;

/** An object that is only allocated after the request is none that the handler could meet before it is linked. */
function isNotThereYet(
  { fn, node }: Initialisation,
  requester: ParsedFunction,
  after: ReadonlySet<Step>,
): boolean {
  const target = node.kind === 'call_expression' ? argumentsOf(node)[0] : childOf(node, 'left');
  return target !== undefined && isAllocatedIn(fn, target, fn === requester ? after : undefined, 0);
}

/** Whether the variable that leads to an expression is given fresh memory at one of the steps, or comes from one that is. */
function isAllocatedIn(
  fn: ParsedFunction,
  expression: SyntaxNode,
  steps: ReadonlySet<Step> | undefined,
  depth: number,
): boolean {
  const root = rootVariable(fn, expression);
  if (root === undefined || fn.parameters.includes(root) || depth > MAX_STEPS_BACK) return false;
  return fn.flow.steps.some((step) => {
    if (steps?.has(step) === false) return false;
    return fn.events(step).some((event) => {
      if (event.kind !== 'assign' || event.right === undefined || textOf(fn.text, event.left) !== root)
        return false;
      const value = bare(event.right);
      if (value.kind !== 'call_expression') {
        return value.kind === 'field_expression' && isAllocatedIn(fn, value, steps, depth + 1);
      }
      const name = calledName(fn.text, value) ?? '';
      const [first] = argumentsOf(value);
      if (ALLOCATION.test(name)) return true;
      // netdev_priv(dev), mmc_priv(host): a part of what was allocated.
      return /_priv$/.test(name) && first !== undefined && isAllocatedIn(fn, first, steps, depth + 1);
    });
  });
}

const MAX_STEPS_BACK = 3;

/** The local variable that leads to what a statement initialises: `chan` of `spin_lock_init(&chan->lock)`. */
function rootVariable(fn: ParsedFunction, expression: SyntaxNode): string | undefined {
  let at: SyntaxNode | undefined = expression;
  while (at !== undefined && at.kind !== 'identifier') at = childOf(at, 'argument') ?? bare(at).children[0];
  return at === undefined ? undefined : textOf(fn.text, at);
}

/** A pointer that only some devices have: what the handler does with it, it does for these. */
function isOptional({ what, fn: own, node }: Initialisation, fn: ParsedFunction, step: Step): boolean {
  if (what !== 'pointer') return false;
  return fn.flow.steps.some((at) => {
    const here =
      own === fn
        ? at.node !== undefined && at.node.start <= node.start && node.end <= at.node.end
        : fn.events(at).some((event) => event.kind === 'call' && event.name === own.name);
    return (
      here &&
      at.enclosing.some((branch) => branch.kind === 'if_statement' && !step.enclosing.includes(branch))
    );
  });
}

/**
 * Whether the device was told to be quiet before, as 2503d08f8a2d ("net: ethernet: arc: emac: quiesce interrupts before
 * requesting IRQ") does. Where the line is shared, another device still calls the handler.
 */
function isQuieted(fn: ParsedFunction, step: Step, { flags, shape }: Request): boolean {
  if (/SHARED|SHIRQ/.test(flags) || shape.flags === undefined) return false;
  return [...stepsBefore(step)].some((before) =>
    fn.events(before).some((event) => event.kind === 'call' && QUIETING.test(event.name ?? '')),
  );
}

const QUIETING =
  /(?:disable|dis|mask|clear|quiesce|reset|stop)_(?:\w+_)?(?:irqs?|intr?s?|interrupts?)$|(?:irqs?|intr?s?|interrupts?)_(?:disable|mask|off|clear)\w*$/;

/** What is requested in open() may have been initialised in probe(), which no call connects with it. */
function isInitialisedElsewhere(
  driver: IrqDriver,
  fn: ParsedFunction,
  { key, fn: own }: Initialisation,
): boolean {
  if (driver.isProbe(fn.source)) return false;
  const field = /(\w+)$/.exec(key)?.[1];
  if (field === undefined) return false;
  const setting = new RegExp(
    `\\w\\s*\\(\\s*&[^;,]*\\b${field}\\b|(?:->|\\.)${field}\\s*=(?!=)(?!\\s*NULL)`,
    'g',
  );
  for (const file of new Set([fn.source.file, own.source.file])) {
    for (const match of file.text.matchAll(setting)) {
      const source = file.functionAt(match.index);
      if (source === undefined || source === fn.source || source === own.source) continue;
      if (/exit|remove|free|close|stop|shutdown|irq|intr|isr|handler/.test(source.name)) continue;
      if (
        /(?:^|_)init|probe|alloc|create|setup|attach|register/i.test(source.name) &&
        callOf(fn, source.name) === undefined
      ) {
        return true;
      }
    }
  }
  return false;
}

interface Late {
  readonly initialisation: Initialisation;
  readonly use: Use;
}

/** One finding for all that comes too late in one function: it is one fix. */
function finding(request: Request, late: readonly Late[]): Finding {
  const requestPlace = placeOf(request.fn, request.call.node);
  const handler = request.handlers[0]?.name ?? 'the handler';
  const sorted = late.toSorted(
    (one, other) => one.initialisation.node.start - other.initialisation.node.start,
  );
  const [first] = sorted as [Late];
  const { fn, node } = first.initialisation;
  const shown = sorted.slice(0, MAX_NAMED).map(({ initialisation }) => described(initialisation));
  const more = sorted.length > MAX_NAMED ? ` and ${sorted.length - MAX_NAMED} more` : '';
  return {
    rule: initAfterRequest.id,
    severity: severityOf(request),
    ...placeOf(fn, node),
    function: fn.name,
    lines: linesOf(fn.source),
    subject: `${handler} ${sorted
      .map(({ initialisation }) => initialisation.key)
      .toSorted()
      .join(' ')}`,
    message: `${shown.join(', ')}${more} after ${request.api}() (line ${requestPlace.line}); handler ${handler}() uses ${sorted.length === 1 ? 'it' : 'them'}`,
    related: [
      { ...requestPlace, message: 'the handler may run from here on' },
      ...sorted.slice(0, MAX_NAMED).map(({ initialisation, use }) => ({
        ...placeOf(use.fn, use.node),
        message: `'${plain(initialisation)}' is used here, in ${use.fn.name}()`,
      })),
    ],
  };
}

/** What is initialised further away is another part of the driver, and may have been there before. */
const MAX_CALLS = 1;
const MAX_NAMED = 4;

function described(initialisation: Initialisation): string {
  if (initialisation.what === 'pointer') return `pointer '${plain(initialisation)}' set`;
  if (initialisation.what === 'driver data') return 'driver data set';
  return `${initialisation.what} '${plain(initialisation)}' initialised`;
}

function plain({ object }: Initialisation): string {
  return object.replace(/\s+/g, ' ');
}
