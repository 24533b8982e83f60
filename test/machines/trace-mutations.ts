/** Small lies about a recorded trace: one figure, one event or the order of two. */
import { EVENT_KEYS } from '../../src/parse/ftrace-fields.ts';

export interface Mutation {
  /** What is changed: `irq_matrix_alloc.bit`, `delete vector_setup`, `swap vector_clear`. */
  readonly kind: string;
  /** The changed line before and after, for messages. */
  readonly what: string;
  readonly trace: () => string;
}

interface Line {
  readonly at: number;
  readonly event: string;
  /** Program order holds within one. */
  readonly thread: string;
  readonly text: string;
}

const LINE = /^ *(.+)-(\d+) +\[(\d+)\] (\S+) +\d+: (\w+): (.*)$/;
const FIELD = / ([a-z_]+)=(-?\d+|0x[0-9a-f]+)(?=[, ]|$)/g;
const FLAGS: ReadonlySet<string> = new Set([
  'online',
  'is_managed',
  'can_reserve',
  'has_reserved',
  'is_legacy',
  'reserve',
  'reserved',
]);
/** What `vector_alloc` and others give where they fail. */
const NO_SPACE = -28;
/** How far ahead the next event of a thread is looked for. */
const NEIGHBOURS = 50;

export class TraceMutations {
  readonly #lines: readonly string[];
  readonly #events: readonly Line[];
  readonly #cpus: number;

  constructor(trace: string) {
    this.#lines = trace.split('\n');
    this.#events = this.#lines.flatMap((line, at) => {
      const [, , pid = '', cpu = '', flags = '', event = '', text = ''] = LINE.exec(line) ?? [];
      if (!EVENT_KEYS.has(event) && !event.startsWith('k_')) return [];
      const context = /[hHzZs]/.exec(flags[2] ?? '')?.[0];
      const thread = context !== undefined ? `${context}${cpu}` : pid === '0' ? `idle${cpu}` : pid;
      return [{ at, event, thread, text }];
    });
    this.#cpus = 1 + Math.max(...this.#lines.map((line) => Number(LINE.exec(line)?.[3] ?? 0)));
  }

  /** All of them, by kind. */
  byKind(): ReadonlyMap<string, readonly Mutation[]> {
    const kinds = new Map<string, Mutation[]>();
    for (const [n, line] of this.#events.entries()) {
      for (const mutation of [...this.#changes(line), this.#deletion(line), ...this.#swaps(line, n)]) {
        const all = kinds.get(mutation.kind);
        if (all === undefined) kinds.set(mutation.kind, [mutation]);
        else all.push(mutation);
      }
    }
    return kinds;
  }

  *#changes({ at, event }: Line): Generator<Mutation> {
    const line = this.#lines[at] ?? '';
    for (const match of line.matchAll(FIELD)) {
      const [found, key = '', digits = ''] = match;
      const changed = this.#otherValue(event, key, Number(digits), at);
      const value = digits.startsWith('0x') ? `0x${changed.toString(16).padStart(8, '0')}` : `${changed}`;
      const start = match.index;
      yield this.#replaced(
        `${event}.${key}`,
        at,
        `${line.slice(0, start)} ${key}=${value}${line.slice(start + found.length)}`,
      );
    }
    // Their CPU stands in the column.
    if (event !== 'irq_matrix_online' && event !== 'irq_matrix_offline') return;
    yield this.#replaced(
      `${event}.[cpu]`,
      at,
      line.replace(/\[(\d+)\]/, (_, cpu) => `[${`${(Number(cpu) + 1) % this.#cpus}`.padStart(3, '0')}]`),
    );
  }

  #otherValue(event: string, key: string, value: number, at: number): number {
    if (FLAGS.has(key)) return 1 - value;
    if (key === 'ret' && !event.startsWith('k_')) return value === 0 ? NO_SPACE : 0;
    if (key === 'cpu' || key === 'prev_cpu') return (value + 1) % this.#cpus;
    return value > 0 && at % 2 === 0 ? value - 1 : value + 1;
  }

  #deletion({ at, event }: Line): Mutation {
    const line = this.#lines[at] ?? '';
    return {
      kind: `delete ${event}`,
      what: line.trim(),
      trace: () => [...this.#lines.slice(0, at), ...this.#lines.slice(at + 1)].join('\n'),
    };
  }

  /** With the next event of its thread, unless both say the same. */
  *#swaps({ at, event, thread, text }: Line, n: number): Generator<Mutation> {
    if (event.startsWith('k_')) return;
    const other = this.#events
      .slice(n + 1, n + NEIGHBOURS)
      .find((next) => next.thread === thread && EVENT_KEYS.has(next.event));
    if (other === undefined || (other.event === event && other.text === text)) return;
    yield {
      kind: `swap ${event}`,
      what: `${this.#lines[at]?.trim()} with ${this.#lines[other.at]?.trim()}`,
      trace: () => {
        const lines = [...this.#lines];
        lines[at] = this.#lines[other.at] ?? '';
        lines[other.at] = this.#lines[at] ?? '';
        return lines.join('\n');
      },
    };
  }

  #replaced(kind: string, at: number, line: string): Mutation {
    return {
      kind,
      what: `${this.#lines[at]?.trim()} as ${line.trim()}`,
      trace: () => this.#lines.with(at, line).join('\n'),
    };
  }
}

/** The same numbers each time: mulberry32. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
