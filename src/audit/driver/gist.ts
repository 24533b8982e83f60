import { INITIALISER_CALL } from '../api/irq-calls.ts';
import { namesSet } from '../source/names-set.ts';
import { namesCalled } from '../source/words.ts';
import type { Driver } from './driver.ts';
import type { FunctionSource } from './source-file.ts';

/** What a function's text lets expect, without parsing it: never less than what is there. */
export interface Gist {
  /** Whether one of the names may be written, or brought into being. */
  setsOneOf(names: Names): boolean;
  readonly requests: boolean;
  /** Frees or disables an interrupt. */
  readonly quiets: boolean;
}

/** Names of fields and variables; `drvdata` for the slot of a device. */
export interface Names {
  has(name: string): boolean;
}

/** How far helpers are followed. */
const MAX_DEPTH = 3;

/** Decides which helpers are worth parsing. */
export class Gists {
  readonly #driver: Driver;
  readonly #own = new Map<FunctionSource, Gist>();
  readonly #calls = new Map<FunctionSource, readonly FunctionSource[]>();
  readonly #all = new Map<FunctionSource, Gist>();

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** Of the function and of what it calls. */
  of(source: FunctionSource): Gist {
    let gist = this.#all.get(source);
    if (gist === undefined) {
      const sources = new Set<FunctionSource>();
      this.#gather(sources, source, 0);
      gist = unionOf([...sources].map((one) => this.own(one)));
      this.#all.set(source, gist);
    }
    return gist;
  }

  /** Of the function alone. */
  own(source: FunctionSource): Gist {
    let gist = this.#own.get(source);
    if (gist === undefined) {
      gist = ownGist(source);
      this.#own.set(source, gist);
    }
    return gist;
  }

  #gather(found: Set<FunctionSource>, source: FunctionSource, depth: number): void {
    if (found.has(source)) return;
    found.add(source);
    if (depth < MAX_DEPTH) for (const callee of this.calls(source)) this.#gather(found, callee, depth + 1);
  }

  /** Functions of the driver that the text calls. */
  calls(source: FunctionSource): readonly FunctionSource[] {
    let calls = this.#calls.get(source);
    if (calls === undefined) {
      const found = new Set<FunctionSource>();
      const { file, span } = source;
      for (const name of namesCalled(file.text, span.body, span.end)) {
        const callee = this.#driver.lookUp(name, file);
        if (callee !== undefined && callee !== source) found.add(callee);
      }
      calls = [...found];
      this.#calls.set(source, calls);
    }
    return calls;
  }
}

function ownGist({ file, span }: FunctionSource): Gist {
  const text = file.text.slice(span.body, span.end);
  const sets = namesSet(file.text.slice(span.start, span.end), span.body - span.start);
  for (const [, field = ''] of text.matchAll(INITIALISER_CALL)) sets.add(field);
  if (text.includes('_set_drvdata') || text.includes('_set_clientdata')) sets.add('drvdata');
  return {
    setsOneOf(names) {
      for (const name of sets) if (names.has(name)) return true;
      return false;
    },
    requests: /request_(?:threaded_|any_context_)?irq\s*\(/.test(text),
    quiets: /\b(?:free_irq|devm_free_irq|pci_free_irq|disable_irq\w*|disable_hardirq)\s*\(/.test(text),
  };
}

function unionOf(gists: readonly Gist[]): Gist {
  return {
    setsOneOf: (names) => gists.some((gist) => gist.setsOneOf(names)),
    requests: gists.some(({ requests }) => requests),
    quiets: gists.some(({ quiets }) => quiets),
  };
}
/** The field's name of an object's key: what its text must contain. */
export function fieldName(key: string): string {
  return /(\w+)(?:\(\))?$/.exec(key)?.[1] ?? key;
}
