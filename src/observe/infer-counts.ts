import type { CpuSet } from '../base/cpu-set.ts';
import { addRanges, exactly, type Range, range } from '../base/range.ts';
import { asCpu, asNodeId } from '../model/ids.ts';
import type { CpuState, GlobalState, IrqState, UnplacedVector } from '../model/machine-state.ts';
import type { DebugfsVector, VectorCpuRow } from '../parse/debugfs-vector.ts';
import type { ObservedNode } from './observation.ts';

/** What the counters are summed from. */
export interface CountInputs {
  readonly present: CpuSet;
  readonly online: CpuSet;
  readonly capacity: Range;
  readonly irqs: readonly IrqState[];
  readonly unplaced: readonly UnplacedVector[];
  /** CPUs whose `available` may have drifted. */
  readonly drifting: CpuSet;
  readonly nodes: readonly ObservedNode[];
}

/** Counts of one CPU while they are summed; `cost` is what interrupts take from `available`. */
interface Tally {
  allocated: Range;
  managed: Range;
  managedAllocated: Range;
  cost: Range;
}

const ZERO: Range = exactly(0);
const ONE: Range = exactly(1);
const PERHAPS: Range = range(0, 1);

/** The per-CPU counters of the matrix from the interrupts that are known (specification 11.2). */
export function countFromIrqs(input: CountInputs): CpuState[] {
  const tallies = new Map<number, Tally>();
  for (const cpu of input.present) {
    tallies.set(cpu, { allocated: ZERO, managed: ZERO, managedAllocated: ZERO, cost: ZERO });
  }
  const add = (cpu: number, change: Partial<Tally>): void => {
    const tally = tallies.get(cpu);
    if (tally === undefined) return;
    for (const key of ['allocated', 'managed', 'managedAllocated', 'cost'] as const) {
      const amount = change[key];
      if (amount !== undefined) tally[key] = addRanges(tally[key], amount);
    }
  };
  for (const irq of input.irqs) countIrq(irq, input, add);
  for (const vector of input.unplaced) {
    const held = vector.cpus.size === 1 ? vector.held : range(0, vector.held.max);
    for (const cpu of vector.cpus) {
      add(
        cpu,
        vector.managed ? { allocated: held, managedAllocated: held } : { allocated: held, cost: held },
      );
    }
  }
  return [...input.present].map((cpu) => toCpuState(cpu, tallies.get(cpu), input));
}

function countIrq(
  irq: IrqState,
  input: CountInputs,
  add: (cpu: number, change: Partial<Tally>) => void,
): void {
  const reserves =
    irq.phase === 'active' || irq.phase === 'shutdown' || (irq.phase === 'reserved' && irq.managed !== false);
  if (!reserves) return;
  if (irq.managed === true && irq.phase !== 'reserved') {
    // A managed interrupt sets a vector aside on every CPU of its mask, online or not.
    for (const cpu of irq.affinity ?? []) add(cpu, { managed: ONE, cost: ONE });
    if (irq.cpu !== undefined) add(irq.cpu, { allocated: ONE, managedAllocated: ONE });
    return;
  }
  if (irq.phase === 'active' && irq.cpu !== undefined) {
    add(irq.cpu, { allocated: ONE, cost: ONE });
    if (irq.managed === undefined) add(irq.cpu, { managedAllocated: PERHAPS });
  }
  if (irq.managed !== false) {
    // Perhaps managed: perhaps set aside on every CPU of the mask, or of any mask where none is shown.
    for (const cpu of irq.affinity ?? input.present) {
      add(cpu, { managed: PERHAPS, ...(cpu === irq.cpu ? {} : { cost: PERHAPS }) });
    }
  }
}

function toCpuState(cpu: number, tally: Tally | undefined, input: CountInputs): CpuState {
  const { allocated, managed, managedAllocated, cost } = tally ?? {
    allocated: ZERO,
    managed: ZERO,
    managedAllocated: ZERO,
    cost: ZERO,
  };
  const drift = input.drifting.has(cpu) ? range(-managed.max, managed.max) : ZERO;
  const available = {
    min: Math.max(0, input.capacity.min - cost.max + drift.min),
    max: Math.min(input.capacity.max, Math.max(0, input.capacity.max - cost.min + drift.max)),
  };
  return {
    cpu: asCpu(cpu),
    online: input.online.has(cpu),
    node: nodeOf(cpu, input.nodes),
    capacity: input.capacity,
    available,
    allocated,
    managed,
    managedAllocated,
    drift,
    allocMap: undefined,
  };
}

