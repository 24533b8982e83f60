/**
 * CPUs that go and come back. Where a dying CPU is not traced the model carries its migration out alone; a returning
 * CPU's interrupts are predicted one by one, and so is what drivers do because of either.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Observation } from '../observe/observation.ts';
import { CAUSE } from './causes.ts';
import { checkDyingCpu } from './check-dying-cpu.ts';
import { isDecision, type Section } from './expectations.ts';
import type { SnapshotFacts } from './facts.ts';
import { Freezes } from './freezes.ts';
import type { Outline } from './outline.ts';
import type { Predictor } from './predictor.ts';
import type { Step, TraceWindow } from './trace-window.ts';
import { type Repin, VirtioNets } from './virtio-nets.ts';

export class CpuChanges {
  readonly #predictor: Predictor;
  readonly #outline: Outline;
  readonly #facts: SnapshotFacts;
  readonly #window: TraceWindow;
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
  #nets = new VirtioNets(undefined);
  #seenAt = -1;
  /** Reported once. */
  #tooManyMaps = false;
  /** Affinities that drivers set because a CPU came or went, still to come; device by device. */
  #repins: Repin[][] = [];

  constructor(
    predictor: Predictor,
    outline: Outline,
    facts: SnapshotFacts,
    window: TraceWindow,
    settle: () => void,
    settled: (cpu: number, ret: number) => void,
  ) {
    this.#predictor = predictor;
    this.#freezes = new Freezes(predictor.kernel);
    this.#outline = outline;
    this.#facts = facts;
    this.#window = window;
    this.#settle = settle;
    this.#settled = settled;
  }

  get #kernel(): Kernel {
    return this.#predictor.kernel;
  }

  probe(step: Step): void {
    this.#probes.push(step);
  }

  /** A snapshot shows CPUs offline that have gone since, unseen: in the order of a freeze, where they are several. */
  goneBy(online: CpuSet | undefined): void {
    if (online === undefined) return;
    const gone = [...this.#kernel.online.andNot(online)];
    if (this.#kernel.profile.freezesDescending) gone.reverse();
    for (const cpu of gone) this.#askedGoes(cpu);
  }

  /** The devices whose driver sets affinities itself, as the last snapshot shows them. */
  see(observation: Observation): void {
    this.#nets = new VirtioNets(observation);
    this.#seenAt = this.#predictor.index;
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
    this.finishRepins();
  }

  /** A section that is a CPU's own; true when it was one. */
  begin(step: Step): boolean {
    const { record, thread } = step;
    this.#catchUp(step);
    // Its hotplug thread moves interrupts only when it comes back: it has been refused.
    if (this.#goingDown !== undefined && record.task === `cpuhp/${this.#goingDown}`) {
      this.#askedGoes(this.#goingDown);
    }
    if (record.event === 'irq_matrix_online') {
      this.#settle();
      this.#thawsBy(record.cpu);
      // The boot CPU is alone, and on no node yet, until it has set up the timer.
      this.#kernel.nodesFilled = this.#kernel.matrix.onlineMaps > 0;
      this.#predictor.predict(thread, () => this.#kernel.cpuStarting(record.cpu));
      this.#restoring = { cpu: record.cpu, irqs: [...this.#kernel.descs()].map(({ irq }) => irq) };
      this.#expectRepins();
      return true;
    }
    if (record.event !== 'irq_matrix_offline' && !this.#isMigration(step)) return false;
    this.#settle();
    if (!this.#kernel.online.has(record.cpu)) return true;
    this.#doubtMasks(record.cpu);
    this.#predictor.predict(thread, () => this.#kernel.cpuDown(record.cpu));
    this.#gone(record.cpu, 0);
    return true;
  }

  /** Where the interrupts of a dying CPU go is not known if a driver may have set a mask that no snapshot shows yet. */
  #doubtMasks(cpu: number): void {
    const { blind, index } = this.#predictor;
    if (blind !== undefined) return;
    for (const { irq, managed, data } of this.#kernel.descs()) {
      if (managed || data?.cpu !== cpu || data.vector === 0) continue;
      const { name } = this.#facts.of(irq, index);
      if (name !== undefined && !this.#nets.isStillToSet(name)) continue;
      // In the next snapshot it has set none either.
      const next = this.#facts.nextSight(irq, index)?.irq;
      if (name !== undefined && next?.hasProcDir === true && next.hint === undefined) continue;
      this.#predictor.goBlind(CAUSE.written);
      return;
    }
  }

  /** A dying CPU's own thread, on a kernel that traces it. */
  #isMigration({ record }: Step): boolean {
    if (!this.#outline.showsDyingCpus) return false;
    return record.task === `migration/${record.cpu}` && this.#kernel.online.has(record.cpu);
  }

  #gone(cpu: number, ret: number): void {
    // Also where it was refused: the callbacks of the CPU's return undo what was done.
    this.#expectRepins();
    if (this.#goingDown === cpu) this.#goingDown = undefined;
    this.#settled(cpu, ret);
  }

  /** The matrix has fewer maps online than we have: a CPU has gone down unseen. */
  #catchUp(step: Step): void {
    // Where dying CPUs are traced none goes unseen.
    const maps = this.#outline.showsDyingCpus ? undefined : this.#mapsAt(step);
    if (maps === undefined) return;
    const comesUp = step.record.event === 'irq_matrix_online' ? 1 : 0;
    this.#checkMaps(step, this.#kernel.matrix.onlineMaps + comesUp);
    while (this.#kernel.matrix.onlineMaps + comesUp > maps) {
      if (this.#goingDown !== undefined) {
        this.#askedGoes(this.#goingDown);
        continue;
      }
      if (this.#freezeNext()) continue;
      const cpu = this.#nextUnseen(step.record.index);
      if (cpu === undefined || !this.#kernel.online.has(cpu)) return;
      this.#goesDownUnseen(cpu);
    }
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

  #nextUnseen(index: number): number | undefined {
    for (;;) {
      const down = this.#outline.unseenDowns[this.#downs];
      if (down === undefined || down.before > index) return undefined;
      this.#downs++;
      if (down.cpu === undefined || this.#kernel.online.has(down.cpu)) return down.cpu;
    }
  }

  #mapsAt(step: Step): number | undefined {
    const own = step.fields.get('online_maps');
    if (own !== undefined) return own;
    let seen = 0;
    for (const next of this.#window.following(step)) {
      const maps = next.fields.get('online_maps');
      if (maps !== undefined) return maps;
      if (++seen > 4) return undefined;
    }
    return undefined;
  }

  /** The model carries the migration out; kprobes check its decisions where there are any, the counters in any case. */
  #goesDownUnseen(cpu: number, takeDown = () => this.#kernel.cpuDown(cpu).ret): number {
    this.#settle();
    if (!this.#kernel.online.has(cpu)) return 0;
    this.#doubtMasks(cpu);
    let ret = 0;
    const emitted = this.#predictor.emits(() => {
      ret = takeDown();
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
    if (restoring === undefined || step.record.task !== `cpuhp/${restoring.cpu}`) return false;
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

  #expectRepins(): void {
    const isSame = ({ irq }: Repin): boolean => {
      // Another device may have the number by now.
      const life = this.#facts.lifetimeAt(irq, this.#predictor.index);
      return life === undefined || life.from <= this.#seenAt;
    };
    this.#repins = this.#nets.repins(this.#kernel).map((device) => device.filter(isSame));
  }

  /** A driver moves one of its interrupts: those before it in the device's order stayed where they are. */
  repinned(step: Step, irq: number): boolean {
    const device = this.#repins.find((repins) => repins.some((repin) => repin.irq === irq));
    if (step.inInterrupt || device === undefined) return false;
    for (let next = device.shift(); next !== undefined; next = device.shift()) {
      if (next.irq === irq) this.arriveBefore(irq, step);
      this.#repin(step.thread, next);
      if (next.irq === irq) break;
    }
    return this.#predictor.waits(step.thread);
  }

  #repin(thread: string, { irq, mask }: Repin): void {
    this.#predictor.predict(thread, () => this.#kernel.setAffinityAndHint(irq, mask));
  }

  finishRepins(): void {
    const repins = this.#repins;
    this.#repins = [];
    for (const repin of repins.flat()) this.#repin('drivers', repin);
  }

  /**
   * An affinity that moves an interrupt at once found no move pending: where ours is, an interrupt has arrived that
   * changed nothing else and so left no trace.
   */
  arriveBefore(irq: number, step: Step | undefined): void {
    const desc = this.#kernel.desc(irq);
    if (desc === undefined || step === undefined || !desc.movePending || !desc.chip.remapped) return;
    this.#predictor.predict(step.thread, () => this.#kernel.interruptArrives(irq));
  }

  /** Events were lost: what was under way is not known any more. */
  forget(): void {
    this.#restoring = undefined;
    this.#repins = [];
    this.#probes = [];
  }
}
