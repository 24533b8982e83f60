/**
 * CPUs that go and come back. Where a dying CPU is not traced the model carries its migration out alone; a returning
 * CPU's interrupts are predicted one by one.
 */
import type { Kernel } from '../model/kernel.ts';
import { CAUSE } from './causes.ts';
import { checkDyingCpu } from './check-dying-cpu.ts';
import { DyingMasks } from './dying-masks.ts';
import { isDecision, type Section } from './expectations.ts';
import type { PlacedSnapshot, SnapshotFacts } from './facts.ts';
import { Freezes } from './freezes.ts';
import type { Outline } from './outline.ts';
import type { Predictor } from './predictor.ts';
import type { Repins } from './repins.ts';
import type { Step, TraceWindow } from './trace-window.ts';
import type { UnseenDown } from './unseen-downs.ts';

export class CpuChanges {
  readonly #predictor: Predictor;
  readonly #outline: Outline;
  readonly #dyingMasks: DyingMasks;
  readonly #repins: Repins;
  readonly #window: TraceWindow;
  readonly #requestsRecorded: boolean;
  /** Told what a CPU's way down came to. */
  readonly #settled: (cpu: number, ret: number) => void;
  /** Everything that happened before without a trace is due: a CPU changes. */
  readonly #settle: () => void;
  /** The CPU that was asked to go down, until it has gone or refused. */
  #goingDown: number | undefined;
  #downs = 0;
  /** kprobe events since, to check what the model does on the dying CPU. */
  #probes: Step[] = [];
  /** A CPU that came back, and the interrupts that it has not been offered yet. */
  #restoring: { readonly cpu: number; readonly irqs: number[] } | undefined;
  readonly #freezes: Freezes;
  /** Reported once. */
  #tooManyMaps = false;

  constructor(
    predictor: Predictor,
    outline: Outline,
    facts: SnapshotFacts,
    window: TraceWindow,
    repins: Repins,
    requestsRecorded: boolean,
    settle: () => void,
    settled: (cpu: number, ret: number) => void,
  ) {
    this.#predictor = predictor;
    this.#freezes = new Freezes(predictor.kernel);
    this.#outline = outline;
    this.#dyingMasks = new DyingMasks(predictor, facts);
    this.#repins = repins;
    this.#window = window;
    this.#requestsRecorded = requestsRecorded;
    this.#settle = settle;
    this.#settled = settled;
  }

