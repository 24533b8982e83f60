import type { CpuSet } from '../base/cpu-set.ts';
import { range } from '../base/range.ts';
import { asCpu, asVector } from '../model/ids.ts';
import type { CpuState, IrqState, MachineState } from '../model/machine-state.ts';
import type { Proven } from './prove.ts';

/** The machine as the kernel of the proof has left it: written masks, and what moved where it is. */
export function stateAfter(
  machine: MachineState,
  masks: ReadonlyMap<number, CpuSet>,
  proven: Proven,
): MachineState {
  const came = new Map<number, number>();
  const count = (cpu: number, by: number): void => void came.set(cpu, (came.get(cpu) ?? 0) + by);
  const exact = machine.certainty === 'exact';
  const irqs = machine.irqs.map((irq): IrqState => {
    const mask = masks.get(irq.irq);
    const place = proven.placeOf(irq.irq);
    if (mask === undefined || place === undefined || irq.cpu === undefined) return irq;
    count(irq.cpu, -1);
    count(place.cpu, 1);
    return {
      ...irq,
      affinity: mask,
      cpu: asCpu(place.cpu),
      vector: exact && irq.vector !== undefined ? asVector(place.vector) : undefined,
      movePending: false,
    };
  });
  const { cpus: maps } = proven.kernel.matrix.snapshot();
  const cpus = machine.cpus.map((cpu): CpuState => {
    const net = came.get(cpu.cpu) ?? 0;
    if (net === 0 && cpu.allocMap === undefined) return cpu;
    return {
      ...cpu,
      available: shifted(cpu.available, -net),
      allocated: shifted(cpu.allocated, net),
      allocMap: cpu.allocMap === undefined ? undefined : maps[cpu.cpu]?.allocMap,
    };
  });
  return { ...machine, irqs, cpus };
}

function shifted({ min, max }: CpuState['available'], by: number): CpuState['available'] {
  return range(Math.max(0, min + by), Math.max(0, max + by));
}
