/** A machine on its way through what is asked of it, change by change. */
import { ensure } from '../../base/assert.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { formatNumberList } from '../../base/number-list.ts';
import type { Fits, FitsChangeAnswer, FitsStep } from '../../format/fits.ts';
import { virtioNetsOfState } from '../../model/drivers/virtio-net-queues.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { MachineState } from '../../model/machine-state.ts';
import { secondaryCpus } from '../../model/suspend.ts';
import type { DescribedDevice, Naming } from '../../scenario/describe-devices.ts';
import { type FitsChange, optionOf } from '../fits-change.ts';
import { Futures } from '../futures.ts';
import { RequestError } from '../request-error.ts';
import { isolate, pin } from './affinity.ts';
import { bringUp, takeAway } from './cpus.ts';
import { interruptsOfOne, plugIn } from './devices.ts';
import { addedDevices, emptied, emptyLike, irqsOfDevice, namingOf, virtualFunctions } from './new-devices.ts';
import type { Outcome } from './outcome.ts';
import { changesOfUpgrade, overfull, upgraded } from './upgrade.ts';

/** Without what every change may leave out. */
type Answered = Partial<FitsChangeAnswer> & Pick<FitsChangeAnswer, 'target' | 'fits'>;

const ONLY_CPUS: ReadonlySet<FitsChange['kind']> = new Set(['offline', 'suspend', 'hibernate', 'smt-off']);

export class Course {
  readonly steps: FitsStep[] = [];
  readonly changes: FitsChangeAnswer[] = [];
  /** What would decide what is open. */
  readonly questions: string[] = [];
  onePrimary: Fits['onePrimary'];

  #machine: MachineState;
  #futures: Futures;
  readonly #all: readonly FitsChange[];
  #naming: Naming | undefined;
  #empty: Kernel | undefined;
  readonly #removed = new Set<string>();

  constructor(machine: MachineState, changes: readonly FitsChange[]) {
    this.#machine = machine;
    this.#all = changes;
    this.#futures = this.#futuresOf(machine);
  }

  /** Where an upgrade was asked, the machine under the new kernel. */
  get machine(): MachineState {
    return this.#machine;
  }

  /** Whether a driver may have moved interrupts otherwise than the steps have it. */
  get hasRaces(): boolean {
    return this.#futures.hasRaces;
  }

