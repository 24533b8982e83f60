/**
 * Runs a recorded trace through the model. The trace gives requests only: which operation, of which interrupt, in which
 * order. The model predicts every event that follows, and each is compared with the record (docs/model.md).
 */
import { CpuSet } from '../base/cpu-set.ts';
import type { KernelEvent, TraceEvent } from '../model/events.ts';
import { errnoName, KernelBug } from '../model/failures.ts';
import {
  applyPendingAffinity,
  doSetAffinity,
  setAffinityAndHint,
  setAffinityLocked,
} from '../model/irq-affinity.ts';
import {
  activateIrq,
  beginStartup,
  deactivateIrq,
  finishStartup,
  shutdown,
  type StartupPath,
} from '../model/irq-core.ts';
import { IrqDesc } from '../model/irq-desc.ts';
import type { Kernel } from '../model/kernel.ts';
import { PIC_CHIP } from '../model/boot.ts';
import { CASCADE_IRQ, LEGACY_IRQS } from '../model/system-vectors.ts';
import type { LabLine } from '../parse/ops-log.ts';
import { parseLabLine } from '../parse/ops-log.ts';
import { adopt } from './adopt.ts';
import { Arrivals } from './arrivals.ts';
import { checkDyingCpu } from './check-dying-cpu.ts';
import { checkSnapshot, type Difference } from './check-snapshot.ts';
import { compare, Expectations, isDecision, isTraceEvent, printTraceEvent, type Section, textOf } from './expectations.ts';
import type { PlacedSnapshot, SnapshotFacts } from './facts.ts';
import { LabWrites } from './lab-writes.ts';
import type { Outline } from './outline.ts';
import type { Tally } from './tally.ts';
import type { Step, TraceWindow } from './trace-window.ts';
import { type Repin, VirtioNets } from './virtio-nets.ts';

/** Something that the kernel did without a trace of its own, or whose trace comes next: run when the thread goes on. */
interface Deferred {
  readonly thread: string;
  readonly irq: number;
  /** `step` is the event that follows on the same thread, where one does. */
  readonly run: (step: Step | undefined) => void;
}

/** A line of the kernel's log that the model predicts, and where. */
export interface PredictedMessage {
  readonly index: number;
  readonly level: string;
  readonly text: string;
}

export const CAUSE = {
  lost: 'events were lost, and what they did is not known yet',
  refused: 'a refused affinity write whose mask nothing records (irqbalance)',
  pending: 'the mask of a pending move was written by a driver or irqbalance, and no snapshot shows it',
  written: 'a driver or irqbalance set a mask that no snapshot shows',
  node: 'no snapshot shows the interrupt during this lifetime: its NUMA node is not known',
  start: 'the state before the trace does not show the vectors in use (no debugfs)',
} as const;

/** Traced by `x86_vector_activate()` and `x86_vector_deactivate()` before they take the lock. */
const BEFORE_THE_LOCK: ReadonlySet<string> = new Set(['vector_activate', 'vector_deactivate']);

export interface ReplayContext {
  readonly kernel: Kernel;
  readonly window: TraceWindow;
  readonly outline: Outline;
  readonly facts: SnapshotFacts;
  readonly snapshots: readonly PlacedSnapshot[];
  readonly tally: Tally;
  /** Why the state at the start is not known in full; undefined where it is. */
  readonly unsure: string | undefined;
}

