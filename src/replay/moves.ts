import { CpuSet } from '../base/cpu-set.ts';
import type { TraceEvent } from '../model/events.ts';
import { applyPendingAffinity, doSetAffinity, setAffinityLocked } from '../model/irq-affinity.ts';
import type { IrqDesc } from '../model/irq-desc.ts';
import type { Kernel } from '../model/kernel.ts';
import { CAUSE, LEARNT } from './causes.ts';
import type { Predictor } from './predictor.ts';
import type { RequestContext } from './requests.ts';
import type { Step } from './trace-window.ts';

/** Interrupts that move: a pending mask is applied, or someone has set one. */
export class Moves {
  readonly #context: RequestContext;
  /** Pending ones that a recorded write left. */
  readonly #recordedMasks = new WeakSet<CpuSet>();

  constructor(context: RequestContext) {
    this.#context = context;
  }

  get #predictor(): Predictor {
    return this.#context.predictor;
  }

  get #kernel(): Kernel {
    return this.#context.predictor.kernel;
  }

  /** A vector is looked for outside of activation: a pending move, or a mask that a driver or irqbalance has set. */
  begin(step: Step, desc: IrqDesc): void {
    const { thread, inInterrupt } = step;
    if (inInterrupt && desc.movePending && !this.#isOverwritten(desc, step)) {
      this.#predictor.predict(thread, () => this.#kernel.interruptArrives(desc.irq));
      if (this.#predictor.waits(thread)) return;
    }
    if (step.record.event === 'vector_alloc') {
      // It says that it succeeded, and the allocation before it is not there.
      if (step.fields.get('ret') === 0) return;
      // No matrix event before it: it failed, and the kernel keeps everything as it was.
      const ret = step.fields.get('ret') ?? 0;
      const event: TraceEvent = { name: 'vector_alloc', irq: desc.irq, vector: 0, reserved: false, ret };
      this.#predictor.expect(thread, [event], CAUSE.refused);
      return;
    }
    const shown = this.#shownAfter(desc, step);
    const cpu = step.fields.get('cpu') ?? 0;
    // A mask that has the CPU where it is moves nothing: what moved it was another, before.
    if (shown?.has(cpu) === true && !this.#staysIn(desc, shown)) {
      this.#predictor.tally.countLearnt(LEARNT.mask, desc.irq);
      this.#predictor.predictWithLaterMask(thread, () => this.#setFromOutside(desc, shown, inInterrupt));
      return;
    }
    const logged = this.#context.irqbalance.maskFor(desc.irq, cpu);
    if (logged !== undefined) {
      this.#predictor.tally.countLearnt(LEARNT.logged, desc.irq);
      this.#predictor.predictWithLaterMask(thread, () => this.#setFromOutside(desc, logged, inInterrupt));
      return;
    }
    const cause = inInterrupt ? CAUSE.pending : CAUSE.written;
    this.#predictor.predict(thread, () => this.#setFromOutside(desc, CpuSet.of(cpu), inInterrupt), cause);
  }

  #staysIn({ data }: IrqDesc, mask: CpuSet): boolean {
    return data !== undefined && data.vector !== 0 && mask.has(data.cpu) && this.#kernel.online.has(data.cpu);
  }

  /** A pending mask that a recorded write left: where the interrupt goes elsewhere, the model is wrong. */
  recorded(irq: number): void {
    const desc = this.#kernel.desc(irq);
    if (desc?.movePending !== true) return;
    this.#recordedMasks.add(desc.pendingMask);
    this.#predictor.doubts.note(this.#kernel, desc);
  }

  /**
   * Another mask was written over the pending one, and nothing recorded it: the interrupt goes where a mask that a
   * snapshot showed does not let it.
   */
  #isOverwritten(desc: IrqDesc, step: Step): boolean {
    const cpu = step.fields.get('cpu');
    if (cpu === undefined || desc.pendingMask.has(cpu)) return false;
    return !this.#recordedMasks.has(desc.pendingMask);
  }

  #setFromOutside(desc: IrqDesc, mask: CpuSet, inInterrupt: boolean): void {
    desc.affinitySet = true;
    if (inInterrupt) {
      desc.movePending = true;
      desc.pendingMask = mask;
      this.#kernel.vectors.completeMove(desc, desc.data?.cpu ?? -1);
      applyPendingAffinity(this.#kernel, desc);
    } else if (desc.chip.remapped && !desc.movePending) {
      setAffinityLocked(this.#kernel, desc, mask, false);
    } else {
      doSetAffinity(this.#kernel, desc, mask, false);
    }
    this.#predictor.doubts.note(this.#kernel, desc);
  }

  /** The mask in the next snapshot, if nothing else changes it before: undefined where that cannot be known. */
  #shownAfter(desc: IrqDesc, step: Step): CpuSet | undefined {
    const { facts } = this.#context;
    const sight = facts.nextSight(desc.irq, step.record.index);
    if (sight === undefined) return undefined;
    if (facts.hasMoved(desc.irq, this.#decisionIndex(step), sight.snapshot.index)) return undefined;
    return sight.irq.debug?.affinity ?? sight.irq.affinity;
  }

  #decisionIndex(step: Step): number {
    for (const next of this.#context.window.following(step)) {
      if (next.record.event === 'vector_alloc') return next.record.index;
    }
    return step.record.index;
  }
}
