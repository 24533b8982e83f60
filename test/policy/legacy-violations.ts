/** What must hold of a machine whose vectors are given out as in 4.14, between two operations. */
import type { CpuSet } from '../../src/base/cpu-set.ts';
import { matrixViolations } from '../../src/model/invariants.ts';
import type { IrqDesc } from '../../src/model/irq-desc.ts';
import { lifeViolations } from '../../src/model/irq-invariants.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { CASCADE_VECTOR } from '../../src/model/system-vectors.ts';
import { LegacyVectorData } from '../../src/policy/legacy/legacy-vector-data.ts';

/** One sentence each; empty when all is well. */
export function legacyViolations(kernel: Kernel): string[] {
  const { table } = kernel.vectors;
  const broken = matrixViolations(kernel.matrix);
  const holders = new Map<string, number>();
  const hold = (irq: number, cpu: number, vector: number): void => {
    const place = `vector ${vector} of CPU ${cpu}`;
    const other = holders.get(place);
    if (other !== undefined) broken.push(`${place} belongs to ${other} and ${irq}`);
    holders.set(place, irq);
    if (table.at(cpu, vector) !== irq) broken.push(`${place}, of ${irq}, leads to ${table.at(cpu, vector)}`);
    if (!kernel.matrix.isAllocated(cpu, vector)) broken.push(`${place}, of ${irq}, is not taken`);
  };
  for (const desc of kernel.descs()) {
    broken.push(...lifeViolations(desc));
    if (desc.data === undefined) continue;
    const data = desc.data;
    if (!(data instanceof LegacyVectorData)) {
      broken.push(`interrupt ${desc.irq} has the record of another policy`);
      continue;
    }
    broken.push(...recordViolations(desc, data, kernel.online));
    for (const cpu of data.domain.and(kernel.online)) hold(desc.irq, cpu, data.vector);
    for (const cpu of data.oldDomain) hold(desc.irq, cpu, data.prevVector);
  }
  for (const cpu of kernel.possible) {
    const taken = kernel.matrix.allocatedBits(cpu);
    if (!kernel.online.has(cpu) && taken.length > 0) broken.push(`CPU ${cpu} is offline and has ${taken}`);
    for (const vector of taken) {
      if (vector === CASCADE_VECTOR && cpu === 0) continue;
      if (!holders.has(`vector ${vector} of CPU ${cpu}`))
        broken.push(`${vector} of CPU ${cpu} has no holder`);
    }
    for (const vector of table.used(cpu)) {
      if (!holders.has(`vector ${vector} of CPU ${cpu}`)) broken.push(`${vector} of CPU ${cpu} leads astray`);
    }
  }
  if (kernel.matrix.globalReserved !== 0) broken.push('something is reserved');
  return broken;
}

function recordViolations({ irq, effective }: IrqDesc, data: LegacyVectorData, online: CpuSet): string[] {
  const broken: string[] = [];
  const must = (what: string, holds: boolean): void => {
    if (!holds) broken.push(`interrupt ${irq}: ${what}`);
  };
  must('it has CPUs where it has a vector', (data.vector === 0) === data.domain.isEmpty);
  // In cluster mode a CPU that returns may find its vector with another one.
  const kept = data.destination.and(data.domain);
  must('it is sent where it has a vector', data.vector === 0 || !kept.isEmpty);
  must('the hardware is told its vector', data.vector === 0 || data.hwVector === data.vector);
  must('its old CPUs are online', data.oldDomain.isSubsetOf(online));
  must('there is an old vector where there are old CPUs', (data.prevVector !== 0) !== data.oldDomain.isEmpty);
  must('a move needs old CPUs', !data.moveInProgress || !data.oldDomain.isEmpty);
  must('a clean-up needs old CPUs', !data.cleanupPending || !data.oldDomain.isEmpty);
  must('it is effective where it is sent', effective.equals(data.destination));
  must('one CPU is its own', data.hwCpu === data.cpu && data.cpu === (data.destination.first ?? data.cpu));
  return broken;
}
