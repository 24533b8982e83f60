import { DISABLES, DRVDATA_SETTERS, FREES, INITIALISERS } from '../api/irq-calls.ts';
import type { Event } from '../flow/events.ts';
import type { Step } from '../flow/flow.ts';
import { addressedBy, bare, isNull, textOf } from '../syntax/expressions.ts';
import { childOf, type SyntaxNode } from '../syntax/node.ts';
import type { Driver } from './driver.ts';
import { Gists, type Names } from './gist.ts';
import { keyOf, type ObjectKey, typeOf } from './object-key.ts';
import type { ParsedFunction } from './parsed-function.ts';
import { type Request, requestsIn } from './requests.ts';
import type { FunctionSource } from './source-file.ts';

/** The slot of a device that `..._set_drvdata` fills. */
export const DRVDATA: ObjectKey = 'drvdata()';

/** An object brought into being, or a pointer that was given its value. */
export interface Initialisation {
  readonly key: ObjectKey;
  /** `lock`, `tasklet`, ... or `pointer`. */
  readonly what: string;
  readonly fn: ParsedFunction;
  readonly node: SyntaxNode;
  /** The object as it stands in the text. */
  readonly object: string;
  /** How many calls below the step that was asked about. */
  readonly calls: number;
}

/** What a step, or a function with all that it calls, does to objects and interrupts. */
export interface Effects {
  readonly writes: ReadonlySet<ObjectKey>;
  readonly initialisations: readonly Initialisation[];
  readonly requests: readonly Request[];
  /** Frees or disables an interrupt. */
  readonly quiets: boolean;
}

interface OpenEffects {
  writes: Set<ObjectKey>;
  initialisations: Initialisation[];
  requests: Request[];
  quiets: boolean;
}

/** How far helpers are followed. */
const MAX_DEPTH = 3;
/** The depth at which only one call more is followed. */
export const LAST_BUT_ONE = MAX_DEPTH - 1;

/** For questions that are not about fields. */
export const NO_FIELDS: Names = new Set();

/** What functions of a driver do to the fields of some names. */
export class EffectsOf {
  readonly #driver: Driver;
  readonly gists: Gists;
  readonly #functions = new WeakMap<Names, Map<FunctionSource, Effects>>();
  readonly #steps = new Map<Step, Effects>();
  readonly #running = new Set<FunctionSource>();

  constructor(driver: Driver) {
    this.#driver = driver;
    this.gists = new Gists(driver);
  }

  /**
   * @param fields helpers that set none of these, and request nothing, are not looked into
   * @param depth how many calls have been followed already
   */
  step(fn: ParsedFunction, step: Step, fields: Names, depth = 0): Effects {
    // Asked at every step of every way.
    const known = fields === NO_FIELDS ? this.#steps.get(step) : undefined;
    if (known !== undefined) return known;
    const effects = empty();
    this.#addStep(effects, fn, step, fields, depth);
    if (fields === NO_FIELDS) this.#steps.set(step, effects);
    return effects;
  }