  get #kernel(): Kernel {
    return this.#predictor.kernel;
  }

  probe(step: Step): void {
    const { cpu, event } = step.record;
    // Tried again: where the requests are not recorded, the refusal before is nobody's.
    if (event === 'k_can_unplug' && this.#probes.some((probe) => isRefusal(probe, cpu))) {
      this.#probes = this.#probes.filter(({ record }) => record.cpu !== cpu);
    }
    this.#probes.push(step);
  }

  /** A snapshot shows CPUs offline that have gone since, unseen. */
  goneBy({ index, observation }: PlacedSnapshot): void {
    const { online } = observation.cpus;
    if (online === undefined) return;
    while (!this.#kernel.online.isSubsetOf(online)) if (!this.#nextGoes(index)) return;
  }

  /** Asked to go down; whether it goes, and when, the next events show. */
  asked(cpu: number): void {
    this.#goingDown = cpu;
    this.#probes = [];
  }

  /** The write has returned. */
  answered(cpu: number, isOnline: boolean): void {
    if (this.#goingDown === cpu) this.#askedGoes(cpu);
    this.#goingDown = undefined;
    if (isOnline) this.finishRestoring();
    this.#repins.finish();
  }

  /** A section that is a CPU's own; true when it was one. */
  begin(step: Step): boolean {
    const { record, thread } = step;
    this.#catchUp(step);
    // Its hotplug thread moves interrupts only when it comes back: it has been refused.
    if (this.#goingDown !== undefined && this.#isRollBack(step, this.#goingDown)) {
      this.#askedGoes(this.#goingDown);
    }
    if (record.event === 'irq_matrix_online') {
      this.#settle();
      this.#thawsBy(record.cpu);
      // The boot CPU is alone, and on no node yet, until it has set up the timer.
      this.#kernel.nodesFilled = this.#kernel.matrix.onlineMaps > 0;
      this.#predictor.predict(thread, () => this.#kernel.cpuStarting(record.cpu));
      this.#restoring = { cpu: record.cpu, irqs: [...this.#kernel.descs()].map(({ irq }) => irq) };
      this.#repins.expect();
      return true;
    }
    if (record.event !== 'irq_matrix_offline' && !this.isMigration(step)) return false;
    this.#settle();
    if (!this.#kernel.online.has(record.cpu)) return true;
    this.#dyingMasks.doubt(record.cpu, this.#repins.nets);
    const { doubts } = this.#predictor;
    this.#predictor.predict(thread, () =>
      doubts.during(this.#kernel, record.cpu, () => this.#kernel.cpuDown(record.cpu)),
    );
    this.#gone(record.cpu, 0);
    return true;
  }

  /** Where its name is not shown, the hotplug thread is told by the driver's interrupts that it moves there. */
  #isRollBack(step: Step, cpu: number): boolean {
    if (!isHotplugThread(step, cpu)) return false;
    if (step.record.task !== UNNAMED) return true;
    const next = [step, ...this.#window.following(step)].find(({ fields }) => fields.has('irq'));
    const irq = next?.fields.get('irq');
    return this.#repins.mayCome(irq);
  }

  /** A dying CPU's own thread, on a kernel that traces it. */
  isMigration({ record }: Step): boolean {
    return this.#outline.stoppers.get(record.cpu) === record.pid;
  }

  #gone(cpu: number, ret: number): void {
    // Also where it was refused: the callbacks of the CPU's return undo what was done.
    this.#repins.expect();
    if (this.#goingDown === cpu) this.#goingDown = undefined;
    this.#settled(cpu, ret);
  }

  /** The matrix has fewer maps online than we have: a CPU has gone down unseen. */
  #catchUp(step: Step): void {
    // Where dying CPUs are traced none goes unseen.
    const shown = this.#outline.showsDyingCpus ? undefined : this.#mapsAt(step);
    if (shown === undefined) return;
    const { maps, index } = shown;
    const comesUp = step.record.event === 'irq_matrix_online' ? 1 : 0;
    this.#checkMaps(step, this.#kernel.matrix.onlineMaps + comesUp);
    while (this.#kernel.matrix.onlineMaps + comesUp > maps) {
      if (this.#goingDown !== undefined) {
        this.#askedGoes(this.#goingDown);
        continue;
      }
      if (this.#freezeNext()) continue;
      if (!this.#nextGoes(index)) return;
    }
  }

  /** The next CPU that went unseen before `index` goes; false where there is none or it is not known which. */
  #nextGoes(index: number): boolean {
    const down = this.#nextUnseen(index);
    if (down === undefined) return false;
    if (down.cpu === undefined) {
      // With its requests recorded none goes without one.
      if (!this.#requestsRecorded) this.#predictor.goBlind(CAUSE.order);
      return false;
    }
    this.#goesDownUnseen(down.cpu);
    return !this.#kernel.online.has(down.cpu);
  }

  /** A map comes online with an event of its own: this much is known even where masks are not. */
  #checkMaps({ record, fields }: Step, most: number): void {
    const { blind, tally } = this.#predictor;
    const maps = fields.get('online_maps') ?? 0;
    if (maps <= most || this.#tooManyMaps || blind === undefined || blind === CAUSE.lost) return;
    this.#tooManyMaps = true;
    tally.diverge(record.index, record.event, `online_maps=${most}`, `online_maps=${maps}`);
  }

  /** The CPU that was asked to goes, or is refused; the first unseen down that is left is this one. */
  #askedGoes(cpu: number): void {
    if (this.#goesDownUnseen(cpu) === 0) this.#downs++;
    this.#goingDown = undefined;
  }

  /** A suspend or hibernation is asked for. */
  asksFreeze(): void {
    this.#settle();
    this.#freezes.ask();
    this.#probes = [];
  }

  /** Its write has returned; what the freeze came to, or undefined where it never got to the CPUs. */
  answersFreeze(refused: boolean): number | undefined {
    this.#settle();
    // Refused at the first CPU already: none has come back to tell of it.
    if (refused && this.#freezes.isAsked) this.#freezeNext();
    return this.#freezes.answer();
  }

  /** True where one more has gone. */
  #freezeNext(): boolean {
    const cpu = this.#freezes.next();
    if (cpu === undefined) return false;
    if (this.#goesDownUnseen(cpu, () => this.#freezes.take(cpu)) !== 0) return false;
    this.#downs++;
    return true;
  }

  /** The first CPU comes back: the kernel tried all others before, and if one is left it must have been refused. */
  #thawsBy(cpu: number): void {
    if (this.#freezes.isAsked) this.#freezeNext();
    this.#freezes.comesBack(cpu);
  }

  #nextUnseen(index: number): UnseenDown | undefined {
    for (;;) {
      const down = this.#outline.unseenDowns[this.#downs];
      if (down === undefined || down.before > index) return undefined;
      this.#downs++;
      if (down.cpu === undefined || this.#kernel.online.has(down.cpu)) return down;
    }
  }

  /** The online maps that the step or one soon after it on its thread shows, and which. */
  #mapsAt(step: Step): { readonly maps: number; readonly index: number } | undefined {
    let seen = 0;
    for (const next of this.#andFollowing(step)) {
      const maps = next.fields.get('online_maps');
      if (maps !== undefined) return { maps, index: next.record.index };
      if (++seen > 5) return undefined;
    }
    return undefined;
  }

  *#andFollowing(step: Step): Generator<Step> {
    yield step;
    yield* this.#window.following(step);
  }

  /** The model carries the migration out; kprobes check its decisions where there are any, the counters in any case. */
  #goesDownUnseen(cpu: number, takeDown = () => this.#kernel.cpuDown(cpu).ret): number {
    this.#settle();
    if (!this.#kernel.online.has(cpu)) return 0;
    this.#dyingMasks.doubt(cpu, this.#repins.nets);
    let ret = 0;
    const emitted = this.#predictor.emits(() => {
      ret = this.#predictor.doubts.during(this.#kernel, cpu, takeDown);
    });
    this.#gone(cpu, ret);
    const wrong = checkDyingCpu(emitted, this.#probes, cpu, ret);
    this.#probes = this.#probes.filter(({ record }) => record.cpu !== cpu);
    const { isSure, tally, blind, knowledge } = this.#predictor;
    const section: Section = {
      cause: blind ?? (knowledge.full ? undefined : CAUSE.vectors),
      laterMask: false,
      diverged: wrong !== undefined,
    };
    // Where it went was told from what is not all known: neither counters nor maps are any more.
    if (!knowledge.full) knowledge.forget();
    if (wrong !== undefined && isSure) {
      tally.diverge(wrong.index, wrong.event, wrong.expected, wrong.observed);
    }
    for (const event of emitted) if (isDecision(event.name)) this.#predictor.decide(section);
    return ret;
  }

  /** An event of the hotplug thread of a returning CPU: the model knows which interrupt is next. */
  restores(step: Step, irq: number): boolean {
    const restoring = this.#restoring;
    if (restoring === undefined || !isHotplugThread(step, restoring.cpu)) return false;
    while (restoring.irqs.length > 0) {
      const next = restoring.irqs[0] ?? 0;
      if (next > irq) break;
      restoring.irqs.shift();
      this.#restore(step.thread, next, restoring.cpu);
    }
    return this.#predictor.waits(step.thread);
  }

  #restore(thread: string, irq: number, cpu: number): void {
    const desc = this.#kernel.desc(irq);
    if (desc !== undefined) this.#predictor.predict(thread, () => this.#kernel.restoreAffinity(desc, cpu));
  }

  finishRestoring(): void {
    const restoring = this.#restoring;
    this.#restoring = undefined;
    for (const irq of restoring?.irqs ?? []) {
      this.#restore(`cpuhp/${restoring?.cpu}`, irq, restoring?.cpu ?? 0);
    }
    if (restoring !== undefined) this.#freezes.isBack(restoring.cpu);
  }

  /** Events were lost: what was under way is not known any more. */
  forget(): void {
    this.#restoring = undefined;
    this.#repins.forget();
    this.#probes = [];
  }
}

function isRefusal({ record, fields }: Step, cpu: number): boolean {
  return record.cpu === cpu && record.event === 'k_can_unplug_ret' && fields.get('ret') !== 0;
}

/** The kernel keeps the names of few tasks: this stands for the others. */
const UNNAMED = '<...>';

/** It is bound to its CPU. */
function isHotplugThread({ record, inInterrupt }: Step, cpu: number): boolean {
  if (record.task === `cpuhp/${cpu}`) return true;
  return record.task === UNNAMED && record.cpu === cpu && !inInterrupt;
}
