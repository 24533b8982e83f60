/**
 * The counts a CPU-hotplug what-if works on, with their uncertainty.
 *
 * What fits hardly depends on where earlier interrupts landed: the *room* of a CPU, what it can give to regular
 * (non-managed) vectors in all (capacity − managed + drift), is fixed, so the room of the CPUs that stay against
 * all regular vectors in use decides. Only the two figures of the kernel's message depend on the placement; they
 * *blur* when a choice of CPU along the way was not certain. An interrupt that is perhaps managed is taken as a
 * regular one, and what it would change is kept apart.
 */
import { CpuSet } from '../base/cpu-set.ts';
import { clampToZero, exactly, isExact, type Range, range } from '../base/range.ts';
import type { Irq } from './ids.ts';
import type { KernelProfile } from './kernel-profile.ts';
import type { CpuState, IrqState, MachineState, UnplacedVector } from './machine-state.ts';

/** A vector in use, as the what-if moves it about. */
export interface Resident {
  /** Undefined: the interrupt is not known (a lone dump). */
  readonly irq: Irq | undefined;
  readonly managed: boolean;
  /** Taken as regular; it may turn out to be managed. */
  readonly perhapsManaged: boolean;
  /** Undefined: any online CPU. */
  readonly mask: CpuSet | undefined;
}

/** A regular vector that is on one of several CPUs, or perhaps on none. */
export interface Floating {
  /** Undefined: the interrupt is not known. */
  readonly irq: Irq | undefined;
  readonly cpus: CpuSet;
  readonly held: Range;
  /** An interrupt of its own, which moves; an old vector vanishes with its CPU. */
  readonly moves: boolean;
}

/** An interrupt that stayed with a CPU that went, until it returns. */
export interface Parked {
  readonly cpu: number;
  readonly resident: Resident;
}

/** Mutable; indexed by CPU number. `available`, `owned` and `managedAllocated` are nominal: they place vectors. */
export interface HotplugState {
  readonly profile: KernelProfile;
  readonly housekeeping: CpuSet | undefined;
  readonly reserved: Range;
  readonly online: Uint8Array;
  readonly onlineSet: CpuSet;
  readonly available: Int32Array;
  readonly managedAllocated: Int32Array;
  /** Managed vectors in use beyond that, perhaps: those of `open` not counted. */
  readonly managedAllocatedDoubt: Int32Array;
  /** Regular vectors of interrupts on each CPU, without the floating ones. */
  readonly owned: Int32Array;
  /** Of these, the ones on the CPU from the start that are perhaps managed. */
  readonly open: Int32Array;
  readonly room: readonly Range[];
  readonly residents: readonly Resident[][];
  floating: Floating[];
  /** Shut down or stuck with their CPU. */
  parked: Parked[];
  /** CPUs that a suspend took down, until they come back. */
  frozen: CpuSet;
  /** False: nothing can be computed with the counters. */
  readonly countable: boolean;
  /** Some of the facts that place a vector are not known. */
  readonly uncertain: boolean;
  /** It is known of every interrupt whether it is managed, and of every managed vector where it is. */
  readonly managedKnown: boolean;
  /** How far `available` of all CPUs together may be off, apart from interrupts that are perhaps managed. */
  disturbance: number;
  /** Regular vectors placed so far where there was a choice. */
  moved: number;
  /** Of these, the ones that are perhaps managed. */
  movedPerhapsManaged: number;
  /** Managed vectors placed so far. */
  movedManaged: number;
  /** Every one of these could go anywhere: which of them is where makes no difference. */
  interchangeable: boolean;
}

const byIrq = (a: Resident, b: Resident): number =>
  (a.irq ?? Number.MAX_SAFE_INTEGER) - (b.irq ?? Number.MAX_SAFE_INTEGER);

