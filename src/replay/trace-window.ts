import { type LostRecord, type TraceRecord, traceFields } from '../parse/ftrace.ts';
import { EVENT_KEYS } from '../parse/ftrace-fields.ts';

/** One recorded event with its figures and the thread of execution that it belongs to. */
export interface Step {
  readonly kind: 'event';
  readonly record: TraceRecord;
  readonly fields: ReadonlyMap<string, number>;
  /** Events of one thread follow each other in program order: a task, or the interrupts of one CPU. */
  readonly thread: string;
  /** As the record itself tells it. */
  readonly recordedThread: string;
  /** Happened in hard interrupt context. */
  readonly inInterrupt: boolean;
  /** One of the tracepoints that the model emits. */
  readonly modelled: boolean;
}

/** From here on events of a CPU are missing, up to the `LostRecord` before its next event. */
export interface LossBegins {
  readonly kind: 'loss begins';
}

const NO_FIELDS: ReadonlyMap<string, number> = new Map();
/** How many records one is looked ahead: a section under the vector lock is short, other CPUs add little to it. */
const LOOK_AHEAD = 400;
/** Records before a loss that may belong to what was lost; a section that is under way ends sooner. */
const NEAR = 64;

/** The trace as steps, with a bounded look ahead. */
export class TraceWindow {
  readonly #records: Iterator<TraceRecord | LostRecord>;
  readonly #ahead: (Step | LossBegins | LostRecord)[] = [];
  readonly #lossesBegin: ReadonlySet<number>;
  #at = 0;
  #current: Step | undefined;

  /** @param lossesBegin the events after which a CPU's are missing */
  constructor(records: Iterable<TraceRecord | LostRecord>, lossesBegin: readonly number[] = []) {
    this.#records = records[Symbol.iterator]();
    this.#lossesBegin = new Set(lossesBegin);
    if (this.#lossesBegin.has(-1)) this.#ahead.push({ kind: 'loss begins' });
  }

  next(): Step | LossBegins | LostRecord | undefined {
    this.#fill(1);
    const step = this.#ahead[this.#at];
    if (step === undefined) return undefined;
    this.#at++;
    this.#current = step.kind === 'event' ? step : undefined;
    if (this.#at > 2 * LOOK_AHEAD) {
      this.#ahead.splice(0, this.#at);
      this.#at = 0;
    }
    return step;
  }

  /** What follows `after` on its thread, up to the next loss of events; the record in hand may be later already. */
  *following(after: Step): Generator<Step> {
    const current = this.#current;
    const { recordedThread } = after;
    if (current?.recordedThread === recordedThread && current.record.index > after.record.index)
      yield current;
    for (let n = 0; n < LOOK_AHEAD; n++) {
      this.#fill(n + 1);
      const step = this.#ahead[this.#at + n];
      if (step?.kind !== 'event') return;
      if (step.recordedThread === recordedThread) yield step;
    }
  }

  /** What a thread records next, where that is soon. */
  nextOf(thread: string): Step | undefined {
    for (let n = 0; n < NEAR; n++) {
      this.#fill(n + 1);
      const step = this.#ahead[this.#at + n];
      if (step?.kind !== 'event') return undefined;
      if (step.recordedThread === thread) return step;
    }
    return undefined;
  }

  /** Events are lost soon: what would tell the request of a section may be among them. */
  get lossIsNear(): boolean {
    for (let n = 0; n < NEAR; n++) {
      this.#fill(n + 1);
      const next = this.#ahead[this.#at + n];
      if (next?.kind !== 'event') return next !== undefined;
    }
    return false;
  }

  #fill(count: number): void {
    while (this.#ahead.length - this.#at < count) {
      const { value, done } = this.#records.next();
      if (done === true) return;
      this.#ahead.push(value.kind === 'lost' ? value : stepOf(value));
      if (value.kind === 'event' && this.#lossesBegin.has(value.index)) {
        this.#ahead.push({ kind: 'loss begins' });
      }
    }
  }
}

export function stepOf(record: TraceRecord): Step {
  const modelled = EVENT_KEYS.has(record.event);
  const wanted = modelled || record.event.startsWith('k_');
  const context = contextOf(record);
  const thread = threadOf(record, context);
  return {
    kind: 'event',
    record,
    fields: wanted ? traceFields(record) : NO_FIELDS,
    thread,
    recordedThread: thread,
    inInterrupt: context === 'h',
    modelled,
  };
}

/** A step whose record does not show that it happened in an interrupt. */
export function asInterrupt(step: Step): Step {
  return { ...step, thread: threadOf(step.record, 'h'), inInterrupt: true };
}

/** The third latency flag: `h` hard interrupt, `s` soft interrupt, `.` a task. NMIs count as hard interrupts. */
function contextOf({ flags }: TraceRecord): 'h' | 's' | '' {
  const flag = flags[2];
  if (flag === 'h' || flag === 'H' || flag === 'z' || flag === 'Z') return 'h';
  return flag === 's' ? 's' : '';
}

function threadOf({ pid, cpu }: TraceRecord, context: string): string {
  if (context !== '') return `${context}${cpu}`;
  // Every CPU has its own idle task, all with pid 0.
  return pid === 0 ? `idle${cpu}` : `${pid}`;
}
