/** Predicted events, waiting for the records that should show them; one queue per thread of execution. */
import { type KernelEvent, printedFields, printTraceEvent, type TraceEvent } from '../model/events.ts';
import type { Step } from './trace-window.ts';

/** What one request made the model do: the events of one stretch under the vector lock, mostly. */
export interface Section {
  /** Why its outcome could not be predicted; undefined where it was. */
  cause: string | undefined;
  /** The mask that was asked for is known from later only. */
  readonly laterMask: boolean;
  /** A record was not what was predicted; reported once. */
  diverged: boolean;
  /** Since its last decision. */
  wrong?: boolean;
  /** Some of its events have been recorded. */
  begun?: boolean;
}

export interface Expected {
  readonly event: TraceEvent;
  readonly section: Section;
}

export class Expectations {
  readonly #queues = new Map<string, Expected[]>();

  add(thread: string, events: readonly TraceEvent[], section: Section): void {
    if (events.length === 0) return;
    const queue = this.#queues.get(thread);
    const items = events.map((event) => ({ event, section }));
    if (queue === undefined) this.#queues.set(thread, items);
    else queue.push(...items);
  }

  waits(thread: string): boolean {
    return (this.#queues.get(thread)?.length ?? 0) > 0;
  }

  take(thread: string): Expected | undefined {
    return this.#queues.get(thread)?.shift();
  }

  peek(thread: string): Expected | undefined {
    return this.#queues.get(thread)?.[0];
  }

  /** The event that comes next, and the first interrupt that it or those after it name. */
  next(thread: string): { readonly event: TraceEvent; readonly irq: number | undefined } | undefined {
    const queue = this.#queues.get(thread) ?? [];
    const [first] = queue;
    if (first === undefined) return undefined;
    for (const { event } of queue) if ('irq' in event) return { event: first.event, irq: event.irq };
    return { event: first.event, irq: undefined };
  }

  /** Drops what is left of one thread, or of all, and tells what it was; `keeps` says of which it is not all over. */
  drop(thread?: string, keeps = (_thread: string, _next: Expected): boolean => false): Expected[] {
    const dropped: Expected[] = [];
    for (const [key, queue] of this.#queues) {
      if (thread !== undefined && key !== thread) continue;
      if (queue[0] !== undefined && keeps(key, queue[0])) continue;
      dropped.push(...queue);
      this.#queues.delete(key);
    }
    return dropped;
  }
}

/** Keys whose values are the allocator's counters. */
const COUNTERS: ReadonlySet<string> = new Set([
  'avl',
  'alloc',
  'managed',
  'online_maps',
  'global_avl',
  'global_rsvd',
  'total_alloc',
]);

export interface Comparison {
  readonly equal: boolean;
  /** How many counters were compared. */
  readonly counters: number;
}

export function compare(event: TraceEvent, step: Step): Comparison {
  let counters = 0;
  let equal = event.name === step.record.event;
  if (equal && 'cpu' in event && !step.fields.has('cpu') && event.cpu >= 0) {
    // online and offline have no field for it: the trace's own column tells.
    equal = event.cpu === step.record.cpu;
  }
  if (!equal) return { equal, counters };
  for (const [key, value] of printedFields(event)) {
    if (COUNTERS.has(key)) counters++;
    const seen = step.fields.get(key);
    if (seen === undefined || seen >>> 0 !== value >>> 0) equal = false;
  }
  return { equal, counters };
}

/** The same but for the counters, in which what other threads do meanwhile shows. */
export function isSameDecision(event: TraceEvent, step: Step): boolean {
  if (event.name !== step.record.event) return false;
  return printedFields(event).every(([key, value]) => {
    const seen = step.fields.get(key);
    return COUNTERS.has(key) || (seen !== undefined && seen >>> 0 === value >>> 0);
  });
}

export function isTraceEvent(event: KernelEvent): event is TraceEvent {
  return event.name !== 'printk' && event.name !== 'WARN';
}

/** One allocation of a vector: what the issue and docs/model.md call a decision. */
export function isDecision(name: string): boolean {
  return name === 'vector_alloc' || name === 'vector_alloc_managed';
}

export function textOf(step: Step): string {
  return `${step.record.event}: ${step.record.text.trim()}`;
}

export { printTraceEvent };
