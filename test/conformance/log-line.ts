/** A line that is not what its kind promises: reported with file and line, counted as failed. */
export class MalformedLine extends Error {
  override readonly name = 'MalformedLine';
}

/** What the log says and what the model did, for one field of one line. */
export interface Difference {
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

/**
 * One JSON object of a log. Remembers which fields were looked at: a field that nobody read was not compared, and
 * must not count as right.
 */
export class LogLine {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #unread: Set<string>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
    this.#unread = new Set(Object.keys(values));
  }

  static parse(text: string): LogLine {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new MalformedLine(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new MalformedLine('not a JSON object');
    }
    return new LogLine(value as Record<string, unknown>);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  get(key: string): unknown {
    this.#unread.delete(key);
    return this.#values[key];
  }

  /** The value without counting it as read: for telling kinds apart. */
  peek(key: string): unknown {
    return this.#values[key];
  }

  integer(key: string): number {
    return integerOf(this.get(key), key);
  }

  /** An optional outcome: absent means 0. */
  count(key: string): number {
    return this.has(key) ? this.integer(key) : 0;
  }

  flag(key: string): boolean {
    const value = this.get(key);
    if (value === 1 || value === true) return true;
    if (value === 0 || value === false) return false;
    throw new MalformedLine(`${key} is ${show(value)}, not 0 or 1`);
  }

  text(key: string): string {
    const value = this.get(key);
    if (typeof value !== 'string') throw new MalformedLine(`${key} is ${show(value)}, not a string`);
    return value;
  }

  array(key: string): readonly unknown[] {
    return arrayOf(this.get(key), key);
  }

  integers(key: string, length: number): number[] {
    const values = this.array(key);
    if (values.length !== length)
      throw new MalformedLine(`${key} has ${values.length} figures, not ${length}`);
    return values.map((value, at) => integerOf(value, `${key}[${at}]`));
  }

  /** Declares fields that describe the log and have nothing to compare. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#unread.delete(key);
  }

  /** Fields nobody asked for, as differences. */
  unknownFields(): Difference[] {
    return [...this.#unread].map((field) => ({
      field,
      expected: show(this.#values[field]),
      got: 'nothing: this field is not known here',
    }));
  }
}

export function integerOf(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value)) throw new MalformedLine(`${what} is ${show(value)}, not an integer`);
  return value as number;
}

export function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedLine(`${what} is ${show(value)}, not a list`);
  return value;
}

export function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new MalformedLine(`${what} is ${show(value)}, not a string`);
  return value;
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80);
}
