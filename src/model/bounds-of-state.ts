/** What is not known of a machine, seen from the kernel that was built of its state. */
import { clampToZero, exactly, isExact, type Range, range } from '../base/range.ts';
import { FloatingVectors } from './floating-vectors.ts';
import { HotplugBounds } from './hotplug-bounds.ts';
import type { IrqDesc } from './irq-desc.ts';
import type { KernelOfState } from './kernel-of-state.ts';
import type { CpuState, MachineState } from './machine-state.ts';

/** Undefined where the kernel is the machine's, number for number. */
export function boundsOfState(machine: MachineState, built: KernelOfState): HotplugBounds | undefined {
  const { kernel, perhapsManaged } = built;
  const size = kernel.cpuCount;
  const online = machine.cpus.filter((cpu) => cpu.online);
  const floating = FloatingVectors.of(machine);
  const drift = online.reduce((sum, cpu) => sum + cpu.drift.max - cpu.drift.min, 0);
  const isOpen = perhapsManaged.size > 0 || machine.irqs.some(hasUnknownKind);
  const room: Range[] = Array.from({ length: size }, () => exactly(0));
  const open = new Int32Array(size);
  const managedDoubt = new Int32Array(size);
  const byCpu = perhapsManagedByCpu(built);
  for (const cpu of online) {
    const doubted = byCpu[cpu.cpu] ?? [];
    // What is perhaps managed counts as regular: only old vectors of managed interrupts are left to doubt.
    managedDoubt[cpu.cpu] = Math.max(0, width(cpu.managedAllocated) - doubted.length);
    const counted = [cpu.available, cpu.allocated].every(isExact) && managedDoubt[cpu.cpu] === 0;
    open[cpu.cpu] = counted && isExact(cpu.managedAllocated) ? 0 : doubted.length;
    room[cpu.cpu] = roomBeyond(cpu, built, counted, doubted);
  }
  const disturbance = floating.count + drift;
  const unknowns = {
    reservedKnown: isExact(machine.global.reserved),
    placementKnown:
      !isOpen && disturbance === 0 && online.every((cpu) => [cpu.capacity, cpu.available].every(isExact)),
    managedKnown: !isOpen && online.every((cpu) => isExact(cpu.managedAllocated)),
    room,
    perhapsManaged,
  };
  if (unknowns.reservedKnown && unknowns.placementKnown && unknowns.managedKnown) {
    return undefined;
  }
  return new HotplugBounds(unknowns, {
    open,
    managedDoubt,
    floating,
    afloat: new Set(),
    masks: new Map(kernel.descs().flatMap((desc) => (desc.managed ? [] : [[desc.irq, desc.affinity]]))),
    disturbance,
    moved: 0,
    movedPerhapsManaged: 0,
    movedManaged: 0,
    shutDown: 0,
    interchangeable: true,
  });
}

/** It holds a vector and may or may not be managed. */
function hasUnknownKind({ phase, managed }: MachineState['irqs'][number]): boolean {
  return phase === 'active' && managed === undefined;
}

function perhapsManagedByCpu({ kernel, perhapsManaged }: KernelOfState): IrqDesc[][] {
  const byCpu: IrqDesc[][] = Array.from({ length: kernel.cpuCount }, () => []);
  for (const irq of perhapsManaged) {
    const desc = kernel.desc(irq);
    if (desc?.data !== undefined && desc.data.vector !== 0) byCpu[desc.data.cpu]?.push(desc);
  }
  return byCpu;
}

/** What a CPU can give to regular vectors in all, less what it can in the kernel. */
function roomBeyond(
  state: CpuState,
  { kernel, regular }: KernelOfState,
  counted: boolean,
  doubted: readonly IrqDesc[],
): Range {
  const { cpu, capacity, available, allocated, managed, managedAllocated, drift } = state;
  if (counted && isExact(capacity)) return exactly(0);
  const there = (kernel.matrix.maps.available[cpu] ?? 0) + (regular[cpu] ?? 0);
  if (counted) return exactly(available.min + allocated.min - managedAllocated.min - there);
  // Set aside by one that is perhaps managed: on its own CPU its regular vector stands for that already.
  const standing = doubted.filter(({ affinity }) => affinity.has(cpu)).length;
  const { min, max } = clampToZero(
    range(capacity.min - (managed.max - standing) + drift.min, capacity.max - managed.min + drift.max),
  );
  return range(min - there, max - there);
}

function width({ min, max }: Range): number {
  return max - min;
}
