import { DISABLES, DRVDATA_SETTERS, FREES, INITIALISERS } from '../api/irq-calls.ts';
import type { Event } from '../flow/events.ts';
import type { Step } from '../flow/flow.ts';
import { addressedBy, bare, isNull, textOf } from '../syntax/expressions.ts';
import type { SyntaxNode } from '../syntax/node.ts';
import type { Driver } from './driver.ts';
import { keyOf, type ObjectKey, typeOf } from './object-key.ts';
import type { ParsedFunction } from './parsed-function.ts';
import type { FunctionSource } from './source-file.ts';
import { type Request, requestsIn } from './requests.ts';

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

/** What functions of a driver do, each found out once. */
export class EffectsOf {
  readonly #driver: Driver;
  readonly #functions = new Map<FunctionSource, Effects>();
  readonly #running = new Set<FunctionSource>();

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  step(fn: ParsedFunction, step: Step, depth = 0): Effects {
    const effects = empty();
    this.#addStep(effects, fn, step, depth);
    return effects;
  }

  function(source: FunctionSource, depth: number): Effects {
    const known = this.#functions.get(source);
    if (known !== undefined) return known;
    const effects = empty();
    const fn = depth > MAX_DEPTH || this.#running.has(source) ? undefined : this.#driver.parse(source);
    if (fn === undefined) return effects;
    this.#running.add(source);
    for (const step of fn.flow.steps) this.#addStep(effects, fn, step, depth);
    this.#running.delete(source);
    // What was cut short by the depth would be wrong for those who ask from nearer.
    if (depth <= 1) this.#functions.set(source, effects);
    return effects;
  }

  #addStep(effects: OpenEffects, fn: ParsedFunction, step: Step, depth: number): void {
    for (const event of fn.events(step)) {
      this.#addEvent(effects, fn, event);
      if (event.kind !== 'call' || event.name === undefined) continue;
      if (FREES.has(event.name) || DISABLES.has(event.name)) effects.quiets = true;
      const callee = this.#driver.lookUp(event.name, fn.source.file);
      if (callee === undefined || callee === fn.source) continue;
      const inner = this.function(callee, depth + 1);
      for (const key of inner.writes) effects.writes.add(key);
      effects.initialisations.push(...inner.initialisations);
      effects.requests.push(...inner.requests);
      effects.quiets ||= inner.quiets;
    }
    effects.requests.push(...requestsOfStep(this.#driver, fn, step));
  }

  #addEvent(effects: OpenEffects, fn: ParsedFunction, event: Event): void {
    if (event.kind === 'assign') {
      const key = keyOf(this.#driver, fn, event.left);
      if (key === undefined) return;
      effects.writes.add(key);
      if (event.operator !== '=' || event.right === undefined || isNull(fn.text, event.right)) return;
      if (event.left.kind === 'subscript_expression') return;
      const type = typeOf(this.#driver, fn, event.left);
      if (type === undefined || type.pointers !== 1 || type.isArray) return;
      effects.initialisations.push({ key, what: 'pointer', fn, node: event.node, object: textOf(fn.text, event.left) });
      return;
    }
    const known = event.name === undefined ? undefined : INITIALISERS.get(event.name);
    for (const [at, arg] of event.args.entries()) {
      const object = addressedBy(fn.text, arg);
      const target = object ?? (bare(arg).kind === 'field_expression' && isArray(this.#driver, fn, arg) ? arg : undefined);
      const key = target === undefined ? undefined : keyOf(this.#driver, fn, target);
      if (key !== undefined) effects.writes.add(key);
      if (known === undefined || at !== known.argument) continue;
      const initialised = object ?? arg;
      const initialisedKey = key ?? keyOf(this.#driver, fn, initialised);
      if (initialisedKey === undefined) continue;
      effects.writes.add(initialisedKey);
      const text = textOf(fn.text, initialised);
      effects.initialisations.push({ key: initialisedKey, what: known.what, fn, node: event.node, object: text });
    }
    if (event.name !== undefined && DRVDATA_SETTERS.test(event.name) && event.args[1] !== undefined) {
      effects.writes.add(DRVDATA);
      if (isNull(fn.text, event.args[1])) return;
      effects.initialisations.push({ key: DRVDATA, what: 'driver data', fn, node: event.node, object: 'driver data' });
    }
  }
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
