/**
 * The two kernels between which a machine with bounds lies: one with the fewest vectors left on every CPU, and one with
 * the most. What both do, the machine does, as far as more room never makes a request fail.
 */
import { exactly } from '../base/range.ts';
import type { Kernel } from './kernel.ts';
import { type KernelOfState, kernelOfState } from './kernel-of-state.ts';
import type { AnonymousVectors, CpuState, MachineState } from './machine-state.ts';

/** @param built the likely kernel of the same state */
export function extremesOfState(machine: MachineState, built: KernelOfState): readonly [Kernel, Kernel] {
  return [kernelOfState(poorest(machine, built)).kernel, kernelOfState(richest(machine, built)).kernel];
}

/** What the likely kernel has too much is in use by nobody known. */
function poorest(machine: MachineState, { kernel }: KernelOfState): MachineState {
  const extra = new Map<number, number>();
  for (const { cpu, online, available } of machine.cpus) {
    const surplus = (kernel.matrix.maps.available[cpu] ?? 0) - available.min;
    if (online && surplus > 0) extra.set(cpu, surplus);
  }
  const anonymous: AnonymousVectors[] = machine.anonymous.map((vectors) => {
    const more = extra.get(vectors.cpu) ?? 0;
    extra.delete(vectors.cpu);
    return { ...vectors, regular: vectors.regular + more };
  });
  for (const { cpu } of machine.cpus) {
    const regular = extra.get(cpu);
    if (regular !== undefined) anonymous.push({ cpu, regular, managed: 0 });
  }
  return { ...machine, anonymous };
}

/** What it has too little it gets as capacity. */
function richest(machine: MachineState, { kernel, regular }: KernelOfState): MachineState {
  const cpus = machine.cpus.map((state): CpuState => {
    const { cpu, online, available, capacity, managed } = state;
    if (!online) return { ...state, capacity: exactly(capacity.max) };
    const most = Math.max(available.max, kernel.matrix.maps.available[cpu] ?? 0);
    return { ...state, capacity: exactly(most + managed.min + (regular[cpu] ?? 0)) };
  });
  return { ...machine, cpus };
}
