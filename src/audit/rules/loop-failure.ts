import { FREES } from '../api/irq-calls.ts';
import { type IrqDriver, isErrorReturn, shown } from '../driver/irq-driver.ts';
import type { ParsedFunction } from '../driver/parsed-function.ts';
import type { Request } from '../driver/requests.ts';
import { type Finding, linesOf, placeOf } from '../finding.ts';
import { explore, isHead } from '../flow/explore.ts';
import type { Loop, Step } from '../flow/flow.ts';
import { operatorOf, plainText } from '../syntax/expressions.ts';
import { childOf, descendants, type SyntaxNode } from '../syntax/node.ts';
import type { Rule } from './rule.ts';
import { severityOf } from './severity.ts';

export const loopFailure: Rule = {
  id: 'irq-loop-failure',
  summary:
    'a loop of requests fails half way and leaves the earlier ones, frees too many, or goes on as if nothing was',
  why:
    'Since v4.15 a request may fail for want of a vector (-ENOSPC) on any machine with enough devices. The earlier ' +
    'interrupts of the loop then stay requested for a device that is given up, or free_irq() is called for those ' +
    'that were never requested.',
  bad: `for (i = 0; i < n; i++) {
	ret = request_irq(irq[i], foo_irq, 0, "foo", &q[i]);
	if (ret)
		return ret;
}`,
  good: `for (i = 0; i < n; i++) {
	ret = request_irq(irq[i], foo_irq, 0, "foo", &q[i]);
	if (ret)
		goto undo;
}
return 0;
undo:
while (--i >= 0)
	free_irq(irq[i], &q[i]);
return ret;`,
  severity: 'warning',
  strict: true,
  *check(driver) {
    for (const fn of driver.functions) {
      for (const request of driver.requests(fn)) {
        const loop = request.step.loops.at(-1);
        if (loop === undefined) continue;
        // devres gives back what a failing probe() requested; a library does not know what its caller does.
        if (request.shape.managed && !isLibrary(driver, fn)) continue;
        yield* checkRequest(driver, request, loop);
      }
    }
  },
};

function* checkRequest(driver: IrqDriver, request: Request, loop: Loop): Iterable<Finding> {
  const { fn, step, call } = request;
  let lost: Step | undefined;
  let all: Step | undefined;
  const { reached } = explore(fn, step, {
    result: { call: call.node, value: 'negative' },
    stop: (at, facts) => {
      if (freesWithSameBound(driver, fn, at, loop)) all ??= at;
      if (driver.quiets(fn, at)) return true;
      if (isErrorReturn(fn, at, facts)) lost ??= at;
      return false;
    },
  });
  const ignored = lost === undefined && all === undefined && isOnlyLogged(fn, reached, request);
  const problem =
    all !== undefined
      ? 'all are freed, also those that were not requested'
      : lost !== undefined && !callersClean(driver, fn)
        ? 'the function returns and the earlier ones stay requested'
        : ignored
          ? 'the failure is not handed on, and nothing remembers which ones are there'
          : undefined;
  if (problem === undefined) return;
  const where = all ?? lost;
  yield {
    rule: loopFailure.id,
    severity: severityOf(request),
    ...placeOf(fn, call.node),
    function: fn.name,
    lines: linesOf(fn.source),
    subject: request.handlers[0]?.name ?? shown(fn, request.irq),
    message: `${request.api}() in a loop: when it fails for one interrupt, ${problem}`,
    related: where?.node === undefined ? [] : [{ ...placeOf(fn, where.node), message: 'here' }],
  };
}

/** Exported, or called from what is: who calls it is not to be seen. */
function isLibrary(driver: IrqDriver, fn: ParsedFunction): boolean {
  const { file, name } = fn.source;
  const isExported = (one: string) => new RegExp(`EXPORT_SYMBOL\\w*\\(\\s*${one}\\b`).test(file.text);
  return isExported(name) || driver.driver.callersOf(fn.source).some((caller) => isExported(caller.name));
}