export function initialHotplugState(machine: MachineState): HotplugState {
  const size = machine.cpus.reduce((max, { cpu }) => Math.max(max, cpu + 1), 0);
  const floating = floatingOf(machine);
  const room: Range[] = Array.from({ length: size }, () => exactly(0));
  const residents = residentsOf(machine, size);
  const open = residents.flat().some((resident) => resident.perhapsManaged) || machine.irqs.some(isOpen);
  const disturbance =
    floating.filter((vector) => !isExact(vector.held) || vector.cpus.size > 1).length +
    machine.cpus.reduce((sum, { online, drift }) => sum + (online ? drift.max - drift.min : 0), 0);
  const inexact = machine.cpus.some((cpu) => cpu.online && ![cpu.capacity, cpu.available].every(isExact));
  const managedKnown = !open && machine.cpus.every((cpu) => !cpu.online || isExact(cpu.managedAllocated));
  const state: HotplugState = {
    profile: machine.kernel.profile,
    housekeeping: machine.housekeeping,
    reserved: machine.global.reserved,
    online: new Uint8Array(size),
    onlineSet: new CpuSet(size),
    available: new Int32Array(size),
    managedAllocated: new Int32Array(size),
    managedAllocatedDoubt: new Int32Array(size),
    owned: new Int32Array(size),
    open: new Int32Array(size),
    room,
    residents,
    floating,
    parked: machine.irqs.flatMap(parkedOf),
    frozen: new CpuSet(size),
    countable: machine.uncountable === undefined,
    uncertain: open || inexact || disturbance > 0,
    managedKnown,
    disturbance,
    moved: 0,
    movedPerhapsManaged: 0,
    movedManaged: 0,
    interchangeable: true,
  };
  const olds = oldsPerCpu(floating);
  for (const cpu of machine.cpus) initCpu(state, room, cpu, olds.get(cpu.cpu) ?? 0);
  return state;
}

/** It holds a vector and may or may not be managed. */
function isOpen(irq: IrqState): boolean {
  return irq.phase === 'active' && irq.managed === undefined;
}

function residentsOf(machine: MachineState, size: number): Resident[][] {
  const residents: Resident[][] = Array.from({ length: size }, () => []);
  for (const irq of machine.irqs) {
    if (irq.phase !== 'active' || irq.cpu === undefined) continue;
    residents[irq.cpu]?.push({
      irq: irq.irq,
      managed: irq.managed === true,
      perhapsManaged: irq.managed === undefined,
      mask: irq.affinity,
    });
  }
  const states = new Map<number, CpuState>(machine.cpus.map((state) => [state.cpu, state]));
  for (const { cpu, regular } of machine.anonymous) {
    // Where managed vectors in use are not counted apart (up to 5.0), some of the unknown ones are.
    const { min, max } = states.get(cpu)?.managedAllocated ?? exactly(0);
    const known = residents[cpu]?.filter((resident) => resident.perhapsManaged).length ?? 0;
    for (let i = 0; i < regular; i++) {
      const perhapsManaged = i < max - min - known;
      residents[cpu]?.push({ irq: undefined, managed: false, perhapsManaged, mask: undefined });
    }
  }
  for (const list of residents) list.sort(byIrq);
  return residents;
}

function parkedOf(irq: IrqState): Parked[] {
  const cpu = irq.affinity?.first;
  if (irq.phase !== 'shutdown' || cpu === undefined) return [];
  return [{ cpu, resident: { irq: irq.irq, managed: true, perhapsManaged: false, mask: irq.affinity } }];
}

function floatingOf(machine: MachineState): Floating[] {
  // VECTOR counts every vector on its own CPU: only the one that is known to be old there is not to move.
  const counted = machine.cpus.some((cpu) => cpu.online && cpu.allocMap !== undefined);
  const open = new Set(machine.irqs.filter(isOpen).map(({ irq }) => irq));
  const isPlaced = (v: UnplacedVector): boolean => v.cpus.size === 1 && isExact(v.held);
  return machine.unplaced
    .filter((vector) => !vector.managed && (!counted || isPlaced(vector)))
    .map(({ irq, cpus, held, why }) => {
      const moves = why === 'no-effective-affinity';
      // One that is managed holds no regular vector.
      return { irq, cpus, held: moves && open.has(irq) ? range(0, held.max) : held, moves };
    });
}

