/** Runs requests on the model, compares what it emits with the record, and keeps count. */
import type { KernelEvent, TraceEvent } from '../model/events.ts';
import { KernelBug } from '../model/failures.ts';
import type { Kernel } from '../model/kernel.ts';
import { adopt } from './adopt.ts';
import { CAUSE } from './causes.ts';
import { Doubts } from './doubts.ts';
import {
  compare,
  Expectations,
  type Expected,
  isDecision,
  isSameDecision,
  isTraceEvent,
  printTraceEvent,
  type Section,
  textOf,
} from './expectations.ts';
import { Knowledge, learnFromAllocation } from './knowledge.ts';
import type { Tally } from './tally.ts';
import type { Step } from './trace-window.ts';

/** A line of the kernel's log that the model predicts, and at which record. */
export interface PredictedMessage {
  readonly index: number;
  readonly level: string;
  readonly text: string;
}

export class Predictor {
  readonly kernel: Kernel;
  readonly tally: Tally;
  readonly knowledge = new Knowledge();
  readonly doubts = new Doubts();
  readonly messages: PredictedMessage[] = [];
  /** Lines that the kernel may have printed or not, by what is not known of its state. */
  readonly maybePrinted = new Set<string>();
  readonly #expected = new Expectations();
  /** Events of the operation that runs just now. */
  #emitted: TraceEvent[] = [];
  /** Of the record in hand. */
  index = -1;
  /** Nothing can be predicted until the next snapshot: why. */
  blind: string | undefined;
  wasBlind = false;
  /** CPUs whose events are missing just now. */
  lossesOpen = 0;

  constructor(kernel: Kernel, tally: Tally) {
    this.kernel = kernel;
    this.tally = tally;
    kernel.listener = (event) => this.#hear(event);
  }

  /** Differences are divergences: the state was known in full. */
  get isSure(): boolean {
    return this.blind === undefined && this.knowledge.full;
  }

