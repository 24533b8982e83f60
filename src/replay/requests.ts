/**
 * What a thread asks of the kernel, read off the first event of a section: set an interrupt up, activate it, free it,
 * give its old vector back. The mask, the node and the chip come from the snapshots; the rest is the model's to predict.
 */
import { CpuSet } from '../base/cpu-set.ts';
import { PIC_CHIP } from '../model/boot.ts';
import { printTraceEvent, type TraceEvent } from '../model/events.ts';
import {
  activateIrq,
  beginStartup,
  deactivateIrq,
  finishStartup,
  type StartupPath,
  shutdown,
} from '../model/irq-core.ts';
import { IrqDesc } from '../model/irq-desc.ts';
import type { Kernel } from '../model/kernel.ts';
import { CASCADE_IRQ, LEGACY_IRQS } from '../model/system-vectors.ts';
import { adopt, relabel } from './adopt.ts';
import { CAUSE } from './causes.ts';
import type { Deferrals } from './deferrals.ts';
import type { StoredAffinity } from './doubts.ts';
import { isSameDecision, isTraceEvent } from './expectations.ts';
import type { SnapshotFacts } from './facts.ts';
import type { IrqbalanceRuns } from './irqbalance-runs.ts';
import type { Moves } from './moves.ts';
import type { Outline } from './outline.ts';
import type { Predictor } from './predictor.ts';
import type { Step, TraceWindow } from './trace-window.ts';

export interface RequestContext {
  readonly predictor: Predictor;
  readonly window: TraceWindow;
  readonly outline: Outline;
  readonly facts: SnapshotFacts;
  readonly deferrals: Deferrals;
  readonly irqbalance: IrqbalanceRuns;
  /** All writes to /proc/irq are recorded, but those of irqbalance. */
  readonly writesRecorded: boolean;
}

export class Requests {
  readonly #context: RequestContext;
  /** Interrupts that were set up and not activated yet. */
  readonly #fresh = new WeakSet<IrqDesc>();
  /** Set up while the default affinity was changed unrecorded, maybe to this one. */
  readonly #maybeSetUpWith = new WeakMap<IrqDesc, CpuSet>();

  readonly #moves: Moves;

  constructor(context: RequestContext, moves: Moves) {
    this.#context = context;
    this.#moves = moves;
  }

