/**
 * The CPUs of a plan in the making: where every movable interrupt is to be, and what room is left. Every vector that
 * comes counts against what a CPU has for certain, and none that leaves makes room: the old vector is held until its
 * clean-up (specification 4.10), for an idle interrupt without remapping for ever.
 */
import { CpuSet } from '../base/cpu-set.ts';
import type { MachineState } from '../model/machine-state.ts';
import type { HintPolicy } from './goal.ts';
import { type Left, type Movable, sortIrqs } from './movable.ts';
import { type Settled, settled } from './on-the-way.ts';

export interface Terms {
  readonly hints: HintPolicy;
  /** CPUs that nothing may be sent to, besides those that are isolated. */
  readonly avoid: CpuSet;
  /** Interrupts to leave alone. */
  readonly banned: ReadonlySet<number>;
}

export class Board {
  readonly machine: MachineState;
  readonly online: CpuSet;
  /** Online CPUs that interrupts may be sent to. */
  readonly targets: CpuSet;
  readonly movable: readonly Movable[];
  readonly left: readonly Left[];
  /** Per CPU: vectors that it can still give, for certain and at best, whatever waits to come there counted. */
  readonly room: Int32Array;
  readonly roomAtBest: Int32Array;
  /** What goals count by: every move that waits is made. */
  readonly settled: Settled;
  readonly #incoming: Int32Array;
  readonly #places = new Map<number, number>();
  readonly #allowed = new Map<string, CpuSet>();
  readonly #lists = new Map<CpuSet, readonly number[]>();
  readonly #local = new Map<Movable, CpuSet>();
  readonly #nodes: ReadonlyMap<number, CpuSet>;

  constructor(machine: MachineState, { hints, avoid, banned }: Terms) {
    this.machine = machine;
    this.online = CpuSet.from(machine.cpus.filter((cpu) => cpu.online).map(({ cpu }) => cpu));
    this.targets = this.online.andNot(machine.isolated ?? new CpuSet()).andNot(avoid);
    const { movable, left } = sortIrqs(machine, { hints, targets: this.targets, banned });
    this.movable = movable;
    this.left = left;
    const size = (this.online.last ?? 0) + 1;
    this.room = new Int32Array(size);
    this.roomAtBest = new Int32Array(size);
    this.#incoming = new Int32Array(size);
    this.settled = settled(machine, this.online, size);
    this.#nodes = new Map(machine.nodes.map(({ node, cpus }) => [node, cpus]));
    for (const { cpu, online, available } of machine.cpus) {
      if (!online) continue;
      this.room[cpu] = available.min;
      this.roomAtBest[cpu] = available.max;
    }
    // What waits for its next interrupt may come to any CPU of its mask, before or after the plan.
    for (const { movePending, affinity } of machine.irqs) {
      if (!movePending || affinity === undefined) continue;
      for (const cpu of affinity.and(this.online)) this.room[cpu] = (this.room[cpu] ?? 0) - 1;
    }
    for (const cpu of this.online) this.room[cpu] = Math.max(0, this.room[cpu] ?? 0);
  }

  /** Where the plan has it. */
  placeOf({ irq, from }: Movable): number {
    return this.#places.get(irq) ?? from;
  }

  /** What `cpu` can still take for certain. */
  free(cpu: number): number {
    return (this.room[cpu] ?? 0) - (this.#incoming[cpu] ?? 0);
  }

  /** It needs no vector on the CPU that it is on. */
  canTake(moving: Movable, cpu: number): boolean {
    return cpu === moving.from || this.free(cpu) > 0;
  }

  moveTo(moving: Movable, cpu: number): void {
    const before = this.placeOf(moving);
    if (before !== moving.from) this.#add(before, -1);
    if (cpu === moving.from) this.#places.delete(moving.irq);
    else {
      this.#places.set(moving.irq, cpu);
      this.#add(cpu, 1);
    }
  }

  /** Those that the plan moves, ascending. */
  moved(): Movable[] {
    return this.movable.filter(({ irq }) => this.#places.has(irq));
  }

  nodeCpus({ state }: Movable): CpuSet | undefined {
    return state.node === undefined ? undefined : this.#nodes.get(state.node);
  }

  /** Targets that it may be sent to: within its hint. One set for all that may go to the same CPUs. */
  allowed(moving: Movable): CpuSet {
    const { within } = moving;
    return within === undefined
      ? this.targets
      : this.#intern(`hint ${within}`, () => within.and(this.targets));
  }

  /** Of these, the ones on the node of its device; all where there are none, or it has no node. */
  local(moving: Movable): CpuSet {
    const known = this.#local.get(moving);
    if (known !== undefined) return known;
    const local = this.#findLocal(moving);
    this.#local.set(moving, local);
    return local;
  }

  #findLocal(moving: Movable): CpuSet {
    const all = this.allowed(moving);
    const node = this.nodeCpus(moving);
    if (node === undefined) return all;
    const near = this.#intern(`node ${moving.state.node} hint ${moving.within ?? ''}`, () => node.and(all));
    return near.isEmpty ? all : near;
  }

  /** Its CPUs as a list: asked for again and again. */
  listOf(cpus: CpuSet): readonly number[] {
    const known = this.#lists.get(cpus);
    if (known !== undefined) return known;
    const list = [...cpus];
    this.#lists.set(cpus, list);
    return list;
  }

  #intern(key: string, make: () => CpuSet): CpuSet {
    const known = this.#allowed.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#allowed.set(key, made);
    return made;
  }

  #add(cpu: number, by: number): void {
    this.#incoming[cpu] = (this.#incoming[cpu] ?? 0) + by;
  }
}
