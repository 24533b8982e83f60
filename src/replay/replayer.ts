/**
 * Runs a recorded trace through the model. The trace gives requests only: which operation, of which interrupt, in which
 * order. The model predicts every event that follows, and each is compared with the record (docs/model.md).
 */
import { errnoName } from '../model/failures.ts';
import type { Kernel } from '../model/kernel.ts';
import type { LostRecord } from '../parse/ftrace.ts';
import { type LabLine, type OpsLogLine, parseLabLine } from '../parse/ops-log.ts';
import { CpuChanges } from './cpu-changes.ts';
import { Deferrals } from './deferrals.ts';
import { textOf } from './expectations.ts';
import type { PlacedSnapshot, SnapshotFacts } from './facts.ts';
import { type IrqbalanceLogs, IrqbalanceRuns } from './irqbalance-runs.ts';
import { LabWrites } from './lab-writes.ts';
import { Moves } from './moves.ts';
import type { Outline } from './outline.ts';
import type { Predictor } from './predictor.ts';
import { Repins } from './repins.ts';
import { type RequestContext, Requests } from './requests.ts';
import { SnapshotChecks } from './snapshot-checks.ts';
import type { Step, TraceWindow } from './trace-window.ts';
import { UntoldContext } from './untold-context.ts';

/** Traced by `x86_vector_activate()` and `x86_vector_deactivate()` before they take the lock. */
const BEFORE_THE_LOCK: ReadonlySet<string> = new Set(['vector_activate', 'vector_deactivate']);

const CPU_ONLINE = /^\/sys\/devices\/system\/cpu\/cpu(\d+)\/online$/;

const POWER_STATE = '/sys/power/state';
/** What takes CPUs down; `freeze` leaves them idle. */
const FREEZES: ReadonlySet<string> = new Set(['mem', 'standby', 'disk']);

export interface ReplayContext {
  readonly predictor: Predictor;
  readonly window: TraceWindow;
  readonly outline: Outline;
  readonly facts: SnapshotFacts;
  readonly snapshots: readonly PlacedSnapshot[];
  /** Writes that no mark of the trace shows, placed by their times. */
  readonly timedOps: readonly OpsLogLine[];
  readonly irqbalance: IrqbalanceLogs;
  readonly onSnapshot: ((name: string, kernel: Kernel) => void) | undefined;
}

export class Replayer {
  readonly #context: ReplayContext;
  readonly #predictor: Predictor;
  readonly #deferrals = new Deferrals();
  readonly #moves: Moves;
  readonly #requests: Requests;
  readonly #cpus: CpuChanges;
  readonly #repins: Repins;
  readonly #checks: SnapshotChecks;
  readonly #writes: LabWrites;
  readonly #irqbalance: IrqbalanceRuns;
  readonly #untold: UntoldContext;
  /** Events that say what a thread is about to do, and come before it has the vector lock: others may go first. */
  readonly #held = new Map<string, Step>();
  /** The APIC id that each CPU was programmed with: a constant. */
  readonly #apicIds = new Map<number, number>();
  #nextOp = 0;