/** A caller that frees where this function fails. */
function callersClean(driver: IrqDriver, fn: ParsedFunction): boolean {
  return driver.driver.callersOf(fn.source).some((source) => {
    const caller = driver.driver.parse(source);
    return caller?.flow.steps.some((step) => {
      const call = caller.events(step).find((event) => event.kind === 'call' && event.name === fn.name);
      if (call === undefined) return false;
      let clean = false;
      explore(caller, step, {
        result: { call: call.node, value: 'negative' },
        stop: (at) => {
          clean ||= driver.quiets(caller, at);
          return clean;
        },
      });
      return clean;
    });
  });
}

/** A loop with the very bound of the requesting one frees, whatever was requested. */
function freesWithSameBound(driver: IrqDriver, fn: ParsedFunction, step: Step, loop: Loop): boolean {
  const bound = boundOf(fn, loop);
  if (bound === undefined) return false;
  const freesAll = (parsed: ParsedFunction, at: Step): boolean => {
    const inner = at.loops.at(-1);
    if (inner === undefined || inner.statement === loop.statement || boundOf(parsed, inner) !== bound)
      return false;
    const guarded = at.enclosing.some(
      (branch) => branch.kind === 'if_statement' && branch.start > inner.statement.start,
    );
    return (
      !guarded && parsed.events(at).some((event) => event.kind === 'call' && FREES.has(event.name ?? ''))
    );
  };
  const head = isHead(step) ? step.loops.at(-1) : undefined;
  if (head !== undefined && fn.flow.steps.some((at) => at.loops.at(-1) === head && freesAll(fn, at)))
    return true;
  return fn.events(step).some((event) => {
    if (event.kind !== 'call' || event.name === undefined) return false;
    const callee = driver.driver.lookUp(event.name, fn.source.file);
    if (callee === undefined || !/free_irq\s*\(/.test(callee.text)) return false;
    const parsed = driver.driver.parse(callee);
    return parsed?.flow.steps.some((at) => freesAll(parsed, at)) ?? false;
  });
}

/** The upper end of `i < n`, as text. */
function boundOf(fn: ParsedFunction, { condition }: Loop): string | undefined {
  if (condition === undefined) return undefined;
  const [compare] = descendants(condition, 'binary_expression');
  if (compare === undefined || operatorOf(fn.text, compare) !== '<') return undefined;
  const right = childOf(compare, 'right');
  const text = right === undefined ? undefined : plainText(fn.text, right);
  // A variable that is counted up to where the loop came is no bound of all.
  return text === undefined || (fn.types.has(text) && !fn.parameters.includes(text)) ? undefined : text;
}

/** A failure after which nothing is done but print, and after which the function says that all went well. */
function isOnlyLogged(fn: ParsedFunction, reached: ReadonlySet<Step>, { step, call }: Request): boolean {
  if (![...reached].some((at) => at.role === 'return' && /^0$/.test(returned(fn, at)))) return false;
  const branch = failureBranch(fn, step, call.node);
  if (branch === undefined) return false;
  const inside = [...reached].filter(
    ({ node }) => node !== undefined && node.start >= branch.start && node.end <= branch.end,
  );
  return (
    inside.length > 0 &&
    inside.every(
      (at) =>
        at.role === 'plain' &&
        fn.events(at).every((event) => event.kind === 'call' && PRINTS.test(event.name ?? '')),
    )
  );
}

const PRINTS = /_(?:err|warn|info|dbg|error)$|^(?:pr_|printk|dev_|netdev_)/;

function returned(fn: ParsedFunction, step: Step): string {
  const value = step.node?.children[0];
  return value === undefined ? '' : plainText(fn.text, value);
}

/** What is done where the request failed: the body of the first `if` that tests its result. */
function failureBranch(fn: ParsedFunction, step: Step, call: SyntaxNode): SyntaxNode | undefined {
  const test =
    step.role === 'condition'
      ? step
      : fn.flow.steps.find(
          ({ id, role, node }) => id > step.id && role === 'condition' && (node?.start ?? 0) > call.end,
        );
  const parent =
    test === undefined
      ? undefined
      : fn.flow.steps
          .flatMap(({ enclosing }) => enclosing)
          .find((one) => one.kind === 'if_statement' && childOf(one, 'condition') === test.node);
  return parent === undefined ? undefined : childOf(parent, 'consequence');
}
