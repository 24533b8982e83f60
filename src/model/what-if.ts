/**
 * A machine of which it is asked what would happen if CPUs went: the kernel that is built of its state decides, and
 * where the state has bounds, so have the answers. Changed in place.
 */
import { CpuSet } from '../base/cpu-set.ts';
import { clampToZero, exactly, type Range, range } from '../base/range.ts';
import { boundsOfState } from './bounds-of-state.ts';
import { type VirtioNets, virtioNetsOfState } from './drivers/virtio-net-queues.ts';
import { extremesOfState } from './extremes-of-state.ts';
import type { CapacityCheck, FitOnOne, HotplugBounds } from './hotplug-bounds.ts';
import { asIrq, type Irq } from './ids.ts';
import type { Kernel, Migrated } from './kernel.ts';
import { kernelOfState } from './kernel-of-state.ts';
import type { MachineState } from './machine-state.ts';
import { freezeBegins, primaryCpu } from './suspend.ts';
import { Whereabouts } from './whereabouts.ts';

export interface Move {
  /** Undefined for a vector whose interrupt is not known. */
  readonly irq: Irq | undefined;
  readonly from: number;
  readonly to: number;
}

/** What becomes of interrupts; those that only stand for a vector are among the moves alone. */
export interface Migration {
  readonly moves: readonly Move[];
  /** The mask had no online CPU left, or none with a vector: it is lost, any online CPU will do. */
  readonly broken: readonly Irq[];
  readonly shutdown: readonly Irq[];
  /** No vector inside the mask and no retry: the interrupt stays on the dead CPU, lost. */
  readonly stuck: readonly Irq[];
}

/** What came of a change, in the kernels between which the machine lies. */
export interface Changed<T> {
  readonly likely: T;
  /** Undefined where every fact is known. */
  readonly fewest: T | undefined;
  /** Undefined there too, and where it is no longer known how many there may be. */
  readonly most: T | undefined;
  readonly hasBounds: boolean;
}

interface Facts {
  readonly rooms: ReadonlyMap<number, Range>;
  readonly added: Set<number>;
  readonly nets: VirtioNets;
}

export class WhatIf {
  readonly #kernel: Kernel;
  /** Undefined where every fact is known. */
  readonly #bounds: HotplugBounds | undefined;
  /**
   * Where there are bounds: the kernels that have the fewest and the most vectors left (extremes-of-state.ts). None any
   * more after vectors moved or came: where these are now is no longer the same in all.
   */
  #extremes: readonly Kernel[];
  /** Per CPU: what it has for regular vectors in all, as far as it is known. */
  readonly #rooms: ReadonlyMap<number, Range>;
  /** Interrupts that changes brought. */
  readonly #added: Set<number>;
  readonly #nets: VirtioNets;
  readonly #nameOf: (irq: number) => Irq | undefined;
  /** Interrupts that a driver was refused to move: by a race, as {@link racing} says. */
  #raced = 0;
  /** CPUs that a suspend took down, until they come back. */
  #frozen: number[];
  /** Undefined after CPUs returned. */
  #whereabouts: Whereabouts | undefined;

  private constructor(
    kernel: Kernel,
    bounds: HotplugBounds | undefined,
    extremes: readonly Kernel[],
    { rooms, added, nets }: Facts,
    nameOf: (irq: number) => Irq | undefined,
    frozen: number[],
  ) {
    this.#kernel = kernel;
    this.#bounds = bounds;
    this.#extremes = extremes;
    this.#rooms = rooms;
    this.#added = added;
    this.#nets = nets;
    this.#nameOf = nameOf;
    this.#frozen = frozen;
  }

  /** @param extremes {@link change} will be asked: keeps the two kernels that the bounds allow at most */
  static of(machine: MachineState, extremes = false): WhatIf {
    const built = kernelOfState(machine);
    const bounds = boundsOfState(machine, built);
    const ends = extremes && bounds !== undefined ? extremesOfState(machine, built) : [];
    const facts = { rooms: roomsOf(machine), added: new Set<number>(), nets: virtioNetsOfState(machine) };
    return new WhatIf(built.kernel, bounds, ends, facts, (irq) => built.nameOf(irq), []);
  }