  function(source: FunctionSource, fields: Names, depth: number): Effects {
    const memory = this.#functions.get(fields) ?? new Map<FunctionSource, Effects>();
    this.#functions.set(fields, memory);
    const known = memory.get(source);
    if (known !== undefined) return known;
    const effects = empty();
    const gist = this.gists.of(source);
    effects.quiets = gist.quiets;
    if (depth > MAX_DEPTH || this.#running.has(source)) return effects;
    // The calls of the last function are not followed.
    const { setsOneOf } = depth < MAX_DEPTH ? gist : this.gists.own(source);
    if (!gist.requests && (fields === NO_FIELDS || !setsOneOf(fields))) return effects;
    const fn = this.#driver.parse(source);
    if (fn === undefined) return effects;
    this.#running.add(source);
    for (const step of fn.flow.steps) this.#addStep(effects, fn, step, fields, depth);
    this.#running.delete(source);
    // What was cut short by the depth would be wrong for those who ask from nearer.
    if (depth <= 1) memory.set(source, effects);
    return effects;
  }

  #addStep(effects: OpenEffects, fn: ParsedFunction, step: Step, fields: Names, depth: number): void {
    for (const event of fn.events(step)) {
      this.#addEvent(effects, fn, event, fields);
      if (event.kind !== 'call' || event.name === undefined) continue;
      if (FREES.has(event.name) || DISABLES.has(event.name)) effects.quiets = true;
      const callee = this.#driver.lookUp(event.name, fn.source.file);
      if (callee === undefined || callee === fn.source) continue;
      const inner = this.function(callee, fields, depth + 1);
      for (const key of inner.writes) effects.writes.add(key);
      for (const one of inner.initialisations) effects.initialisations.push({ ...one, calls: one.calls + 1 });
      effects.requests.push(...inner.requests);
      effects.quiets ||= inner.quiets;
    }
    effects.requests.push(...requestsOfStep(this.#driver, fn, step));
  }

  #addEvent(effects: OpenEffects, fn: ParsedFunction, event: Event, fields: Names): void {
    if (event.kind === 'assign') {
      if (!endsIn(fn, event.left, fields)) return;
      const key = keyOf(this.#driver, fn, event.left);
      if (key === undefined) return;
      // NULL, 0 and false are what was there already.
      if (event.operator === '=' && event.right !== undefined && isNull(fn.text, event.right)) return;
      effects.writes.add(key);
      if (event.operator !== '=' || event.right === undefined) return;
      if (event.left.kind === 'subscript_expression') return;
      const type = typeOf(this.#driver, fn, event.left);
      if (type === undefined || type.pointers !== 1 || type.isArray) return;
      effects.initialisations.push({
        key,
        what: 'pointer',
        fn,
        node: event.node,
        object: textOf(fn.text, event.left),
        calls: 0,
      });
      return;
    }
    const known = event.name === undefined ? undefined : INITIALISERS.get(event.name);
    for (const [at, arg] of event.args.entries()) {
      const object = addressedBy(fn.text, arg);
      const target =
        object ?? (bare(arg).kind === 'field_expression' && isArray(this.#driver, fn, arg) ? arg : undefined);
      if (!endsIn(fn, target ?? arg, fields)) continue;
      const key = target === undefined ? undefined : keyOf(this.#driver, fn, target);
      if (key !== undefined) effects.writes.add(key);
      if (known === undefined || at !== known.argument) continue;
      const initialised = object ?? arg;
      const initialisedKey = key ?? keyOf(this.#driver, fn, initialised);
      if (initialisedKey === undefined) continue;
      effects.writes.add(initialisedKey);
      const text = textOf(fn.text, initialised);
      effects.initialisations.push({
        key: initialisedKey,
        what: known.what,
        fn,
        node: event.node,
        object: text,
        calls: 0,
      });
    }
    if (
      event.name !== undefined &&
      fields.has('drvdata') &&
      DRVDATA_SETTERS.test(event.name) &&
      event.args[1] !== undefined
    ) {
      effects.writes.add(DRVDATA);
      if (isNull(fn.text, event.args[1])) return;
      effects.initialisations.push({
        key: DRVDATA,
        what: 'driver data',
        fn,
        node: event.node,
        object: 'driver data',
        calls: 0,
      });
    }
  }
}

/** Whether an expression's last name is among the fields: all else is of no interest, and need not be looked up. */
function endsIn(fn: ParsedFunction, node: SyntaxNode, fields: Names): boolean {
  for (let at: SyntaxNode | undefined = bare(node); at !== undefined; ) {
    if (at.kind === 'field_expression') at = childOf(at, 'field');
    else if (at.kind === 'subscript_expression') at = childOf(at, 'argument');
    else if (at.kind === 'pointer_expression') at = at.children[0];
    else
      return (at.kind === 'identifier' || at.kind === 'field_identifier') && fields.has(textOf(fn.text, at));
  }
  return false;
}

function isArray(driver: Driver, fn: ParsedFunction, node: SyntaxNode): boolean {
  return typeOf(driver, fn, node)?.isArray === true;
}

const STEP_REQUESTS = new WeakMap<ParsedFunction, readonly Request[]>();

function requestsOfStep(driver: Driver, fn: ParsedFunction, step: Step): readonly Request[] {
  let all = STEP_REQUESTS.get(fn);
  if (all === undefined) {
    all = requestsIn(driver, fn);
    STEP_REQUESTS.set(fn, all);
  }
  return all.filter((request) => request.step === step);
}

function empty(): OpenEffects {
  return { writes: new Set(), initialisations: [], requests: [], quiets: false };
}