  get #predictor(): Predictor {
    return this.#context.predictor;
  }

  get #kernel(): Kernel {
    return this.#context.predictor.kernel;
  }

  /** The interrupt that a section is about; its first event may name none. */
  irqOf(step: Step): number | undefined {
    const own = step.fields.get('irq');
    if (own !== undefined) return own;
    for (const next of this.#context.window.following(step)) {
      const irq = next.fields.get('irq');
      if (irq !== undefined) return irq;
    }
    return undefined;
  }

  begin(step: Step, irq: number): void {
    const { record, fields, thread } = step;
    const event = record.event;
    if (SET_UP.has(event) || (event === 'vector_clear' && this.#kernel.desc(irq) === undefined)) {
      this.#setUp(step, irq);
      return;
    }
    const desc = this.#kernel.desc(irq) ?? this.#unseen(step, irq);
    // Not on the vector domain, as far as is known: the record is taken over.
    if (desc?.data === undefined) return;
    this.#learnPlace(step, desc);
    switch (event) {
      case 'vector_activate':
        this.#activate(step, desc, fields.get('reserve') === 1);
        return;
      case 'vector_deactivate':
        this.#predictor.predict(thread, () => this.#free(desc));
        return;
      case 'vector_teardown':
        this.#predictor.predict(thread, () => this.#kernel.removeIrq(irq));
        return;
      case 'vector_free_moved':
        this.#cleanUp(step, desc);
        return;
      case 'irq_matrix_alloc':
      case 'vector_alloc':
        this.#moves.begin(step, desc);
        return;
      default:
    }
  }

  /** Its set-up was lost, or is older than the state before the trace. */
  #unseen(step: Step, irq: number): IrqDesc | undefined {
    if (this.#predictor.isSure) return undefined;
    const known = this.#context.facts.of(irq, step.record.index);
    const managed = step.fields.get('is_managed') === 1;
    const affinity = known.managedMask ?? this.#kernel.defaultAffinity;
    const desc = new IrqDesc(irq, known.chip, known.node ?? -1, affinity, managed, managed);
    this.#predictor.emits(() => this.#kernel.addIrq(desc));
    adopt(this.#kernel, step);
    return desc;
  }

  /** Where the vectors in use are not all known, the section's own records tell this interrupt's. */
  #learnPlace(step: Step, desc: IrqDesc): void {
    if (this.#predictor.isSure) return;
    relabel(this.#kernel, desc, step);
    let seen = 0;
    for (const next of this.#context.window.following(step)) {
      const irq = next.fields.get('irq');
      if ((irq !== undefined && irq !== desc.irq) || ++seen > 6) return;
      if (irq !== undefined) relabel(this.#kernel, desc, next);
    }
  }

  #setUp(step: Step, irq: number): void {
    const { facts } = this.#context;
    const { event, index } = step.record;
    const known = facts.of(irq, index);
    const managed = event === 'irq_matrix_reserve_managed' || event === 'vector_reserve_managed';
    const legacy = irq < LEGACY_IRQS && event !== 'irq_matrix_reserve';
    const activated = legacy && event === 'vector_setup';
    if (legacy) this.#addCascade();
    // Where events were lost its teardown may be among them.
    if (this.#kernel.desc(irq) !== undefined) this.#predictor.emits(() => this.#kernel.removeIrq(irq));
    const reservedOn = facts.lifetimeAt(irq, index)?.reservedOn;
    const affinity = managed
      ? (known.managedMask ?? this.#failedMask(reservedOn))
      : this.#kernel.defaultAffinity;
    const isSet = managed || known.outsideSpread;
    const desc = new IrqDesc(irq, known.chip, known.node ?? -1, affinity, managed, isSet);
    this.#predictor.predict(step.thread, () => {
      this.#kernel.addIrq(desc, legacy && !managed ? { kind: 'legacy', activated } : { kind: 'by-policy' });
    });
    this.#fresh.add(desc);
    const other = managed ? undefined : this.#otherDefault(index);
    if (other !== undefined) this.#maybeSetUpWith.set(desc, other);
    // The timer: requested long before the IO-APIC takes it over.
    if (activated) Object.assign(desc, { activated, started: true, actions: 1, depth: 0, noBalancing: true });
  }

  /** The default affinity of the next snapshot, where it is another and no write of it is recorded. */
  #otherDefault(index: number): CpuSet | undefined {
    const { facts, writesRecorded } = this.#context;
    const next = writesRecorded ? undefined : facts.nextDefault(index);
    return next?.equals(this.#kernel.defaultAffinity.and(this.#kernel.possible)) === true ? undefined : next;
  }

  /** The PIC's cascade has a descriptor, and nothing of it is ever traced. */
  #addCascade(): void {
    if (this.#kernel.desc(CASCADE_IRQ) !== undefined) return;
    this.#kernel.addIrq(new IrqDesc(CASCADE_IRQ, PIC_CHIP, -1, this.#kernel.defaultAffinity, false, false));
  }

  /** A reservation that failed names the CPUs that had room: any full one stands for the one that had none. */
  #failedMask(reservedOn: readonly number[] | undefined): CpuSet {
    const { available } = this.#kernel.matrix.maps;
    const full = [...this.#kernel.possible].find((cpu) => available[cpu] === 0);
    return CpuSet.from([...(reservedOn ?? []), ...(full === undefined ? [] : [full])]);
  }

  #activate(step: Step, desc: IrqDesc, reserve: boolean): void {
    const { thread } = step;
    if (reserve) {
      this.#predictor.predict(thread, () => {
        activateIrq(this.#kernel, desc, true);
        // The hardware is programmed with the dummy vector; request_irq() activates again (specification 6.5).
        desc.activated = false;
      });
      this.#fresh.delete(desc);
    } else if (desc.managed) this.#startManaged(thread, desc);
    else this.#request(step, desc);
  }

  #startManaged(thread: string, desc: IrqDesc): void {
    let path: StartupPath = 'abort';
    this.#predictor.predict(thread, () => {
      path = beginStartup(this.#kernel, desc, false);
    });
    desc.actions = Math.max(1, desc.actions);
    this.#defer(thread, desc, () => finishStartup(this.#kernel, desc, path));
  }

  #request(step: Step, desc: IrqDesc): void {
    const { thread } = step;
    const early = this.#isEarlyActivation(desc);
    if (early) desc.canReserve = false;
    // An MSI without mask bit has its vector before anyone asks: whether it is requested, the next snapshot shows.
    const starts = !early || this.#isRequested(desc, step);
    const ofNode = this.#nodeFromRecord(step, desc) ? CAUSE.node : undefined;
    const cause = this.#masksFromRecord(step, desc, starts) ?? ofNode;
    let ret = 0;
    this.#predictor.predict(
      thread,
      () => {
        ret = activateIrq(this.#kernel, desc, false);
      },
      cause,
    );
    if (ret < 0 || !starts) return;
    desc.actions = Math.max(1, desc.actions);
    desc.depth = 0;
    const startup = (): void => {
      if (!desc.started) finishStartup(this.#kernel, desc, 'normal');
    };
    this.#defer(thread, desc, startup, cause);
  }

  /**
   * Masks that nothing recorded, an unrecorded default affinity and a pending one that may have been applied, are those
   * with which the model does what the record shows: a cause, unless it makes no difference. Blind where the default is
   * neither the one before nor the one after.
   */
  #masksFromRecord(step: Step, desc: IrqDesc, starts: boolean): string | undefined {
    const { doubts } = this.#predictor;
    const setUpWith = desc.affinitySet ? undefined : this.#maybeSetUpWith.get(desc);
    const other = desc.affinitySet ? undefined : this.#otherDefault(step.record.index);
    this.#maybeSetUpWith.delete(desc);
    const stored = doubts.of(desc);
    if (setUpWith !== undefined) stored.push({ affinity: setUpWith, movePending: false });
    const defaults = [this.#kernel.defaultAffinity, ...(other === undefined ? [] : [other])];
    if (stored.length * defaults.length === 1) return undefined;
    const guesses = stored
      .flatMap((each) => defaults.map((defaultAffinity) => ({ ...each, defaultAffinity })))
      .map((masks) => ({ ...masks, events: emitsWith(this.#kernel, desc, masks, starts) }));
    const told = new Set(guesses.map(({ events }) => events.map(printTraceEvent).join('\n')));
    if (told.size === 1) return undefined;
    const records = [step, ...this.#context.window.following(step)];
    const guess = guesses.find(({ events }) =>
      events.every((event, at) => {
        const record = records[at];
        return record !== undefined && isSameDecision(event, record);
      }),
    );
    const isOfDefault = setUpWith !== undefined || other !== undefined;
    if (guess === undefined) {
      if (isOfDefault) this.#predictor.goBlind(CAUSE.byDefault);
      return undefined;
    }
    doubts.take(desc, guess);
    this.#kernel.defaultAffinity = guess.defaultAffinity;
    return isOfDefault ? CAUSE.byDefault : CAUSE.arrived;
  }

  /** The first activation of an MSI that takes its vector at once, at its allocation (specification 4.5). */
  #isEarlyActivation(desc: IrqDesc): boolean {
    const first = this.#fresh.delete(desc);
    return first && desc.chip.affinityBeforeStartup && desc.canReserve;
  }

  #isRequested(desc: IrqDesc, step: Step): boolean {
    const sight = this.#context.facts.nextSight(desc.irq, step.record.index);
    return (sight?.irq.actions?.length ?? 0) > 0;
  }

  /** True where nothing tells the node: it is taken from the CPU in the record, and the decision does not count. */
  #nodeFromRecord(step: Step, desc: IrqDesc): boolean {
    if (this.#context.facts.of(desc.irq, step.record.index).node !== undefined) return false;
    for (const next of this.#context.window.following(step)) {
      if (next.record.event !== 'irq_matrix_alloc') continue;
      const cpu = next.fields.get('cpu') ?? -1;
      desc.node = this.#kernel.nodes.findIndex((cpus) => cpus.has(cpu));
      break;
    }
    return true;
  }

  #free(desc: IrqDesc): void {
    shutdown(this.#kernel, desc);
    desc.actions = 0;
    desc.started = false;
    if (!this.#predictor.isSure && desc.data !== undefined) desc.activated = true;
    deactivateIrq(this.#kernel, desc);
  }

  /** The clean-up of a move runs. Where it still waited for an interrupt, one has arrived without a trace. */
  #cleanUp(step: Step, desc: IrqDesc): void {
    if (desc.data?.moveInProgress === true) {
      this.#predictor.predict(step.thread, () => this.#kernel.interruptArrives(desc.irq));
      if (this.#predictor.waits(step.thread)) return;
    }
    if (desc.data === undefined || desc.data.prevVector === 0) return;
    this.#predictor.predict(step.thread, () => this.#kernel.vectorDomain.runCleanupOf(desc));
  }

  #defer(thread: string, desc: IrqDesc, operation: () => void, cause?: string): void {
    this.#context.deferrals.add({
      thread,
      irq: desc.irq,
      run: (step) => this.#predictor.predict(step?.thread ?? thread, operation, cause),
    });
  }
}

/** What the kernel would do for a request if those were its masks. */
function emitsWith(
  kernel: Kernel,
  { irq }: IrqDesc,
  masks: StoredAffinity & { readonly defaultAffinity: CpuSet },
  starts: boolean,
): TraceEvent[] {
  const events: TraceEvent[] = [];
  const copy = kernel.clone();
  const desc = copy.desc(irq);
  if (desc === undefined) return events;
  copy.listener = (event) => {
    if (isTraceEvent(event)) events.push(event);
  };
  copy.defaultAffinity = masks.defaultAffinity;
  desc.affinity = masks.affinity;
  desc.movePending = masks.movePending;
  if (activateIrq(copy, desc, false) < 0 || !starts) return events;
  desc.actions = Math.max(1, desc.actions);
  desc.depth = 0;
  if (!desc.started) finishStartup(copy, desc, 'normal');
  return events;
}

/** First events of a set-up; legacy ones begin with `vector_clear`. */
const SET_UP: ReadonlySet<string> = new Set([
  'irq_matrix_reserve',
  'irq_matrix_reserve_managed',
  'vector_reserve_managed',
  'vector_setup',
]);