  clone(): WhatIf {
    const copy = new WhatIf(
      this.#kernel.clone(),
      this.#bounds?.clone(),
      this.#extremes.map((kernel) => kernel.clone()),
      { rooms: this.#rooms, added: new Set(this.#added), nets: this.#nets },
      this.#nameOf,
      [...this.#frozen],
    );
    copy.#raced = this.#raced;
    return copy;
  }

  /**
   * Any other change than a CPU that goes: what came of it on the likely kernel, then, where the state has bounds, on
   * the one with the fewest vectors left and, where it is known, on the one with the most.
   */
  change<T>(act: (kernel: Kernel) => T): Changed<T> {
    const poorer = this.#extremes.length === 0 ? this.#poorer() : undefined;
    const before = new Map(this.#kernel.descs().map(({ irq, data }) => [irq, data?.cpu]));
    const online = this.#kernel.online.clone();
    const result = act(this.#kernel);
    let placed = 0;
    for (const { irq, data } of this.#kernel.descs()) {
      if (!before.has(irq)) this.#added.add(irq);
      if (data !== undefined && data.vector !== 0 && before.get(irq) !== data.cpu) placed++;
    }
    this.#bounds?.adopt(this.#kernel, placed);
    for (const cpu of this.#kernel.online.andNot(online)) {
      const room = this.#rooms.get(cpu);
      if (room !== undefined) this.#bounds?.cpuCame(this.#kernel, cpu, room);
    }
    this.#whereabouts = undefined;
    const [poorest, richest] = this.#extremes;
    const fewest = poorest ?? poorer;
    const changed = {
      likely: result,
      fewest: fewest && act(fewest),
      most: richest && act(richest),
      hasBounds: this.#bounds !== undefined,
    };
    if (placed > 0) this.#extremes = [];
    return changed;
  }

  /** A copy in which as much is in use as may be. */
  #poorer(): Kernel | undefined {
    if (this.#bounds === undefined) return undefined;
    const copy = this.#kernel.clone();
    for (const [cpu, count] of this.#bounds.shortfall(this.#kernel)) {
      for (let n = 0; n < count; n++) copy.matrix.alloc(CpuSet.of(cpu), false);
    }
    return copy;
  }

  /** The interrupt of a descriptor; undefined where it only stands for a vector. */
  nameOf(irq: number): Irq | undefined {
    return this.#added.has(irq) ? asIrq(irq) : this.#nameOf(irq);
  }

  /** Whether a driver may have moved interrupts otherwise than it did here. */
  get hasRaces(): boolean {
    return this.#raced > 0;
  }

  /** Live. */
  get online(): CpuSet {
    return this.#kernel.online;
  }

  /** Whether the kernel lets `cpu` go. */
  check(cpu: number): CapacityCheck {
    const check = this.#kernel.vectors.canUnplug(cpu);
    const { ret, needed, available, message } = check;
    const widened = this.#bounds?.widen(this.#kernel, cpu, check) ?? {
      fits: ret === 0,
      needed: exactly(needed),
      available: exactly(available),
      spare: exactly(available - needed),
      message,
    };
    return this.#raced === 0 ? widened : racing(widened, this.#raced);
  }

  /** A suspend begins: interrupts of devices are suspended before CPUs go. */
  freeze(): void {
    for (const kernel of [this.#kernel, ...this.#extremes]) freezeBegins(kernel);
  }

  /** `cpu` goes, whatever the check says. `freezes`: until the machine wakes up. */
  takeDown(cpu: number, freezes = false): Migration {
    if (freezes) this.#frozen.push(cpu);
    this.#whereabouts ??= new Whereabouts(this.#kernel);
    const among = this.#whereabouts.concernedBy(cpu);
    const migrated = this.#bounds?.takeDown(this.#kernel, cpu, among) ?? this.#kernel.takeDown(cpu, among);
    this.#whereabouts.follow(cpu, among);
    if (migrated.length > 0) this.#extremes = [];
    for (const kernel of this.#extremes) if (kernel.online.has(cpu)) kernel.takeDown(cpu);
    if (!freezes) this.redeal();
    const named = (is: (step: Migrated) => boolean): Irq[] =>
      migrated.filter(is).flatMap(({ irq }) => this.nameOf(irq) ?? []);
    return {
      moves: migrated
        .filter(({ outcome }) => outcome === 'moved' || outcome === 'broken')
        .map(({ irq, from, to }) => ({ irq: this.nameOf(irq), from, to })),
      broken: named(({ outcome }) => outcome === 'broken'),
      shutdown: named(({ outcome }) => outcome === 'shutdown'),
      // What was lost before and finds no place again is no news.
      stuck: named(({ outcome, from }) => outcome === 'stuck' && from === cpu),
    };
  }

  /**
   * virtio-net deals its queues out anew: after a CPU went, and after one was refused, for which it had taken its masks
   * back (`virtnet_cpu_dead()`, `virtnet_cpu_online()`, drivers/net/virtio_net.c). What cannot move at once waits.
   */
  redeal(): void {
    const repins = this.#nets.repins(this.#kernel).flat();
    if (repins.length === 0) return;
    this.#whereabouts = undefined;
    const before = repins.map(({ irq }) => this.#kernel.desc(irq)?.data?.cpu);
    for (const kernel of [this.#kernel, ...this.#extremes]) {
      for (const { irq, mask } of this.#nets.repins(kernel).flat()) kernel.setAffinityAndHint(irq, mask);
      kernel.tick();
    }
    const moved = repins.filter(({ irq }, at) => {
      const data = this.#kernel.desc(irq)?.data;
      return data !== undefined && (data.cpu !== before[at] || !repins[at]?.mask.has(data.cpu));
    });
    if (moved.length > 0) this.#extremes = [];
    this.#raced += moved.filter(({ irq, mask }) => {
      const desc = this.#kernel.desc(irq);
      return desc?.chip.remapped === true && !mask.has(desc.data?.cpu ?? -1);
    }).length;
    this.#bounds?.redealt(this.#kernel, moved);
  }

  /** The machine wakes up: the CPUs that froze come back, and what waits for the next moment has had it. */
  thaw(): void {
    for (const kernel of [this.#kernel, ...this.#extremes]) {
      kernel.thaw(this.#frozen);
      kernel.tick();
    }
    this.#bounds?.thaw(this.#kernel);
    this.#frozen = [];
    this.#whereabouts = undefined;
  }

  /** What must fit in the end when only `cpu` stays: all regular vectors, against what it can give to them. */
  fitOnOne(): (FitOnOne & { readonly cpu: number }) | undefined {
    const { online, matrix } = this.#kernel;
    if (online.isEmpty) return undefined;
    const cpu = primaryCpu(online);
    let used = 0;
    let here = 0;
    const count = (vector: number, on: number): void => {
      if (vector === 0 || !online.has(on)) return;
      used++;
      if (on === cpu) here++;
    };
    for (const { managed, data } of this.#kernel.descs()) {
      if (managed || data === undefined) continue;
      count(data.vector, data.cpu);
      count(data.prevVector, data.prevCpu);
    }
    const fit = { needed: exactly(used), room: exactly(here + (matrix.maps.available[cpu] ?? 0)) };
    return { cpu, ...(this.#bounds?.widenOne(this.#kernel, cpu, fit) ?? fit) };
  }
}

function roomsOf({ cpus }: MachineState): Map<number, Range> {
  return new Map(
    cpus.map(({ cpu, capacity, managed }) => [
      cpu,
      clampToZero(range(capacity.min - managed.max, capacity.max - managed.min)),
    ]),
  );
}

/**
 * Where a driver was refused it may have been given a vector after all, or another one instead of those that got theirs:
 * old vectors come back meanwhile. What one CPU has more the others have less, so what is left over is the same.
 */
function racing(check: CapacityCheck, raced: number): CapacityCheck {
  const either = ({ min, max }: Range): Range => range(Math.max(0, min - raced), max + raced);
  return { ...check, needed: either(check.needed), available: either(check.available), message: undefined };
}