  constructor(context: ReplayContext) {
    const { predictor, window, outline, facts } = context;
    this.#context = context;
    this.#predictor = predictor;
    this.#writes = new LabWrites(predictor.kernel);
    this.#irqbalance = new IrqbalanceRuns(context.irqbalance);
    const writesRecorded = outline.hasMarks || context.timedOps.length > 0;
    const requestContext: RequestContext = {
      predictor,
      window,
      outline,
      facts,
      deferrals: this.#deferrals,
      irqbalance: this.#irqbalance,
      writesRecorded,
    };
    this.#moves = new Moves(requestContext);
    this.#requests = new Requests(requestContext, this.#moves);
    this.#repins = new Repins(predictor, facts);
    this.#cpus = new CpuChanges(
      predictor,
      outline,
      facts,
      window,
      this.#repins,
      writesRecorded,
      () => this.#finishAll(),
      (cpu, ret) => this.#writes.settle(`/sys/devices/system/cpu/cpu${cpu}/online`, ret),
    );
    this.#untold = new UntoldContext(predictor.kernel, {
      irqOf: (step) => this.#requests.irqOf(step),
      next: (thread) => predictor.next(thread),
      isMigration: (step) => this.#cpus.isMigration(step),
      isToSet: (thread, irq) => this.#deferrals.has(thread, irq) || this.#repins.has(irq),
    });
    this.#checks = new SnapshotChecks(predictor, facts, () => writesRecorded && !this.#irqbalance.hasRun);
  }

  get #kernel(): Kernel {
    return this.#predictor.kernel;
  }

  run(): void {
    const { window, snapshots, outline } = this.#context;
    for (const snapshot of snapshots) if (snapshot.index < 0) this.#repins.see(snapshot.observation);
    for (let item = window.next(); item !== undefined; item = window.next()) {
      if (item.kind === 'event') this.#step(item);
      else if (item.kind === 'lost') this.#lost(item);
      else this.#loses();
    }
    this.#predictor.index = outline.lastIndex;
    this.#opsUntil(Number.POSITIVE_INFINITY);
    this.#finishAll();
    this.#checks.ends();
    for (const snapshot of snapshots)
      if (snapshot.index === Number.POSITIVE_INFINITY) this.#snapshot(snapshot);
    this.#checks.ends();
  }

  #step(recorded: Step): void {
    const step = this.#untold.of(recorded);
    const { record, thread, modelled } = step;
    this.#predictor.index = record.index;
    this.#predictor.tally.line = record.line;
    if (this.#context.timedOps.length > 0) this.#opsUntil(Number(record.timestamp));
    if (record.event === 'tracing_mark_write') {
      const lab = parseLabLine(record.text);
      if (lab !== undefined) this.#lab(lab, thread);
    } else if (record.event.startsWith('k_')) this.#cpus.probe(step);
    if (!modelled) return;
    this.#predictor.tally.events++;
    this.#checkApicId(step);
    const held = this.#held.get(thread);
    if (held !== undefined) {
      this.#held.delete(thread);
      this.#take(held);
    }
    if (BEFORE_THE_LOCK.has(record.event) && !this.#predictor.waits(thread)) this.#held.set(thread, step);
    else this.#take(step);
  }

  #take(step: Step): void {
    if (!this.#predictor.waits(step.thread)) {
      this.#deferrals.ofThread(step.thread, step);
      if (!this.#predictor.waits(step.thread)) this.#begin(step);
    }
    this.#predictor.match(step, () => this.#context.window.lossIsNear);
  }

  /** A thread begins something: which request is it? */
  #begin(step: Step): void {
    const { record, fields, thread } = step;
    if (this.#cpus.begin(step)) return;
    const { matrix } = this.#kernel;
    const bit = fields.get('bit') ?? 0;
    if (record.event === 'irq_matrix_assign_system') {
      const replace = matrix.isAllocated(record.cpu, bit);
      this.#predictor.predict(thread, () => matrix.assignSystem(record.cpu, bit, replace));
      return;
    }
    if (record.event === 'irq_matrix_assign') {
      this.#predictor.predict(thread, () => matrix.assign(fields.get('cpu') ?? 0, bit));
      return;
    }
    if (record.pid !== 0) this.#kernel.nodesFilled = true;
    const irq = this.#requests.irqOf(step);
    if (irq === undefined) return;
    this.#deferrals.ofIrq(irq, step);
    if (this.#predictor.waits(thread)) return;
    if (this.#cpus.restores(step, irq) || this.#repins.moved(step, irq)) return;
    this.#requests.begin(step, irq);
  }

  /** V-CFG programs exactly one CPU: the same APIC id each time. */
  #checkApicId(step: Step): void {
    const apicId = step.fields.get('apicdest');
    const cpu = step.fields.get('cpu');
    if (apicId === undefined || cpu === undefined) return;
    const known = this.#apicIds.get(cpu);
    if (known === undefined) this.#apicIds.set(cpu, apicId);
    else if (known !== apicId) {
      const { index, event } = step.record;
      this.#predictor.tally.diverge(index, event, `apicdest=0x${known.toString(16)}`, textOf(step));
    }
  }

  /** Everything the kernel has done by now without a trace; events that were predicted and never came are reported. */
  #finishAll(): void {
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const step of held) this.#take(step);
    this.#deferrals.all();
    this.#cpus.finishRestoring();
    this.#repins.finish();
    this.#predictor.finish((thread) => this.#context.window.nextOf(thread));
  }

  /** A line of the lab, from a trace mark or from the log of the writes. */
  #lab(lab: LabLine, thread: string): void {
    this.#checks.ends();
    switch (lab.kind) {
      case 'snap': {
        this.#finishAll();
        const snapshot = this.#context.snapshots.find(({ name }) => name === lab.name);
        if (snapshot !== undefined) this.#snapshot(snapshot);
        return;
      }
      case 'op':
        this.#writeBegins(lab.path, lab.value, thread);
        return;
      case 'res':
        this.#writeEnds(lab.path, lab.value, lab.result, thread);
        return;
      case 'mark':
        this.#irqbalance.mark(lab.text);
        return;
      default:
    }
  }

  #snapshot(snapshot: PlacedSnapshot): void {
    // With its writes recorded, a CPU that is gone without one is a difference.
    if (!this.#context.outline.hasMarks) this.#cpus.goneBy(snapshot);
    this.#finishAll();
    this.#context.onSnapshot?.(snapshot.name, this.#kernel);
    this.#checks.take(snapshot);
    this.#repins.see(snapshot.observation);
  }

  #writeBegins(path: string, value: string, thread: string): void {
    const cpu = CPU_ONLINE.exec(path)?.[1];
    if (cpu !== undefined && value.trim() === '0') {
      this.#cpus.asked(Number(cpu));
      return;
    }
    if (path === POWER_STATE && FREEZES.has(value.trim())) {
      this.#cpus.asksFreeze();
      return;
    }
    if (!this.#writes.isModelled(path)) return;
    const irq = Number(/^\/proc\/irq\/(\d+)\//.exec(path)?.[1] ?? -1);
    this.#deferrals.add({
      thread,
      irq,
      run: (step) => {
        this.#predictor.arriveBefore(irq, step);
        this.#predictor.predict(step?.thread ?? thread, () => this.#writes.write(path, value));
        this.#moves.recorded(irq);
      },
    });
  }

  #writeEnds(path: string, value: string, result: string, thread: string): void {
    this.#deferrals.ofThread(thread, undefined);
    const cpu = CPU_ONLINE.exec(path)?.[1];
    if (cpu !== undefined) this.#cpus.answered(Number(cpu), value.trim() === '1');
    if (path === POWER_STATE && FREEZES.has(value.trim())) {
      const frozen = this.#cpus.answersFreeze(result !== 'OK');
      // A hibernation that is only tested answers OK whatever became of its CPUs.
      if (frozen !== undefined && value.trim() !== 'disk') this.#writes.settle(path, frozen);
    }
    const ret = this.#writes.result(path);
    if (ret === undefined || !this.#predictor.isSure) return;
    this.#predictor.tally.checkedWrites++;
    const predicted = errnoName(ret);
    if (predicted === result) return;
    this.#predictor.tally.diverge(this.#predictor.index, `write "${value}" to ${path}`, predicted, result);
  }

  #opsUntil(timeS: number): void {
    const { timedOps } = this.#context;
    for (
      let op = timedOps[this.#nextOp];
      op !== undefined && op.timeS <= timeS;
      op = timedOps[this.#nextOp]
    ) {
      this.#nextOp++;
      this.#lab(op.lab, 'ops');
    }
  }

  #lost({ cpu, count }: LostRecord): void {
    const { tally, index } = this.#predictor;
    tally.resyncs.push({
      index: index + 1,
      cause: count === undefined ? 'events lost' : `${count} events lost`,
    });
    this.#loses();
    // Of the buffer as a whole: they were lost before the first event.
    this.#predictor.lossesOpen -= cpu < 0 ? 1 : 2;
  }

  #loses(): void {
    this.#predictor.lossesOpen++;
    this.#predictor.lose();
    this.#deferrals.forget();
    this.#held.clear();
    this.#cpus.forget();
  }
}