/** Old vectors that are certainly on a CPU. */
function oldsPerCpu(floating: readonly Floating[]): ReadonlyMap<number, number> {
  const olds = new Map<number, number>();
  for (const { cpus, held } of floating) {
    const cpu = cpus.first;
    if (isExact(held) && cpu !== undefined && cpus.size === 1) olds.set(cpu, (olds.get(cpu) ?? 0) + 1);
  }
  return olds;
}

function initCpu(state: HotplugState, room: Range[], from: CpuState, olds: number): void {
  const { cpu, online, capacity, available, allocated, managed, managedAllocated, drift } = from;
  state.online[cpu] = online ? 1 : 0;
  if (online) state.onlineSet.add(cpu);
  const residents = state.residents[cpu] ?? [];
  const open = residents.filter((resident) => resident.perhapsManaged);
  state.managedAllocated[cpu] = managedAllocated.min;
  // What is perhaps managed counts as regular: only old vectors of managed interrupts are left to doubt.
  state.managedAllocatedDoubt[cpu] = Math.max(0, managedAllocated.max - managedAllocated.min - open.length);
  if ([available, allocated].every(isExact) && state.managedAllocatedDoubt[cpu] === 0) {
    // A dump is one moment and procfs another: the counters decide, not the list of interrupts.
    const regular = allocated.min - managedAllocated.min;
    state.owned[cpu] = regular - olds;
    state.open[cpu] = isExact(managedAllocated) ? 0 : open.length;
    // A choice compares CPUs: where the capacity is a range, all are taken at its lower end.
    state.available[cpu] = isExact(capacity) ? available.min : capacity.min - managed.min - regular;
    room[cpu] = exactly(available.min + regular);
    return;
  }
  const owned = residents.filter((resident) => !resident.managed).length;
  // Set aside by one that is perhaps managed: on its own CPU its regular vector stands for that already.
  const counted = open.filter((resident) => resident.mask?.has(cpu) ?? true).length;
  state.owned[cpu] = owned;
  state.open[cpu] = open.length;
  state.available[cpu] = capacity.min - managed.min - owned - olds;
  room[cpu] = clampToZero(
    range(capacity.min - (managed.max - counted) + drift.min, capacity.max - managed.min + drift.max),
  );
}

export function cloneHotplugState(state: HotplugState): HotplugState {
  return {
    ...state,
    online: state.online.slice(),
    onlineSet: state.onlineSet.clone(),
    available: state.available.slice(),
    managedAllocated: state.managedAllocated.slice(),
    managedAllocatedDoubt: state.managedAllocatedDoubt.slice(),
    owned: state.owned.slice(),
    open: state.open.slice(),
    residents: state.residents.map((list) => list.slice()),
    floating: state.floating.slice(),
    parked: state.parked.slice(),
    frozen: state.frozen.clone(),
  };
}

/** Keeps a CPU's interrupts in the order in which the kernel walks them. */
export function addResident(state: HotplugState, cpu: number, resident: Resident): void {
  const list = state.residents[cpu];
  if (list === undefined) return;
  let at = list.length;
  while (at > 0 && byIrq(list[at - 1] ?? resident, resident) > 0) at--;
  list.splice(at, 0, resident);
}

/**
 * How far the nominal number of regular vectors on any CPU may be off. A vector that never moved is where it was,
 * and one that had a single CPU to go to is there, so no further than those that had a choice. Where each of them
 * could go anywhere they are all alike, and one vector too many or too few on a CPU shifts one choice at most.
 */
export function blurOf(state: HotplugState): number {
  if (!state.uncertain) return 0;
  const alike = state.interchangeable && state.managedKnown;
  return alike ? Math.min(state.moved, state.disturbance) : state.moved;
}

/** The same for the managed vectors in use. */
export function managedBlurOf(state: HotplugState): number {
  switch (state.profile.managedCpuChoice) {
    case 'lowest':
      return 0;
    case 'most-available':
      return state.uncertain ? state.movedManaged : 0;
    case 'fewest-managed':
      return state.managedKnown ? 0 : state.movedManaged;
  }
}