  #futuresOf(machine: MachineState): Futures {
    return new Futures(
      machine,
      this.#all.some(({ kind }) => !ONLY_CPUS.has(kind)),
    );
  }

  /** @throws RequestError where it names what this machine does not have */
  take(change: FitsChange): void {
    const first = this.steps.length;
    const answer = this.#carryOut(change);
    const count = this.steps.length - first;
    this.changes.push({
      change: change.kind,
      ...(ONLY_CPUS.has(change.kind) ? { steps: { first, count } } : {}),
      moves: [],
      refused: [],
      stays: [],
      messages: [],
      remarks: [],
      ...answer,
    });
  }

  #carryOut(change: FitsChange): Answered {
    switch (change.kind) {
      case 'offline': {
        const cpus = this.#cpus(change, false);
        return this.#goOneByOne(
          cpus,
          () => formatNumberList(cpus),
          (cpu) => this.#futures.step('offline', cpu),
        );
      }
      case 'smt-off':
        return this.#smtOff();
      case 'suspend':
      case 'hibernate':
        return this.#sleep(change.kind);
      case 'online': {
        const cpus = this.#cpus(change, true);
        // Whom the driver steers is as it was before the first change.
        const nets = virtioNetsOfState(this.#machine);
        return this.#change(formatNumberList(cpus), (kernel) => bringUp(kernel, cpus, nets));
      }
      case 'isolate':
        return this.#isolate(this.#cpus(change, undefined));
      case 'pin':
        return this.#pin(change);
      case 'remove': {
        const irqs = irqsOfDevice(this.#machine, change.device, 'remove').map(({ irq }) => irq);
        if (this.#removed.has(change.device))
          throw new RequestError(`${change.device} is gone already`, optionOf('remove'));
        this.#removed.add(change.device);
        return this.#change(change.device, (kernel) => takeAway(kernel, irqs));
      }
      case 'add': {
        const devices = addedDevices(this.#machine, change, this.#names());
        const { driver, count, queues, node } = change;
        const with_ = [
          queues === undefined ? '' : `, ${queues} queues`,
          node === undefined ? '' : `, node ${node}`,
        ];
        return this.#plug(`${count} x ${driver}${with_.join('')}`, devices);
      }
      case 'vfs': {
        const devices = virtualFunctions(this.#machine, change, this.#names());
        const answer = this.#plug(`${change.device}: ${change.count} virtual functions`, devices);
        const driver = devices[0]?.driver.name ?? '';
        const remark = `what the physical function grants each of them, and gives up itself, is not known: each is as the entry of ${driver} has it`;
        return devices.length === 0 ? answer : { ...answer, remarks: [...(answer.remarks ?? []), remark] };
      }
      case 'upgrade':
        return this.#upgrade(change);
    }
  }

  #goOneByOne(cpus: readonly number[], target: () => string, step: (cpu: number) => FitsStep): Answered {
    const taken = cpus.map((cpu) => {
      const one = step(cpu);
      this.steps.push(one);
      return one;
    });
    return { target: target(), fits: allOf(taken) };
  }

  /** `echo off > /sys/devices/system/cpu/smt/control`: every thread but the first of its core; it stops at an error. */
  #smtOff(): Answered {
    const groups = this.#machine.topology?.siblings;
    if (groups === undefined) {
      throw new RequestError(
        'which CPUs are threads of one core is not known here (topology files missing)',
        '--smt',
      );
    }
    const seconds = groups.reduce(
      (all, group) => all.or(group.andNot(CpuSet.of(group.first ?? 0))),
      new CpuSet(),
    );
    const taken: FitsStep[] = [];
    for (const cpu of this.#futures.online.and(seconds)) {
      const step = this.#futures.step('smt-off', cpu);
      this.steps.push(step);
      taken.push(step);
      if (step.fits === null) this.#futures.loseTrack();
      if (step.fits !== true) break;
    }
    return {
      target: 'off',
      fits: allOf(taken),
      remarks: taken.length === 0 ? ['no second thread is online: nothing to do'] : [],
    };
  }

  #sleep(kind: 'suspend' | 'hibernate'): Answered {
    const futures = this.#futures;
    this.onePrimary ??= futures.primary();
    futures.freeze();
    const taken: FitsStep[] = [];
    // One that is offline in some futures only has to go in the others.
    for (const cpu of secondaryCpus(this.#machine.kernel.profile, futures.online)) {
      const step = futures.step(kind, cpu);
      taken.push(step);
      if (step.fits === null) futures.loseTrack();
      // A refusal ends a suspend. An undecided one may.
      if (step.fits !== true) break;
    }
    this.steps.push(...taken);
    // After it, or after its refusal, the CPUs taken down so far come back.
    futures.thaw();
    return { target: '', fits: allOf(taken) };
  }

  #isolate(cpus: readonly number[]): Answered {
    const isolated = CpuSet.from(cpus);
    const rest = CpuSet.from(this.#machine.cpus.map(({ cpu }) => cpu)).andNot(isolated);
    if (!rest.intersects(this.#futures.online)) {
      throw new RequestError('no online CPU would be left for interrupts', optionOf('isolate'));
    }
    const unsure = new Map<number, string>();
    for (const irq of this.#machine.irqs) {
      const why = notSure(irq);
      if (why !== undefined && (irq.cpu === undefined || isolated.has(irq.cpu))) unsure.set(irq.irq, why);
    }
    const nameless = this.#machine.anonymous.some(({ cpu }) => isolated.has(cpu))
      ? ['no interrupt is named here: which of them may leave is not seen']
      : [];
    return this.#change(formatNumberList(cpus), (kernel) => {
      const outcome = isolate(kernel, isolated, unsure);
      return { ...outcome, open: [...outcome.open, ...nameless] };
    });
  }

  #pin({ irqs, cpus }: Extract<FitsChange, { kind: 'pin' }>): Answered {
    const known = new Map<number, MachineState['irqs'][number]>(
      this.#machine.irqs.map((irq) => [irq.irq, irq]),
    );
    for (const irq of irqs) {
      const state = known.get(irq);
      if (state === undefined) throw new RequestError(`there is no interrupt ${irq} here`, optionOf('pin'));
      if (state.phase === 'other')
        throw new RequestError(`interrupt ${irq} has no x86 vector`, optionOf('pin'));
    }
    this.#known(cpus, 'pin');
    const unsure = new Map<number, string>();
    for (const irq of irqs) {
      const state = known.get(irq);
      const why = state && notSure(state);
      if (why !== undefined) unsure.set(irq, why);
    }
    return this.#change(`${formatNumberList(irqs)} to ${formatNumberList(cpus)}`, (kernel) =>
      pin(kernel, irqs, CpuSet.from(cpus), unsure),
    );
  }

  #plug(target: string, devices: readonly DescribedDevice[]): Answered {
    return this.#change(target, (kernel) => {
      const [one] = devices;
      const wanted = one === undefined ? 0 : interruptsOfOne(emptyLike(this.#emptyKernel(), kernel), one);
      return plugIn(kernel, devices, wanted);
    });
  }

  #emptyKernel(): Kernel {
    this.#empty ??= emptied(this.#machine);
    return this.#empty;
  }

  #names(): Naming {
    this.#naming ??= namingOf(this.#machine);
    return this.#naming;
  }

  #upgrade({ profile }: Extract<FitsChange, { kind: 'upgrade' }>): Answered {
    if (this.changes.length > 0) {
      throw new RequestError(
        'another kernel comes with a boot, which undoes what is before it: it has to be first',
        optionOf('upgrade'),
      );
    }
    const old = this.#machine;
    const full = overfull(old, profile);
    const remarks = changesOfUpgrade(old.kernel.profile, profile);
    this.#machine = upgraded(old, profile);
    this.#futures = this.#futuresOf(this.#machine);
    return {
      target: profile.name,
      fits: full.length === 0 ? true : null,
      remarks: [
        ...(remarks.length === 0 ? ['nothing that irqspace knows of changes for interrupts'] : remarks),
        ...full.map(
          ({ cpu }) => `CPU ${cpu} holds more than the new kernel has: the boot places some of it elsewhere`,
        ),
        'the boot is not simulated: every interrupt is taken to be where it is now',
      ],
    };
  }

  #change(target: string, act: (kernel: Kernel) => Outcome): Answered {
    const changed = this.#futures.change(act);
    if (changed === undefined) return { target, fits: null };
    const { open, interrupts, leastLeft, stays, refused, messages, fits, moves, onTheirWay = [] } = changed;
    this.questions.push(...open);
    const names = new Map<number, string>(this.#machine.irqs.map(({ irq, name }) => [irq, name]));
    return {
      target,
      fits,
      moves,
      refused: [...refused],
      messages: [...messages],
      ...(onTheirWay.length === 0 ? {} : { remarks: [waits(onTheirWay.map(({ irq }) => irq))] }),
      stays: stays.flatMap((stay) =>
        names.has(stay.irq) ? [{ ...stay, name: ensure(names.get(stay.irq), `IRQ ${stay.irq}`) }] : [],
      ),
      ...(interrupts === undefined ? {} : { interrupts }),
      ...(leastLeft === undefined ? {} : { leastLeft }),
    };
  }

  /** @param up whether they have to be offline (true) or online (false) */
  #cpus(
    { kind, cpus }: Extract<FitsChange, { cpus: readonly number[]; kind: 'offline' | 'online' | 'isolate' }>,
    up: boolean | undefined,
  ): readonly number[] {
    const option = optionOf(kind);
    if (cpus.length === 0) throw new RequestError('name at least one CPU', option);
    const seen = new Set<number>();
    for (const cpu of cpus) {
      this.#known([cpu], kind);
      if (up === false && cpu === 0) throw new RequestError('CPU 0 cannot go offline on x86', option);
      if (seen.has(cpu)) throw new RequestError(`CPU ${cpu} is listed twice`, option);
      if (up === false && this.#futures.isOffline(cpu))
        throw new RequestError(`CPU ${cpu} is offline already`, option);
      if (up === true && this.#futures.isOnline(cpu))
        throw new RequestError(`CPU ${cpu} is online already`, option);
      seen.add(cpu);
    }
    return cpus;
  }

  #known(cpus: readonly number[], kind: FitsChange['kind']): void {
    const all = this.#machine.cpus.map(({ cpu }) => cpu as number);
    for (const cpu of cpus) {
      if (!all.includes(cpu)) {
        throw new RequestError(`there is no CPU ${cpu} here (CPUs ${formatNumberList(all)})`, optionOf(kind));
      }
    }
  }
}

function waits(irqs: readonly number[]): string {
  return `IRQ ${formatNumberList(irqs)} may still be where it was: each goes with its next interrupt`;
}

function allOf(steps: readonly FitsStep[]): boolean | null {
  if (steps.some(({ fits }) => fits === false)) return false;
  return steps.some(({ fits }) => fits === null) ? null : true;
}

/** Why it cannot be foretold where it goes; undefined where it can. */
function notSure({ managed, phase, cpu }: MachineState['irqs'][number]): string | undefined {
  if (phase === 'unknown') return 'it cannot be told what it holds';
  if (phase !== 'active') return undefined;
  if (managed === undefined) return 'it cannot be told whether it is managed, and so whether it can be moved';
  return cpu === undefined ? 'it is not shown on which CPU it is' : undefined;
}
