import { INITIALISER_CALL } from '../api/irq-calls.ts';
import { namesSet } from '../source/names-set.ts';
import type { Driver } from './driver.ts';
import type { FunctionSource } from './source-file.ts';

/** What a function's text lets expect, without parsing it: never less than what is there. */
export interface Gist {
  /** Names of fields and variables that may be written or brought into being; `drvdata` for the device's slot. */
  readonly sets: ReadonlySet<string>;
  readonly requests: boolean;
  /** Frees or disables an interrupt. */
  readonly quiets: boolean;
}

interface OpenGist {
  sets: Set<string>;
  requests: boolean;
  quiets: boolean;
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
      const open: OpenGist = { sets: new Set(), requests: false, quiets: false };
      this.#gather(open, source, 0, new Set());
      gist = open;
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

  #gather(open: OpenGist, source: FunctionSource, depth: number, seen: Set<FunctionSource>): void {
    if (seen.has(source)) return;
    seen.add(source);
    const own = this.own(source);
    for (const name of own.sets) open.sets.add(name);
    open.requests ||= own.requests;
    open.quiets ||= own.quiets;
    if (depth < MAX_DEPTH)
      for (const callee of this.calls(source)) this.#gather(open, callee, depth + 1, seen);
  }

  /** Functions of the driver that the text calls. */
  calls(source: FunctionSource): readonly FunctionSource[] {
    let calls = this.#calls.get(source);
    if (calls === undefined) {
      const found = new Set<FunctionSource>();
      const { file, span } = source;
      for (const [, name = ''] of file.text.slice(span.body, span.end).matchAll(CALL)) {
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
    sets,
    requests: /request_(?:threaded_|any_context_)?irq\s*\(/.test(text),
    quiets: /\b(?:free_irq|devm_free_irq|pci_free_irq|disable_irq\w*|disable_hardirq)\s*\(/.test(text),
  };
}

const CALL = /\b([a-zA-Z_]\w+)\s*\(/g;
/** The field's name of an object's key: what its text must contain. */
export function fieldName(key: string): string {
  return /(\w+)(?:\(\))?$/.exec(key)?.[1] ?? key;
}
