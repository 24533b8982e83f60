/**
 * A write that waits for its interrupt is as good as done: what CPUs have once everything has arrived where it was sent,
 * and nothing holds its old vector any more. A plan asked again meanwhile must find its own moves made.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import type { CpuState, IrqState, MachineState } from '../model/machine-state.ts';

export interface Settled {
  /** Per CPU: vectors in use. */
  readonly use: Int32Array;
  /** Per CPU: vectors that are certainly left, below 0 where more waits to come than there is room for. */
  readonly room: Int32Array;
  /**
   * Per CPU: the middle of what may be left. What is not known of a CPU makes it no fuller than others, and goals
   * compare: a doubt that comes or goes between two plans must not make interrupts move.
   */
  readonly likelyRoom: Float64Array;
  /** Where an interrupt is then. */
  placeOf(irq: IrqState): number | undefined;
}

/** @param size one more than the last CPU */
export function settled(machine: MachineState, online: CpuSet, size: number): Settled {
  const use = new Int32Array(size);
  const room = new Int32Array(size);
  const likelyRoom = new Float64Array(size);
  for (const state of machine.cpus) {
    const { cpu, allocated, available } = state;
    if (!state.online) continue;
    use[cpu] = allocated.min;
    room[cpu] = leastRoom(state);
    likelyRoom[cpu] = (available.min + available.max) / 2;
  }
  const add = (counts: Int32Array | Float64Array, cpu: number, by: number): void => {
    counts[cpu] = (counts[cpu] ?? 0) + by;
  };
  for (const { why, cpus, held, managed } of machine.unplaced) {
    if (why !== 'old') continue;
    // The lower end of `allocated` has those alone that are certain; that of `available` lacks all.
    if (cpus.size === 1) add(use, cpus.first ?? 0, -held.min);
    for (const cpu of managed ? [] : cpus) {
      add(room, cpu, held.max);
      add(likelyRoom, cpu, cpus.size === 1 ? (held.min + held.max) / 2 : held.max / 2);
    }
  }
  const waiting = machine.irqs.flatMap(({ irq, movePending, cpu, affinity }) => {
    const mask = movePending ? affinity?.and(online) : undefined;
    return cpu === undefined || mask === undefined || mask.isEmpty ? [] : [{ irq, cpu, mask }];
  });
  // Where several CPUs may get one, what a plan may move or has moved does not count: that one would be taken to go
  // elsewhere when the plan is asked again.
  const others = Int32Array.from(room);
  for (const { cpu, managed, fixed } of machine.irqs) {
    if (cpu !== undefined && managed === false && fixed === undefined) add(others, cpu, 1);
  }
  const places = new Map<number, number>();
  for (const { irq, cpu, mask } of waiting) {
    const to = roomiest(mask, others);
    if (to === undefined) continue;
    places.set(irq, to);
    if (mask.size > 1) add(others, to, -1);
    for (const [at, by] of [
      [cpu, 1],
      [to, -1],
    ] as const) {
      add(room, at, by);
      add(likelyRoom, at, by);
      add(use, at, -by);
    }
  }
  return { use, room, likelyRoom, placeOf: ({ irq, cpu }) => places.get(irq) ?? cpu };
}

/**
 * No CPU has less than nothing left, which says more of a full one than its doubts do. When it has room again they are
 * what is known: what is to be left then counts from them.
 */
function leastRoom({ available, capacity, managed, allocated, managedAllocated, drift }: CpuState): number {
  if (available.min > 0) return available.min;
  const regular = allocated.max - managedAllocated.min;
  return Math.min(0, capacity.min - managed.max - regular + drift.min);
}

/** The lowest of several. */
function roomiest(cpus: CpuSet, room: Int32Array): number | undefined {
  let found: number | undefined;
  for (const cpu of cpus) if (found === undefined || (room[cpu] ?? 0) > (room[found] ?? 0)) found = cpu;
  return found;
}
