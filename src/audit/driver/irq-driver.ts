import { IRQ_CALL, ZERO_AT_FIRST } from '../api/irq-calls.ts';
import { evaluate } from '../flow/evaluate.ts';
import { type Facts, isHead, knowledge, stepsBefore } from '../flow/explore.ts';
import type { Step } from '../flow/flow.ts';
import { textOf } from '../syntax/expressions.ts';
import type { SyntaxNode } from '../syntax/node.ts';
import type { Driver } from './driver.ts';
import { DRVDATA, EffectsOf, NO_FIELDS } from './effects.ts';
import { fieldName } from './gist.ts';
import { Mentions, type Uses, usesOf } from './handler-uses.ts';
import type { ObjectKey } from './object-key.ts';
import type { ParsedFunction } from './parsed-function.ts';
import { type Free, freesIn, type Request, requestsIn } from './requests.ts';
import type { FunctionSource, SourceFile } from './source-file.ts';

const REQUEST_WITH_NULL = /request_\w*irq\s*\([^;]*NULL\s*\)/;
/** Requests, sets or takes away a hint, frees in a loop, or frees without a dev_id. */
const WORTH_A_LOOK =
  /request_\w*irq\s*\(|affinity\w*_hint\s*\(|\b(?:for|while|do)\b|for_each|free_irq\s*\([^;]*(?:NULL|\b0)\s*\)/;

/** How many callers up a request is looked at. */
const CALLER_LEVELS = 2;

/** A driver with what it does to its interrupts. */
export class IrqDriver {
  readonly driver: Driver;
  readonly effects: EffectsOf;
  /** Functions that name a function of the interrupt core. */
  readonly functions: readonly ParsedFunction[];
  readonly #requests = new Map<ParsedFunction, readonly Request[]>();
  readonly #frees = new Map<ParsedFunction, readonly Free[]>();
  readonly #mentions = new Map<string, Mentions>();
  readonly #uses = new Map<string, Uses>();
  readonly #before = new Map<Step, Written>();
  readonly #set = new Map<string, boolean>();

  constructor(driver: Driver) {
    this.driver = driver;
    this.effects = new EffectsOf(driver);
    this.functions = driver.files.flatMap((file) => {
      const sources = new Set<FunctionSource>();
      for (const { index } of file.text.matchAll(IRQ_CALL)) {
        const source = file.functionAt(index);
        if (source !== undefined && index > source.span.body) sources.add(source);
      }
      if (sources.size === 0) return [];
      const requestsWithNull = REQUEST_WITH_NULL.test(file.text);
      return [...sources].flatMap((source) => {
        // Most functions that only free do it once, and as it should be.
        const plain = !requestsWithNull && !WORTH_A_LOOK.test(source.text);
        return plain ? [] : (driver.parse(source) ?? []);
      });
    });
  }

  requests(fn: ParsedFunction): readonly Request[] {
    let requests = this.#requests.get(fn);
    if (requests === undefined) {
      requests = requestsIn(this.driver, fn);
      this.#requests.set(fn, requests);
    }
    return requests;
  }

  frees(fn: ParsedFunction): readonly Free[] {
    let frees = this.#frees.get(fn);
    if (frees === undefined) {
      frees = freesIn(fn);
      this.#frees.set(fn, frees);
    }
    return frees;
  }

  /** Names that handlers may use, without parsing them. */
  mentionedBy(handlers: readonly FunctionSource[]): Mentions {
    const key = keyOfHandlers(handlers);
    let mentions = this.#mentions.get(key);
    if (mentions === undefined) {
      mentions = new Mentions(this.effects.gists, handlers);
      this.#mentions.set(key, mentions);
    }
    return mentions;
  }

  /** What handlers use when nothing keeps them from it. */
  usedBy(handlers: readonly FunctionSource[]): Uses {
    const key = keyOfHandlers(handlers);
    let uses = this.#uses.get(key);
    if (uses === undefined) {
      uses = usesOf(this.driver, handlers, () => false);
      this.#uses.set(key, uses);
    }
    return uses;
  }

  /**
   * Whether an interrupt is freed or disabled at the step, in the function or in what it calls. A loop that does so is
   * taken to do it: that it has nothing to free is no way to look at.
   */
  quiets(fn: ParsedFunction, step: Step): boolean {
    if (this.effects.step(fn, step, NO_FIELDS).quiets) return true;
    const loop = isHead(step) ? step.loops.at(-1) : undefined;
    if (loop === undefined) return false;
    return fn.flow.steps.some(
      (other) => other.loops.includes(loop) && this.effects.step(fn, other, NO_FIELDS).quiets,
    );
  }

  /** Functions that request, and those that call them, nearest first. */
  get requesters(): readonly ParsedFunction[] {
    const found = new Set(this.functions.filter((fn) => this.requests(fn).length > 0));
    let level: readonly ParsedFunction[] = [...found];
    for (let up = 0; up < CALLER_LEVELS; up++) {
      const callers = level.flatMap((fn) => this.driver.callersOf(fn.source));
      level = callers.flatMap((source) => this.driver.parse(source) ?? []).filter((fn) => !found.has(fn));
      for (const fn of level) found.add(fn);
    }
    return [...found];
  }

  /** What is written before the step is reached, by the function and by those that call it. */
  writtenBefore(fn: ParsedFunction, step: Step): Written {
    let written = this.#before.get(step);
    if (written === undefined) {
      written = new Written((fields) => this.#writesBefore(fn, step, fields, 0));
      this.#before.set(step, written);
    }
    return written;
  }

  #writesBefore(fn: ParsedFunction, step: Step, fields: ReadonlySet<string>, level: number): Set<ObjectKey> {
    const written = new Set<ObjectKey>();
    for (const before of stepsBefore(step)) {
      for (const key of this.effects.step(fn, before, fields).writes) written.add(key);
    }
    if (level >= CALLER_LEVELS) return written;
    for (const source of this.driver.callersOf(fn.source)) {
      const caller = this.driver.parse(source);
      const call = caller === undefined ? undefined : callOf(caller, fn.name);
      if (caller === undefined || call === undefined) continue;
      for (const key of this.#writesBefore(caller, call, fields, level + 1)) written.add(key);
    }
    return written;
  }

  /**
   * Whether an object of the driver is still zero where `written` is all that was written: it must be the driver's
   * own, and somebody must set it some day. Else it is the hardware's, or a constant.
   */
  isStillZero(key: ObjectKey, written: readonly Written[], file: SourceFile): boolean {
    if (written.some((some) => some.has(key))) return false;
    if (key === DRVDATA || ZERO_AT_FIRST.has(key)) return true;
    if (key.startsWith('::')) return isZeroGlobal(file, key.slice(2));
    const [, owner, field] = /^(\w+)\.(\w+)$/.exec(key) ?? [];
    if (owner === undefined || field === undefined) return false;
    if (this.driver.fieldsOf(owner, file) === undefined) return false;
    return this.#isSetSomewhere(field);
  }

  #isSetSomewhere(field: string): boolean {
    let set = this.#set.get(field);
    if (set === undefined) {
      const assignment = new RegExp(
        `(?:->|\\.)\\s*${field}\\b(?:\\s*\\[[^\\]]*\\])?\\s*(?:=(?!=)|[|+^-]=|\\+\\+)|(?:set_bit|atomic_set|atomic_inc|WRITE_ONCE)\\s*\\([^;]*\\b${field}\\b`,
      );
      set = this.driver.files.some(({ text }) => text.includes(field) && assignment.test(text));
      this.#set.set(field, set);
    }
    return set;
  }

  /** Whether the function, or one that calls it, runs once for a device. */
  isProbe(source: FunctionSource, level = 0): boolean {
    if (PROBE_NAME.test(source.name)) return true;
    for (const member of this.driver.callbackNames(source)) if (PROBE_MEMBER.test(member)) return true;
    return (
      level < CALLER_LEVELS && this.driver.callersOf(source).some((caller) => this.isProbe(caller, level + 1))
    );
  }
}

function keyOfHandlers(handlers: readonly FunctionSource[]): string {
  return handlers.map(({ file, name }) => `${file.path}\0${name}`).join('\0');
}

const PROBE_NAME = /probe|attach|init_one|_create$|_bind$|_add$|_detect$/;
const PROBE_MEMBER = /^(?:probe\w*|module_init|\w*_initcall|attach|bind|component_probe|add)$/;

/** A variable of the file without a value of its own: `static bool foo_is_tested;`. */
function isZeroGlobal({ text }: SourceFile, name: string): boolean {
  return new RegExp(`^static\\s[^=;()]*\\b${name}\\s*(?:__\\w+\\s*)*;`, 'm').test(text);
}

/** Objects that were written before some point, asked for one by one: only helpers that name the field are read. */
export class Written {
  readonly #find: (fields: ReadonlySet<string>) => ReadonlySet<ObjectKey>;
  readonly #known = new Map<string, ReadonlySet<ObjectKey>>();

  constructor(find: (fields: ReadonlySet<string>) => ReadonlySet<ObjectKey>) {
    this.#find = find;
  }

  has(key: ObjectKey): boolean {
    const field = fieldName(key);
    let keys = this.#known.get(field);
    if (keys === undefined) {
      keys = this.#find(new Set([field]));
      this.#known.set(field, keys);
    }
    if (keys.has(key)) return true;
    // Written through a variable of unknown type: it may be the same object.
    for (const other of keys) if (/->|\..*\./.test(other)) return true;
    return false;
  }
}

/** The first step of a function that calls another by name. */
export function callOf(fn: ParsedFunction, name: string): Step | undefined {
  return fn.flow.steps.find((step) =>
    fn.events(step).some((event) => event.kind === 'call' && event.name === name),
  );
}

/** Whether the text of the function up to the node keeps the interrupt off until somebody enables it. */
export function isKeptOff(fn: ParsedFunction, node: SyntaxNode, flags: string): boolean {
  if (/NO_?AUTOEN/.test(flags)) return true;
  return /NO_?AUTOEN/.test(fn.text.slice(fn.source.span.start, node.start));
}

/** `priv->irq` for messages, on one line and not too long. */
export function shown(fn: ParsedFunction, node: SyntaxNode): string {
  const text = textOf(fn.text, node).replace(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Whether a step returns what says that the function failed. */
export function isErrorReturn(fn: ParsedFunction, step: Step, facts: Facts): boolean {
  const value = step.role === 'return' ? step.node?.children[0] : undefined;
  if (value === undefined) return false;
  const text = textOf(fn.text, value);
  if (/^\(?\s*-\s*E[A-Z0-9]+\s*\)?$|^(?:dev_err_probe|ERR_PTR)\s*\(/.test(text)) return true;
  return evaluate(fn.text, value, knowledge(fn, facts)) === 'negative';
}
