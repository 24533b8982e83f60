/**
 * A machine of which it is asked what would happen if CPUs went: the kernel that is built of its state decides, and
 * where the state has bounds, so have the answers. Changed in place.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import { exactly } from '../base/range.ts';
import { boundsOfState } from './bounds-of-state.ts';
import type { CapacityCheck, FitOnOne, HotplugBounds } from './hotplug-bounds.ts';
import type { Irq } from './ids.ts';
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

export class WhatIf {
  readonly #kernel: Kernel;
  /** Undefined where every fact is known. */
  readonly #bounds: HotplugBounds | undefined;
  readonly #nameOf: (irq: number) => Irq | undefined;
  /** CPUs that a suspend took down, until they come back. */
  #frozen: number[];
  /** Undefined after CPUs returned. */
  #whereabouts: Whereabouts | undefined;

  private constructor(
    kernel: Kernel,
    bounds: HotplugBounds | undefined,
    nameOf: (irq: number) => Irq | undefined,
    frozen: number[],
  ) {
    this.#kernel = kernel;
    this.#bounds = bounds;
    this.#nameOf = nameOf;
    this.#frozen = frozen;
  }

  static of(machine: MachineState): WhatIf {
    const built = kernelOfState(machine);
    return new WhatIf(built.kernel, boundsOfState(machine, built), built.nameOf, []);
  }

  clone(): WhatIf {
    return new WhatIf(this.#kernel.clone(), this.#bounds?.clone(), this.#nameOf, [...this.#frozen]);
  }

  /** Live. */
  get online(): CpuSet {
    return this.#kernel.online;
  }

  /** Whether the kernel lets `cpu` go. */
  check(cpu: number): CapacityCheck {
    const check = this.#kernel.vectors.canUnplug(cpu);
    if (this.#bounds !== undefined) return this.#bounds.widen(this.#kernel, cpu, check);
    const { ret, needed, available, message } = check;
    return {
      fits: ret === 0,
      needed: exactly(needed),
      available: exactly(available),
      spare: exactly(available - needed),
      message,
    };
  }

  /** A suspend begins: interrupts of devices are suspended before CPUs go. */
  freeze(): void {
    freezeBegins(this.#kernel);
  }

  /** `cpu` goes, whatever the check says. `freezes`: until the machine wakes up. */
  takeDown(cpu: number, freezes = false): Migration {
    if (freezes) this.#frozen.push(cpu);
    this.#whereabouts ??= new Whereabouts(this.#kernel);
    const among = this.#whereabouts.concernedBy(cpu);
    const migrated = this.#bounds?.takeDown(this.#kernel, cpu, among) ?? this.#kernel.takeDown(cpu, among);
    this.#whereabouts.follow(cpu, among);
    const named = (is: (step: Migrated) => boolean): Irq[] =>
      migrated.filter(is).flatMap(({ irq }) => this.#nameOf(irq) ?? []);
    return {
      moves: migrated
        .filter(({ outcome }) => outcome === 'moved' || outcome === 'broken')
        .map(({ irq, from, to }) => ({ irq: this.#nameOf(irq), from, to })),
      broken: named(({ outcome }) => outcome === 'broken'),
      shutdown: named(({ outcome }) => outcome === 'shutdown'),
      // What was lost before and finds no place again is no news.
      stuck: named(({ outcome, from }) => outcome === 'stuck' && from === cpu),
    };
  }

  /** The machine wakes up: the CPUs that froze come back, and what waits for the next moment has had it. */
  thaw(): void {
    this.#kernel.thaw(this.#frozen);
    this.#kernel.tick();
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