function nodeOf(cpu: number, nodes: readonly ObservedNode[]): CpuState['node'] {
  const node = nodes.find((candidate) => candidate.cpus.has(cpu))?.node;
  return node === undefined ? undefined : asNodeId(node);
}

/** A CPU of which nothing is known but how many vectors it has. */
export function countUnknown(state: CpuState): CpuState {
  const any = range(0, state.capacity.max);
  return { ...state, available: any, allocated: any, managed: any, managedAllocated: any, drift: exactly(0) };
}

/** The counters that debugfs shows replace those of the online CPUs. */
export function countFromDump(
  dump: DebugfsVector,
  inferred: readonly CpuState[],
  capacity: number,
): CpuState[] {
  const rows = new Map(dump.cpus.map((row) => [row.cpu, row]));
  return inferred.map((state) => {
    const row = rows.get(state.cpu);
    if (row === undefined) return state;
    const managedAllocated =
      row.managedAllocated === undefined ? managedInUse(row, state) : exactly(row.managedAllocated);
    const regular = { min: row.allocated - managedAllocated.max, max: row.allocated - managedAllocated.min };
    return {
      ...state,
      online: true,
      capacity: exactly(capacity),
      available: exactly(row.available),
      allocated: exactly(row.allocated),
      managed: exactly(row.managed),
      managedAllocated,
      drift: {
        min: row.available - (capacity - row.managed - regular.min),
        max: row.available - (capacity - row.managed - regular.max),
      },
      allocMap: row.vectors,
    };
  });
}

/**
 * Up to 4.20 the managed vectors in use are not counted apart: those of the interrupts that are known, and perhaps
 * some of the vectors that no known interrupt explains.
 */
function managedInUse(row: VectorCpuRow, inferred: CpuState): Range {
  const unexplained = Math.max(0, row.allocated - inferred.allocated.min);
  const limit = Math.min(row.managed, row.allocated);
  return {
    min: Math.min(limit, inferred.managedAllocated.min),
    max: Math.min(limit, inferred.managedAllocated.max + unexplained),
  };
}

/** Sums over the online CPUs; `reserved` counts the interrupts that wait for their request_irq(). */
export function countGlobal(
  cpus: readonly CpuState[],
  irqs: readonly IrqState[],
  unplaced: readonly UnplacedVector[],
  seesAll: boolean,
): GlobalState {
  const online = cpus.filter((cpu) => cpu.online);
  const perhapsHeld = new Set(unplaced.filter((v) => v.why === 'unrequested').map((v) => v.irq));
  let reserved: Range = ZERO;
  for (const irq of irqs) {
    if (irq.phase !== 'reserved') continue;
    reserved = addRanges(reserved, irq.managed === false && !perhapsHeld.has(irq.irq) ? ONE : PERHAPS);
  }
  // Without /sys/kernel/irq the interrupts that nobody requested are not listed: about the legacy ones.
  if (!seesAll) reserved = addRanges(reserved, range(0, 24));
  // An interrupt that may be on one of several CPUs is counted once here, though each CPU's bounds hold it.
  const spare = unplaced.filter((v) => v.cpus.size > 1);
  const surplus = spare.reduce((sum, v) => sum + v.held.max * (v.cpus.size - 1), 0);
  const shortage = spare.reduce((sum, v) => sum + v.held.min, 0);
  const total = online.reduce((sum, cpu) => addRanges(sum, cpu.allocated), ZERO);
  const totalAllocated = { min: total.min + shortage, max: total.max - surplus };
  const available = online.reduce((sum, cpu) => addRanges(sum, cpu.available), ZERO);
  // What is in use somewhere is not available anywhere, though it is not known where. (A drifted counter claims it.)
  const drift = online.reduce((sum, cpu) => sum + Math.max(0, cpu.drift.max), 0);
  const capacity = online.reduce((sum, cpu) => sum + cpu.capacity.max, 0);
  const most = Math.min(available.max, capacity - totalAllocated.min + drift);
  return { available: range(available.min, Math.max(available.min, most)), reserved, totalAllocated };
}