  #hear(event: KernelEvent): void {
    if (isTraceEvent(event)) this.#emitted.push(event);
    else if (event.name === 'printk') {
      this.messages.push({ index: this.index, level: event.level, text: event.text });
    }
  }

  /** What `operation` makes the model emit. */
  emits(operation: () => void): TraceEvent[] {
    const outer = this.#emitted;
    this.#emitted = [];
    try {
      operation();
    } catch (error) {
      if (!(error instanceof KernelBug)) throw error;
      // After a divergence two interrupts may seem to have one vector: that is a consequence, not a finding.
      if (this.isSure && this.tally.divergenceCount === 0) {
        this.tally.diverge(this.index, error.where, error.message, 'the kernel went on');
      }
    }
    const emitted = this.#emitted;
    this.#emitted = outer;
    return emitted;
  }

  /** Runs an operation; its events are what the thread's next records should be. */
  predict(thread: string, operation: () => void, cause?: string): void {
    this.expect(thread, this.emits(operation), cause);
  }

  /** The same, of a mask that is known only from a later snapshot or a log. */
  predictWithLaterMask(thread: string, operation: () => void): void {
    this.expect(thread, this.emits(operation), undefined, true);
  }

  /**
   * An affinity that moves an interrupt at once found no move pending: where ours is, an interrupt has arrived that
   * changed nothing else and so left no trace.
   */
  arriveBefore(irq: number, step: Step | undefined): void {
    const desc = this.kernel.desc(irq);
    if (desc === undefined || step === undefined || !desc.movePending || !desc.chip.remapped) return;
    this.predict(step.thread, () => this.kernel.interruptArrives(irq));
  }

  expect(thread: string, events: readonly TraceEvent[], cause?: string, laterMask = false): void {
    this.#expected.add(thread, events, { cause, laterMask, diverged: false });
  }

  waits(thread: string): boolean {
    return this.#expected.waits(thread);
  }

  /** What a thread is predicted to do next, and the first interrupt that this names. */
  next(thread: string): { readonly event: TraceEvent; readonly irq: number | undefined } | undefined {
    return this.#expected.next(thread);
  }

  /** @param lossIsNear what would tell the request may be lost: a difference cannot be judged */
  match(step: Step, lossIsNear: () => boolean): void {
    const expected = this.#expected.peek(step.thread);
    const fits = expected !== undefined && compare(expected.event, step).equal;
    if (!fits && this.blind === undefined && lossIsNear()) this.blind = CAUSE.lost;
    if (expected === undefined) {
      this.#mismatch(step, undefined, 'no event');
      return;
    }
    const { event, section } = expected;
    section.begun = true;
    if (event.name !== step.record.event) {
      this.#mismatch(step, section, printTraceEvent(event));
      this.#expected.drop(step.thread);
      return;
    }
    this.#expected.take(step.thread);
    this.#judgeCertainty(event, section);
    const { equal, counters } = compare(event, step);
    if (this.isSure) this.tally.checkedCounters += counters;
    if (!equal) this.#mismatch(step, section, printTraceEvent(event), event);
    this.#learn(step);
    if (isDecision(event.name)) this.decide(section);
  }

  /** Where the state is known in part, an allocation counts as predicted only if what is known decides it. */
  #judgeCertainty(event: TraceEvent, section: Section): void {
    if (this.blind !== undefined) section.cause ??= this.blind;
    if (this.knowledge.full) return;
    if (event.name !== 'irq_matrix_alloc' && event.name !== 'irq_matrix_alloc_managed') return;
    const managed = event.name === 'irq_matrix_alloc_managed';
    if (this.knowledge.isCertain(this.kernel.online, event.cpu, event.bit, managed)) return;
    section.cause ??= CAUSE.vectors;
  }

  #learn({ record, fields }: Step): void {
    if (this.knowledge.full) return;
    const cpu = fields.get('cpu');
    const bit = fields.get('bit');
    if (cpu === undefined || bit === undefined) return;
    this.knowledge.knowCounters(cpu);
    if (record.event === 'irq_matrix_alloc') learnFromAllocation(this.kernel, this.knowledge, cpu, bit);
  }

  /** Counts one decision of a section whose events so far have been compared. */
  decide(section: Section): void {
    this.tally.decisions++;
    if (section.cause !== undefined) this.tally.countUnpredictable(section.cause);
    else if (!(section.wrong ?? section.diverged)) {
      this.tally.predicted++;
      if (section.laterMask) this.tally.predictedWithLearntMask++;
    } else if (!this.isSure) this.tally.countUnpredictable(CAUSE.vectors);
    // The next decision of the section stands for itself.
    if (section.wrong === true) section.wrong = false;
  }

  #mismatch(step: Step, section: Section | undefined, expected: string, event?: TraceEvent): void {
    this.tally.line = step.record.line;
    if (this.isSure && section?.cause === undefined && section?.diverged !== true) {
      this.tally.diverge(step.record.index, step.record.event, expected, textOf(step));
    }
    if (section === undefined && isDecision(step.record.event)) {
      const cause = this.isSure ? undefined : (this.blind ?? CAUSE.vectors);
      this.decide({ cause, laterMask: false, diverged: true });
    }
    if (section !== undefined) {
      section.diverged = true;
      section.wrong = true;
    }
    adopt(this.kernel, step, event);
  }

  /**
   * Events that were predicted and never came are reported.
   * @param nextOf what a thread records next: a section may be under way on another CPU just now
   */
  finish(nextOf: (thread: string) => Step | undefined): void {
    const isUnderWay = (thread: string, { event, section }: Expected): boolean => {
      const next = section.begun === true ? nextOf(thread) : undefined;
      return next !== undefined && isSameDecision(event, next);
    };
    for (const { event, section } of this.#expected.drop(undefined, isUnderWay)) {
      if (section.diverged || !this.isSure) continue;
      section.diverged = true;
      this.tally.diverge(this.index, event.name, printTraceEvent(event), 'no event');
    }
  }

  /** Events were lost: nothing is known until the next snapshot, and the vectors only bit by bit after it. */
  lose(): void {
    this.#expected.drop();
    this.goBlind(CAUSE.lost);
  }

  goBlind(cause: string): void {
    this.wasBlind = true;
    this.knowledge.forget();
    this.blind = cause;
  }
}