export class Replayer {
  readonly messages: PredictedMessage[] = [];
  readonly #context: ReplayContext;
  readonly #expected = new Expectations();
  readonly #writes: LabWrites;
  #deferred: Deferred[] = [];
  /** Events of the operation that runs just now. */
  #emitted: TraceEvent[] = [];
  #index = -1;
  /** The record in hand. */
  #current: Step | undefined;
  /** The state is not known in full since this happened. */
  #unsure: string | undefined;
  /** The CPU that was asked to go down, until it has gone or refused. */
  #goingDown: number | undefined;
  #downs = 0;
  /** kprobe events of the dying CPU, to check what the model does there. */
  #probes: Step[] = [];
  /** A CPU that came back, and the interrupts that it has not been offered yet. */
  #restoring: { cpu: number; irqs: number[] } | undefined;
  /** Events that say what a thread is about to do, and come before it has the vector lock: others may go first. */
  readonly #held = new Map<string, Step>();
  #nets: VirtioNets | undefined;
  readonly #arrivals = new Arrivals();
  /** A snapshot that is being taken, and what of it did not fit at its beginning. */
  #taken: { snapshot: PlacedSnapshot; index: number; differences: readonly Difference[] } | undefined;
  /** Affinities that drivers set because a CPU came or went, still to come. */
  #repins: Repin[][] = [];
  /** The APIC id that each CPU was programmed with: a constant. */
  readonly #apicIds = new Map<number, number>();

  constructor(context: ReplayContext) {
    this.#context = context;
    this.#unsure = context.unsure;
    this.#writes = new LabWrites(context.kernel);
    context.kernel.listener = (event) => this.#hear(event);
  }

