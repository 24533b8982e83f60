/**
 * Traces without the latency flags (`trace-cmd report` of old, or the option `irq-info` switched off) do not say what
 * happened in interrupt context: it stands there as if the interrupted task had done it. The kernel's rules tell.
 */
import type { Kernel } from '../model/kernel.ts';
import type { Expected } from './expectations.ts';
import { asInterrupt, type Step } from './trace-window.ts';

/** A section under the vector lock that an interrupt has begun: nothing else can happen on its CPU before it ends. */
interface Section {
  readonly pid: number;
  /** Events that it may still have, each telling whether it is the section's. */
  readonly goesOn: (step: Step) => boolean;
}

/** What the rest of the replay knows about a step. */
export interface Expecting {
  /** The irq of a section, which its first event may not name. */
  readonly irqOf: (step: Step) => number | undefined;
  /** What a thread is predicted to do next: the event, and the first interrupt that is named. */
  readonly next: (
    thread: string,
  ) => { readonly event: Expected['event']; readonly irq: number | undefined } | undefined;
  /** A dying CPU's own migration, where it is traced. */
  readonly isMigration: (step: Step) => boolean;
  /** A task is about to set the affinity of `irq`. */
  readonly isToSet: (thread: string, irq: number) => boolean;
}

export class UntoldContext {
  readonly #kernel: Kernel;
  readonly #expecting: Expecting;
  /** By CPU. */
  readonly #open = new Map<number, Section>();

  constructor(kernel: Kernel, expecting: Expecting) {
    this.#kernel = kernel;
    this.#expecting = expecting;
  }

  /** The step in its context. */
  of(step: Step): Step {
    const { flags, cpu, pid } = step.record;
    if (flags !== '' || !step.modelled || this.#expecting.isMigration(step)) return step;
    const open = this.#open.get(cpu);
    if (open?.pid === pid && open.goesOn(step)) return asInterrupt(step);
    this.#open.delete(cpu);
    const begun = this.#begins(step);
    if (begun === undefined) return step;
    this.#open.set(cpu, { pid, goesOn: begun });
    return asInterrupt(step);
  }

  #begins(step: Step): Section['goesOn'] | undefined {
    switch (step.record.event) {
      // The clean-up of a move runs in an interrupt, or in a timer; a task that does it was predicted to.
      case 'vector_free_moved':
        return this.#isExpected(step, step.fields.get('irq')) ? undefined : freeOf(step);
      case 'irq_matrix_alloc':
      case 'vector_alloc':
        return this.#beginsMove(step);
      default:
        return undefined;
    }
  }

  /**
   * A vector is looked for outside of an activation: without remapping only an interrupt moves one (specification 5.2);
   * with it a task does at once, unless a move is pending already.
   */
  #beginsMove(step: Step): Section['goesOn'] | undefined {
    const irq = this.#expecting.irqOf(step);
    const desc = this.#kernel.desc(irq ?? -1);
    if (irq === undefined || desc?.data === undefined || !desc.activated || this.#isExpected(step, irq))
      return undefined;
    const { remapped } = desc.chip;
    if (remapped && (!desc.movePending || this.#expecting.isToSet(step.thread, irq))) return undefined;
    return moveOf(irq);
  }

  #isExpected({ record, thread }: Step, irq: number | undefined): boolean {
    const next = this.#expecting.next(thread);
    return next !== undefined && next.event.name === record.event && next.irq === irq;
  }
}

/** After `vector_free_moved` comes the one event of the matrix. */
function freeOf({ fields }: Step): Section['goesOn'] {
  return (next) =>
    next.record.event === 'irq_matrix_free' &&
    next.fields.get('cpu') === fields.get('cpu') &&
    next.fields.get('bit') === fields.get('vector');
}

const OF_MOVE: ReadonlySet<string> = new Set(['vector_alloc', 'vector_update', 'vector_config']);

function moveOf(irq: number): Section['goesOn'] {
  return ({ record, fields }) => OF_MOVE.has(record.event) && fields.get('irq') === irq;
}
