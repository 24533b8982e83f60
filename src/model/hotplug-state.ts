/**
 * The counts a CPU-hotplug what-if works on, with their uncertainty.
 *
 * What fits does not depend on where earlier interrupts landed: the *room* of a CPU, what it can give to regular
 * (non-managed) vectors in all (capacity − managed + drift), is fixed, so the room of the CPUs that stay against
 * all regular vectors in use decides. Only the two figures of the kernel's message depend on the placement; they
 * *blur* when a choice of CPU along the way was not certain.
 */
import { CpuSet } from '../base/cpu-set.ts';
import { clampToZero, exactly, isExact, type Range, range } from '../base/range.ts';
import type { Irq } from './ids.ts';
import type { KernelProfile } from './kernel-profile.ts';
import type { CpuState, MachineState } from './machine-state.ts';

/** A vector in use, as the what-if moves it about. */
export interface Resident {
  /** Undefined: the interrupt is not known (a lone dump). */
  readonly irq: Irq | undefined;
  readonly managed: boolean;
  /** Undefined: any online CPU. */
  readonly mask: CpuSet | undefined;
}

/** A regular vector that is on one of several CPUs, or perhaps on none. */
export interface Floating {
  readonly irq: Irq;
  readonly cpus: CpuSet;
  readonly held: Range;
  /** An interrupt of its own, which moves; an old vector vanishes with its CPU. */
  readonly moves: boolean;
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
  /** Managed vectors in use, where their number is not known exactly. */
  readonly managedAllocatedDoubt: Int32Array;
  /** Regular vectors of interrupts on each CPU, without the floating ones. */
  readonly owned: Int32Array;
  readonly room: readonly Range[];
  readonly residents: readonly Resident[][];
  floating: Floating[];
  /** Interrupts that may turn out to be managed: they cost room then, not a regular vector. */
  readonly perhapsManaged: number;
  /** How far the nominal placement may be off on any CPU. */
  blur: number;
  /** What `blur` becomes with the first interrupt that is placed. */
  readonly blurWhenMoved: number;
}

const byIrq = (a: Resident, b: Resident): number =>
  (a.irq ?? Number.MAX_SAFE_INTEGER) - (b.irq ?? Number.MAX_SAFE_INTEGER);

export function initialHotplugState(machine: MachineState): HotplugState {
  const size = machine.cpus.reduce((max, { cpu }) => Math.max(max, cpu + 1), 0);
  const residents: Resident[][] = Array.from({ length: size }, () => []);
  let perhapsManaged = 0;
  for (const irq of machine.irqs) {
    if (irq.phase !== 'active' || irq.cpu === undefined) continue;
    residents[irq.cpu]?.push({ irq: irq.irq, managed: irq.managed === true, mask: irq.affinity });
    if (irq.managed === undefined) perhapsManaged++;
  }
  for (const { cpu, regular } of machine.anonymous) {
    for (let i = 0; i < regular; i++)
      residents[cpu]?.push({ irq: undefined, managed: false, mask: undefined });
  }
  for (const list of residents) list.sort(byIrq);
  const floating: Floating[] = machine.unplaced
    .filter((vector) => !vector.managed)
    .map(({ irq, cpus, held, why }) => ({ irq, cpus, held, moves: why === 'no-effective-affinity' }));
  const room: Range[] = Array.from({ length: size }, () => exactly(0));
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
    room,
    residents,
    floating,
    perhapsManaged,
    blur: 0,
    blurWhenMoved:
      2 * perhapsManaged +
      floating.filter((vector) => !isExact(vector.held) || vector.cpus.size > 1).length +
      machine.cpus.reduce((sum, { online, drift }) => sum + (online ? drift.max - drift.min : 0), 0),
  };
  const facts = factsPerCpu(machine, floating);
  for (const cpu of machine.cpus) initCpu(state, room, cpu, facts);
  return state;
}

/** What is known of single CPUs before their counters are. */
interface PerCpuFacts {
  /** Old vectors that are certainly on the CPU. */
  readonly olds: ReadonlyMap<number, number>;
  /** Interrupts of the CPU that are perhaps managed. */
  readonly open: ReadonlyMap<number, number>;
}

function factsPerCpu(machine: MachineState, floating: readonly Floating[]): PerCpuFacts {
  const olds = new Map<number, number>();
  const open = new Map<number, number>();
  const count = (map: Map<number, number>, cpu: number | undefined): void => {
    if (cpu !== undefined) map.set(cpu, (map.get(cpu) ?? 0) + 1);
  };
  for (const { cpus, held } of floating)
    if (isExact(held) && cpus.first === cpus.last) count(olds, cpus.first);
  for (const irq of machine.irqs)
    if (irq.phase === 'active' && irq.managed === undefined) count(open, irq.cpu);
  return { olds, open };
}

function initCpu(state: HotplugState, room: Range[], from: CpuState, facts: PerCpuFacts): void {
  const { cpu, online, capacity, available, allocated, managed, managedAllocated, drift } = from;
  state.online[cpu] = online ? 1 : 0;
  if (online) state.onlineSet.add(cpu);
  const olds = facts.olds.get(cpu) ?? 0;
  if ([available, allocated, managedAllocated].every(isExact)) {
    // A dump is one moment and procfs another: the counters decide, not the list of interrupts.
    const regular = allocated.min - managedAllocated.min;
    state.owned[cpu] = regular - olds;
    state.managedAllocated[cpu] = managedAllocated.min;
    state.available[cpu] = available.min;
    room[cpu] = exactly(available.min + regular);
    return;
  }
  const owned = state.residents[cpu]?.filter((resident) => !resident.managed).length ?? 0;
  // One that is perhaps managed counts as a regular vector on its own CPU already.
  const perhaps = managed.max - (facts.open.get(cpu) ?? 0);
  state.owned[cpu] = owned;
  state.managedAllocated[cpu] = managedAllocated.min;
  state.managedAllocatedDoubt[cpu] = managedAllocated.max - managedAllocated.min;
  state.available[cpu] = capacity.min - managed.min - owned - olds;
  room[cpu] = clampToZero(range(capacity.min - perhaps + drift.min, capacity.max - managed.min + drift.max));
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
    residents: state.residents.map((list) => list.slice()),
    floating: state.floating.slice(),
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