  get #kernel(): Kernel {
    return this.#context.kernel;
  }

  get #tally(): Tally {
    return this.#context.tally;
  }

  run(): void {
    const { window, snapshots } = this.#context;
    for (const snapshot of snapshots) if (snapshot.index < 0) this.#learnOnly(snapshot);
    for (let item = window.next(); item !== undefined; item = window.next()) {
      if (item.kind === 'lost') this.#gap(item.count);
      else this.#step(item);
    }
    this.#index = this.#context.outline.lastIndex;
    this.#finishAll();
    this.#snapshotEnds();
    for (const snapshot of snapshots) if (snapshot.index === Number.POSITIVE_INFINITY) this.#snapshot(snapshot);
  }

  #hear(event: KernelEvent): void {
    if (isTraceEvent(event)) this.#emitted.push(event);
    else if (event.name === 'printk') {
      this.messages.push({ index: this.#index, level: event.level, text: event.text });
    }
  }

  /** What `operation` makes the model emit. */
  #emits(operation: () => void): TraceEvent[] {
    const outer = this.#emitted;
    this.#emitted = [];
    try {
      operation();
    } catch (error) {
      if (!(error instanceof KernelBug)) throw error;
      if (this.#unsure === undefined) this.#tally.diverge(this.#index, error.where, error.message, 'the kernel went on');
    }
    const emitted = this.#emitted;
    this.#emitted = outer;
    return emitted;
  }

  /** Runs an operation; its events are what the thread's next records should be. */
  #predict(thread: string, operation: () => void, cause?: string): void {
    this.#expected.add(thread, this.#emits(operation), { cause, diverged: false });
  }

  #step(step: Step): void {
    const { record, thread, modelled } = step;
    this.#index = record.index;
    this.#current = step;
    if (record.event === 'tracing_mark_write') this.#mark(step);
    else if (record.event.startsWith('k_')) this.#probe(step);
    if (!modelled) return;
    this.#tally.events++;
    this.#checkApicId(step);
    const held = this.#held.get(thread);
    if (held !== undefined) {
      this.#held.delete(thread);
      this.#take(held);
    }
    if (BEFORE_THE_LOCK.has(record.event) && !this.#expected.waits(thread)) this.#held.set(thread, step);
    else this.#take(step);
  }

  #take(step: Step): void {
    const { thread } = step;
    if (!this.#expected.waits(thread)) {
      this.#runDeferred((deferred) => deferred.thread === thread, step);
      if (!this.#expected.waits(thread)) this.#begin(step);
    }
    this.#match(step);
  }

  #match(step: Step): void {
    const expected = this.#expected.peek(step.thread);
    if (expected === undefined) {
      this.#mismatch(step, undefined, 'no event');
      return;
    }
    const { event, section } = expected;
    if (event.name !== step.record.event) {
      this.#mismatch(step, section, printTraceEvent(event));
      this.#expected.drop(step.thread);
      return;
    }
    this.#expected.take(step.thread);
    const { equal, counters } = compare(event, step);
    this.#tally.checkedCounters += counters;
    if (!equal) {
      this.#mismatch(step, section, printTraceEvent(event), event);
    }
    if (isDecision(event.name)) this.#decide(section);
  }

  /** Counts one decision of a section whose events so far have been compared. */
  #decide(section: Section | undefined): void {
    this.#tally.decisions++;
    const cause = section?.cause ?? (section?.diverged === true ? this.#unsure : undefined);
    if (cause !== undefined) this.#tally.countUnpredictable(cause);
    else if (section?.diverged === false) this.#tally.predicted++;
  }

  #mismatch(step: Step, section: Section | undefined, expected: string, event?: TraceEvent): void {
    if (this.#unsure === undefined && section?.cause === undefined && section?.diverged !== true) {
      this.#tally.diverge(step.record.index, step.record.event, expected, textOf(step));
    }
    if (section === undefined && isDecision(step.record.event)) this.#decide({ cause: this.#unsure, diverged: true });
    if (section !== undefined) section.diverged = true;
    adopt(this.#kernel, step, event);
  }

  /** V-CFG programs exactly one CPU: the same APIC id each time. */
  #checkApicId(step: Step): void {
    const apicId = step.fields.get('apicdest');
    const cpu = step.fields.get('cpu');
    if (apicId === undefined || cpu === undefined) return;
    const known = this.#apicIds.get(cpu);
    if (known === undefined) this.#apicIds.set(cpu, apicId);
    else if (known !== apicId) {
      this.#tally.diverge(step.record.index, step.record.event, `apicdest=${known}`, textOf(step));
    }
  }

  // What a thread begins.

  #begin(step: Step): void {
    const { record, fields, thread } = step;
    this.#catchUpWithDowns(step);
    const { matrix } = this.#kernel;
    const bit = fields.get('bit') ?? 0;
    switch (record.event) {
      case 'irq_matrix_assign_system':
        this.#predict(thread, () =>
          matrix.assignSystem(record.cpu, bit, matrix.isAllocated(record.cpu, bit)),
        );
        return;
      case 'irq_matrix_assign':
        this.#predict(thread, () => matrix.assign(fields.get('cpu') ?? 0, bit));
        return;
      case 'irq_matrix_online':
        this.#finishAll();
        // The boot CPU is alone, and on no node yet, until it has set up the timer.
        this.#kernel.nodesFilled = matrix.onlineMaps > 0;
        this.#predict(thread, () => this.#kernel.cpuStarting(record.cpu));
        this.#restoring = { cpu: record.cpu, irqs: [...this.#kernel.descs()].map(({ irq }) => irq) };
        this.#expectRepins();
        return;
      case 'irq_matrix_offline':
        this.#takeDown(record.cpu, thread);
        return;
      default:
    }
    if (this.#isMigration(step)) {
      this.#takeDown(record.cpu, thread);
      return;
    }
    if (record.pid !== 0) this.#kernel.nodesFilled = true;
    const irq = this.#irqOf(step);
    if (irq === undefined) return;
    this.#runDeferred((deferred) => deferred.irq === irq, step);
    if (this.#expected.waits(thread)) return;
    if (this.#restores(step, irq) || this.#repinned(step, irq)) return;
    const desc = this.#kernel.desc(irq);
    switch (record.event) {
      case 'irq_matrix_reserve':
      case 'irq_matrix_reserve_managed':
      case 'vector_reserve_managed':
      case 'vector_setup':
        this.#setUp(step, irq);
        return;
      case 'vector_clear':
        if (desc === undefined) this.#setUp(step, irq);
        return;
      case 'vector_activate':
        if (desc !== undefined) this.#activate(step, desc, fields.get('reserve') === 1);
        return;
      case 'vector_deactivate':
        if (desc !== undefined) this.#predict(thread, () => this.#free(desc));
        return;
      case 'vector_teardown':
        this.#predict(thread, () => this.#kernel.removeIrq(irq));
        return;
      case 'vector_free_moved':
        if (desc !== undefined) this.#cleanUp(step, desc);
        return;
      case 'irq_matrix_alloc':
      case 'vector_alloc':
        if (desc !== undefined) this.#moves(step, desc);
        return;
      default:
    }
  }

  /** What comes after `step` on its thread: the record in hand may be later already. */
  *#following(step: Step): Generator<Step> {
    const { record, thread } = step;
    const current = this.#current;
    if (current !== undefined && current.thread === thread && current.record.index > record.index) yield current;
    yield* this.#context.window.following(thread);
  }

  /** The interrupt that a section is about; its first event may name none. */
  #irqOf(step: Step): number | undefined {
    const own = step.fields.get('irq');
    if (own !== undefined) return own;
    for (const next of this.#following(step)) {
      const irq = next.fields.get('irq');
      if (irq !== undefined) return irq;
    }
    return undefined;
  }

  /** The PIC's cascade has a descriptor, and nothing of it is ever traced. */
  #addCascade(): void {
    const { irq, chip } = { irq: CASCADE_IRQ, chip: PIC_CHIP };
    if (this.#kernel.desc(irq) !== undefined) return;
    this.#kernel.addIrq(new IrqDesc(irq, chip, -1, this.#kernel.defaultAffinity, false, false));
  }

  #setUp(step: Step, irq: number): void {
    const { facts } = this.#context;
    const known = facts.of(irq, step.record.index);
    const life = facts.lifetimeAt(irq, step.record.index);
    const managed = this.#isManaged(step);
    const legacy = irq < LEGACY_IRQS && step.record.event !== 'irq_matrix_reserve';
    const activated = legacy && step.record.event === 'vector_setup';
    if (legacy) this.#addCascade();
    if (this.#kernel.desc(irq) !== undefined) this.#emits(() => this.#kernel.removeIrq(irq));
    const affinity = managed ? (known.managedMask ?? this.#failedMask(life?.reservedOn)) : this.#kernel.defaultAffinity;
    const desc = new IrqDesc(irq, known.chip, known.node ?? -1, affinity, managed, managed);
    this.#predict(step.thread, () => {
      this.#kernel.addIrq(
        desc,
        legacy && !managed ? { kind: 'legacy', activated } : { kind: 'by-policy' },
      );
      if (activated) {
        desc.activated = true;
        desc.started = true;
        desc.actions = 1;
        desc.depth = 0;
        desc.noBalancing = true;
      }
    });
  }

  #isManaged(step: Step): boolean {
    if (step.record.event === 'irq_matrix_reserve_managed') return true;
    return step.record.event === 'vector_reserve_managed';
  }

  /** A managed reservation that failed names only the CPUs that still had room: any full CPU stands for the one without. */
  #failedMask(reservedOn: readonly number[] | undefined): CpuSet {
    const { available } = this.#kernel.matrix.maps;
    const full = [...this.#kernel.possible].filter((cpu) => (available[cpu] ?? 0) === 0);
    return CpuSet.from([...(reservedOn ?? []), ...full.slice(0, 1)]);
  }

  #activate(step: Step, desc: IrqDesc, reserve: boolean): void {
    const { thread } = step;
    if (reserve) {
      this.#predict(thread, () => {
        activateIrq(this.#kernel, desc, true);
        // The hardware is programmed with the dummy vector; request_irq() activates again (specification 6.5).
        desc.activated = false;
      });
      this.#activatedEarly.add(desc);
      return;
    }
    if (desc.managed) {
      let path: StartupPath = 'abort';
      this.#predict(thread, () => {
        path = beginStartup(this.#kernel, desc, false);
      });
      desc.actions = Math.max(1, desc.actions);
      this.#defer(thread, desc, () => finishStartup(this.#kernel, desc, path));
      return;
    }
    const early = this.#isEarlyActivation(desc);
    if (early) desc.canReserve = false;
    const cause = this.#nodeFromRecord(step, desc) ? CAUSE.node : undefined;
    let ret = 0;
    this.#predict(
      thread,
      () => {
        ret = activateIrq(this.#kernel, desc, false);
      },
      cause,
    );
    if (ret < 0) return;
    // An MSI without mask bit has its vector before anyone asks: whether it is requested, the next snapshot shows.
    if (early && !this.#isRequested(desc)) return;
    desc.actions = Math.max(1, desc.actions);
    desc.depth = 0;
    this.#defer(thread, desc, () => {
      if (!desc.started) finishStartup(this.#kernel, desc, 'normal');
    });
  }

  /** Interrupts that were activated with the dummy vector: the next activation is a request. */
  readonly #activatedEarly = new WeakSet<IrqDesc>();

  /** The first activation of an MSI that takes its vector at once, at its allocation (specification 4.5). */
  #isEarlyActivation(desc: IrqDesc): boolean {
    return desc.chip.affinityBeforeStartup && desc.canReserve && !this.#activatedEarly.has(desc);
  }

  #isRequested(desc: IrqDesc): boolean {
    const sight = this.#context.facts.nextSight(desc.irq, this.#index);
    return (sight?.irq.actions?.length ?? 0) > 0;
  }

  /** True where nothing tells the node: it is taken from the CPU in the record, and the decision does not count. */
  #nodeFromRecord(step: Step, desc: IrqDesc): boolean {
    if (this.#context.facts.of(desc.irq, step.record.index).node !== undefined) return false;
    for (const next of this.#following(step)) {
      if (next.record.event !== 'irq_matrix_alloc') continue;
      const cpu = next.fields.get('cpu') ?? -1;
      const node = this.#kernel.nodes.findIndex((cpus) => cpus.has(cpu));
      desc.node = node;
      break;
    }
    return true;
  }

  #free(desc: IrqDesc): void {
    shutdown(this.#kernel, desc);
    desc.actions = 0;
    desc.started = false;
    if (!desc.activated && desc.data !== undefined) desc.activated = this.#unsure !== undefined;
    deactivateIrq(this.#kernel, desc);
  }

  /** The clean-up of a move runs. Where it still waited for an interrupt, one has arrived without a trace. */
  #cleanUp(step: Step, desc: IrqDesc): void {
    if (desc.data?.moveInProgress === true) this.#predict(step.thread, () => this.#kernel.interruptArrives(desc.irq));
    if (this.#expected.waits(step.thread)) return;
    if (desc.data === undefined || desc.data.prevVector === 0) return;
    this.#predict(step.thread, () => this.#kernel.vectors.runCleanupOf(desc));
  }

  // A change of affinity.

  /** A vector is looked for outside of activation: a pending move, or a mask that a driver or irqbalance has set. */
  #moves(step: Step, desc: IrqDesc): void {
    const { thread, inInterrupt } = step;
    if (inInterrupt && desc.movePending) {
      this.#predict(thread, () => this.#kernel.interruptArrives(desc.irq));
      if (this.#expected.waits(thread)) return;
    }
    const failed = step.record.event === 'vector_alloc';
    if (failed) {
      this.#refusedWrite(step, desc);
      return;
    }
    const shown = this.#shownAfter(desc, step);
    const cpu = step.fields.get('cpu') ?? 0;
    if (shown !== undefined && shown.has(cpu)) {
      this.#tally.countLearnt('a mask that a driver or irqbalance set, from the snapshot after it');
      this.#predict(thread, () => this.#setFromOutside(desc, shown, inInterrupt));
      return;
    }
    const cause = inInterrupt ? CAUSE.pending : CAUSE.written;
    this.#predict(thread, () => this.#setFromOutside(desc, CpuSet.of(cpu), inInterrupt), cause);
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
  }

  /** The mask in the next snapshot, if nothing else changes it before: undefined where that cannot be known. */
  #shownAfter(desc: IrqDesc, step: Step): CpuSet | undefined {
    const { facts, outline } = this.#context;
    const sight = facts.nextSight(desc.irq, step.record.index);
    if (sight === undefined) return undefined;
    const moves = outline.moves.get(desc.irq) ?? [];
    const own = this.#decisionIndex(step);
    const later = moves.some((index) => index > own && index < sight.snapshot.index);
    if (later) return undefined;
    return sight.irq.debug?.affinity ?? sight.irq.affinity;
  }

  #decisionIndex(step: Step): number {
    for (const next of this.#following(step)) {
      if (next.record.event === 'vector_alloc') return next.record.index;
    }
    return step.record.index;
  }

  /** -ENOSPC of a write that nothing records: the kernel keeps everything as it was. */
  #refusedWrite(step: Step, desc: IrqDesc): void {
    const ret = step.fields.get('ret') ?? 0;
    const { irq } = desc;
    const event: TraceEvent = { name: 'vector_alloc', irq, vector: 0, reserved: false, ret };
    this.#expected.add(step.thread, [event], { cause: CAUSE.refused, diverged: false });
  }

  // Deferred work.

  #defer(thread: string, desc: IrqDesc, operation: () => void): void {
    this.#deferred.push({
      thread,
      irq: desc.irq,
      run: () => this.#predict(thread, operation),
    });
  }

  #runDeferred(which: (deferred: Deferred) => boolean, step: Step | undefined): void {
    const due = this.#deferred.filter(which);
    if (due.length === 0) return;
    this.#deferred = this.#deferred.filter((deferred) => !due.includes(deferred));
    for (const deferred of due) deferred.run(step);
  }

  /** Everything the kernel has done by now without a trace; events that were predicted and never came are reported. */
  #finishAll(): void {
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const step of held) this.#take(step);
    this.#runDeferred(() => true, undefined);
    this.#finishRestoring();
    this.#finishRepins();
    for (const { event, section } of this.#expected.drop()) {
      if (section.diverged || this.#unsure !== undefined) continue;
      section.diverged = true;
      this.#tally.diverge(this.#index, event.name, printTraceEvent(event), 'no event');
    }
  }

  // CPUs.

  /** A dying CPU's own thread, on a kernel that traces it. */
  #isMigration(step: Step): boolean {
    if (!this.#context.outline.showsDyingCpus) return false;
    const { record } = step;
    return record.task === `migration/${record.cpu}` && this.#kernel.online.has(record.cpu);
  }

  #takeDown(cpu: number, thread: string): void {
    this.#finishAll();
    this.#predict(thread, () => this.#kernel.cpuDown(cpu));
    this.#expectRepins();
    if (this.#goingDown === cpu) this.#goingDown = undefined;
    this.#writes.settle(`/sys/devices/system/cpu/cpu${cpu}/online`, 0);
  }

  /** The matrix has fewer maps online than we have: a CPU has gone down unseen. */
  #catchUpWithDowns(step: Step): void {
    const maps = this.#mapsAt(step);
    if (maps === undefined) return;
    const comesUp = step.record.event === 'irq_matrix_online' ? 1 : 0;
    while (this.#kernel.matrix.onlineMaps + comesUp > maps) {
      const cpu = this.#goingDown ?? this.#nextUnseenDown(step.record.index);
      if (cpu === undefined || !this.#kernel.online.has(cpu)) return;
      this.#goesDownUnseen(cpu);
    }
  }

  #nextUnseenDown(index: number): number | undefined {
    const down = this.#context.outline.unseenDowns[this.#downs];
    if (down === undefined || down.before > index) return undefined;
    this.#downs++;
    return down.cpu;
  }

  #mapsAt(step: Step): number | undefined {
    const own = step.fields.get('online_maps');
    if (own !== undefined) return own;
    let seen = 0;
    for (const next of this.#following(step)) {
      const maps = next.fields.get('online_maps');
      if (maps !== undefined) return maps;
      if (++seen > 4) return undefined;
    }
    return undefined;
  }

  /** The model carries the migration out itself; its decisions are checked by kprobes where there are, and the counters. */
  #goesDownUnseen(cpu: number): void {
    this.#finishAll();
    const path = `/sys/devices/system/cpu/cpu${cpu}/online`;
    let ret = 0;
    const emitted = this.#emits(() => {
      ret = this.#kernel.cpuDown(cpu).ret;
    });
    if (this.#goingDown === cpu) this.#goingDown = undefined;
    this.#writes.settle(path, ret);
    // Also where it was refused: the callback of the CPU's return undoes what was done.
    this.#expectRepins();
    const wrong = checkDyingCpu(emitted, this.#probes, cpu);
    const section: Section = { cause: this.#unsure, diverged: wrong !== undefined };
    if (wrong !== undefined && this.#unsure === undefined) {
      this.#tally.diverge(wrong.index, wrong.event, wrong.expected, wrong.observed);
    }
    for (const event of emitted) if (isDecision(event.name)) this.#decide(section);
    this.#probes = [];
  }

  #probe(step: Step): void {
    this.#probes.push(step);
  }

  /** An event of the hotplug thread of a returning CPU: the model knows which interrupt is next. */
  #restores(step: Step, irq: number): boolean {
    const restoring = this.#restoring;
    if (restoring === undefined || step.record.task !== `cpuhp/${restoring.cpu}`) return false;
    while (restoring.irqs.length > 0) {
      const next = restoring.irqs[0] ?? 0;
      if (next > irq) break;
      restoring.irqs.shift();
      this.#restoreOne(step.thread, next, restoring.cpu);
    }
    return this.#expected.waits(step.thread);
  }

  #restoreOne(thread: string, irq: number, cpu: number): void {
    const desc = this.#kernel.desc(irq);
    if (desc !== undefined) this.#predict(thread, () => this.#kernel.restoreAffinity(desc, cpu));
  }

  #finishRestoring(): void {
    const restoring = this.#restoring;
    if (restoring === undefined) return;
    this.#restoring = undefined;
    for (const irq of restoring.irqs) this.#restoreOne(`cpuhp/${restoring.cpu}`, irq, restoring.cpu);
  }

  #expectRepins(): void {
    this.#repins = this.#nets?.repins(this.#kernel) ?? [];
  }

  /** A driver's callback of CPU hotplug moves one of its interrupts: those before it in its order stayed where they are. */
  #repinned(step: Step, irq: number): boolean {
    const device = this.#repins.find((repins) => repins.some((repin) => repin.irq === irq));
    if (step.inInterrupt || device === undefined) return false;
    for (let next = device.shift(); next !== undefined; next = device.shift()) {
      if (next.irq === irq) this.#arriveBefore(irq, step);
      this.#repin(step.thread, next);
      if (next.irq === irq) break;
    }
    return this.#expected.waits(step.thread);
  }

  #repin(thread: string, { irq, mask }: Repin): void {
    const desc = this.#kernel.desc(irq);
    if (desc !== undefined) this.#predict(thread, () => setAffinityAndHint(this.#kernel, desc, mask));
  }

  #finishRepins(): void {
    const repins = this.#repins;
    this.#repins = [];
    for (const repin of repins.flat()) this.#repin('drivers', repin);
  }

  // Marks: writes and snapshots.

  #mark(step: Step): void {
    const lab = parseLabLine(step.record.text);
    if (lab === undefined) return;
    this.lab(lab, step.thread);
  }

  /** A line of the lab, from a trace mark or from the log of the writes. */
  lab(lab: LabLine, thread: string): void {
    this.#snapshotEnds();
    switch (lab.kind) {
      case 'snap': {
        this.#finishAll();
        const snapshot = this.#context.snapshots.find(({ name }) => name === lab.name);
        if (snapshot !== undefined) this.#snapshot(snapshot);
        return;
      }
      case 'op':
        this.#begins(lab.path, lab.value, thread);
        return;
      case 'res':
        this.#ends(lab.path, lab.value, lab.result, thread);
        return;
      default:
    }
  }

  #begins(path: string, value: string, thread: string): void {
    const down = /^\/sys\/devices\/system\/cpu\/cpu(\d+)\/online$/.exec(path);
    if (down !== null && value.trim() === '0') {
      this.#goingDown = Number(down[1]);
      this.#probes = [];
      return;
    }
    const irq = Number(/^\/proc\/irq\/(\d+)\//.exec(path)?.[1] ?? -1);
    if (!this.#writes.isModelled(path)) return;
    this.#deferred.push({
      thread,
      irq,
      run: (step) => {
        this.#arriveBefore(irq, step);
        this.#predict(thread, () => this.#writes.write(path, value));
      },
    });
  }

  /**
   * A write that moves an interrupt at once found no move pending: where ours is, an interrupt has arrived that changed
   * nothing else and so left no trace.
   */
  #arriveBefore(irq: number, step: Step | undefined): void {
    const desc = this.#kernel.desc(irq);
    if (desc === undefined || step === undefined || !desc.movePending || !desc.chip.remapped) return;
    this.#predict(step.thread, () => this.#kernel.interruptArrives(irq));
  }

  #ends(path: string, value: string, result: string, thread: string): void {
    this.#runDeferred((deferred) => deferred.thread === thread, undefined);
    const cpu = Number(/\/cpu(\d+)\/online$/.exec(path)?.[1] ?? -1);
    if (this.#goingDown === cpu) this.#refusedOrGone(cpu);
    if (cpu >= 0 && value.trim() === '1') this.#finishRestoring();
    if (cpu >= 0) this.#finishRepins();
    const ret = this.#writes.result(path);
    if (ret === undefined) return;
    this.#tally.checkedWrites++;
    const predicted = errnoName(ret);
    if (predicted !== result && this.#unsure === undefined) {
      this.#tally.diverge(this.#index, `write ${value} > ${path}`, predicted, result);
    }
  }

  /** No event since has told that the CPU is gone. */
  #refusedOrGone(cpu: number): void {
    this.#goesDownUnseen(cpu);
    this.#goingDown = undefined;
  }

  #snapshot(snapshot: PlacedSnapshot): void {
    this.#tally.checkedSnapshots++;
    this.#nets = new VirtioNets(snapshot.observation);
    for (const irq of this.#arrivals.since(this.#kernel, snapshot)) {
      this.#predict('arrivals', () => this.#kernel.interruptArrives(irq));
    }
    const check = checkSnapshot(this.#kernel, snapshot, this.#unsure === undefined ? 'unseen' : 'all');
    for (const cause of check.learnt) this.#tally.countLearnt(cause);
    this.#tally.checkedCounters += check.counters;
    if (this.#unsure !== undefined || check.differences.length === 0) return;
    this.#taken = { snapshot, index: this.#index, differences: check.differences };
    if (snapshot.index === Number.POSITIVE_INFINITY) this.#snapshotEnds();
  }

  /**
   * A snapshot takes its time, and what happened meanwhile is in some of its files and not in others: a figure is
   * wrong only where it was neither right when the snapshot began nor when the next thing was done.
   */
  #snapshotEnds(): void {
    const taken = this.#taken;
    if (taken === undefined) return;
    this.#taken = undefined;
    const { differences } = checkSnapshot(this.#kernel, taken.snapshot, 'no');
    const still = new Set(differences.map(({ what }) => what));
    for (const { what, expected, observed } of taken.differences) {
      if (!still.has(what)) continue;
      this.#tally.diverge(taken.index, `snapshot ${taken.snapshot.name}: ${what}`, expected, observed);
    }
  }

  #learnOnly(snapshot: PlacedSnapshot): void {
    this.#tally.checkedSnapshots++;
    checkSnapshot(this.#kernel, snapshot, 'all');
  }

  #gap(count: number | undefined): void {
    const cause = count === undefined ? 'events lost' : `${count} events lost`;
    this.#tally.resyncs.push({ index: this.#index + 1, cause });
    this.#unsure = CAUSE.lost;
    this.#expected.drop();
    this.#deferred = [];
  }
}
