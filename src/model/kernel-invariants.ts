/**
 * What must always hold of a whole machine between two operations of callers that behave (specification 3.2, 4.1, 5.2,
 * 8): every vector has one holder and every holder its vector, and the books of the matrix, of the vector table and of
 * the interrupts agree. Beyond that only what known-losses.ts allows this kernel.
 */
import { matrixViolations } from './invariants.ts';
import type { IrqDesc } from './irq-desc.ts';
import { lifeViolations, moveViolations, recordViolations, targetViolations } from './irq-invariants.ts';
import type { Kernel } from './kernel.ts';
import { type KnownLosses, managedMayStarve, NO_LOSSES, possibleLosses, vectorKey } from './known-losses.ts';

/** What is broken, one sentence each; empty when all is well. */
export function kernelViolations(kernel: Kernel, known: KnownLosses = NO_LOSSES): string[] {
  const broken = impossibleLosses(kernel, known);
  const mayStarve = managedMayStarve(kernel.profile, known);
  let reservations = 0;
  for (const desc of kernel.descs()) {
    broken.push(...lifeViolations(desc));
    if (desc.data === undefined) continue;
    if (desc.data.hasReserved) reservations++;
    broken.push(...recordViolations(desc, desc.data, mayStarve));
    broken.push(...targetViolations(kernel, desc, desc.data, known));
    broken.push(...moveViolations(kernel, desc, desc.data, known));
  }
  const { matrix } = kernel;
  if (matrix.globalReserved !== reservations) {
    broken.push(
      `globalReserved is ${matrix.globalReserved}, and ${reservations} interrupts have a reservation`,
    );
  }
  for (const cpu of kernel.possible) {
    const isOnline = matrix.maps.online[cpu] !== 0;
    if (isOnline !== kernel.online.has(cpu)) broken.push(`the map of CPU ${cpu} is online: ${isOnline}`);
  }
  broken.push(...queueViolations(kernel));
  // Two interrupts may hold one vector of a forgotten map, and give it back twice: nothing is certain any more.
  if (known.forgotten.size > 0) return broken;
  broken.push(...matrixViolations(matrix, { available: known.drift, totalAllocated: known.totalAllocated }));
  broken.push(...holderViolations(kernel, known));
  broken.push(...managedViolations(kernel, known));
  return broken;
}

function impossibleLosses(kernel: Kernel, known: KnownLosses): string[] {
  const possible = possibleLosses(kernel.profile);
  const lost = {
    vectors: known.vectors.size,
    managed: [...kernel.possible].reduce((sum, cpu) => sum + known.managed(cpu), 0),
    storedMasks: known.storedMasks.size,
    forgotten: known.forgotten.size,
  };
  return (Object.keys(lost) as (keyof typeof lost)[])
    .filter((what) => lost[what] > 0 && !possible[what])
    .map((what) => `this kernel cannot have lost anything of "${what}"`);
}

/** Who waits for a clean-up waits once, in the queue of the CPU that his old vector is on. */
function queueViolations(kernel: Kernel): string[] {
  if (!kernel.profile.movingIsBusy) return [];
  const broken: string[] = [];
  for (const [cpu, queue] of kernel.vectors.pendingCleanups()) {
    if (new Set(queue).size !== queue.length) broken.push(`an interrupt waits twice on CPU ${cpu}`);
    for (const desc of queue) {
      const waits = desc.data?.cleanupPending === true && desc.data.prevCpu === cpu;
      if (!waits || kernel.desc(desc.irq) !== desc) {
        broken.push(`interrupt ${desc.irq} is still in the clean-up queue of CPU ${cpu}`);
      }
    }
    // A timer's queue is run before its CPU goes.
    if (!kernel.profile.cleanupByVector && queue.length > 0 && !kernel.online.has(cpu)) {
      broken.push(`clean-ups wait on CPU ${cpu}, which is offline`);
    }
  }
  return broken;
}

/** Each allocated vector has exactly one holder, or is known to be lost, and no slot of the table leads elsewhere. */
function holderViolations(kernel: Kernel, known: KnownLosses): string[] {
  const { matrix } = kernel;
  const { table } = kernel.vectors;
  const broken: string[] = [];
  const holders = new Map<number, IrqDesc>();
  const hold = (desc: IrqDesc, cpu: number, vector: number): void => {
    const key = vectorKey(cpu, vector);
    const other = holders.get(key);
    const name = `vector ${vector} of CPU ${cpu}`;
    if (other !== undefined) broken.push(`${name} belongs to ${other.irq} and ${desc.irq}`);
    if (known.vectors.has(key)) broken.push(`${name} is lost, and interrupt ${desc.irq} has it`);
    holders.set(key, desc);
    if (!matrix.isAllocated(cpu, vector)) broken.push(`${name}, of interrupt ${desc.irq}, is not allocated`);
    if (matrix.isManaged(cpu, vector) !== desc.managed) {
      broken.push(`${name} is managed: ${!desc.managed}, and interrupt ${desc.irq} is not so`);
    }
  };
  for (const desc of kernel.descs()) {
    const { data } = desc;
    if (data === undefined) continue;
    if (data.vector !== 0) hold(desc, data.cpu, data.vector);
    if (data.prevVector !== 0) hold(desc, data.prevCpu, data.prevVector);
  }
  for (const key of known.vectors) {
    if (!matrix.isAllocated(key >>> 8, key & 255)) broken.push(`lost vector ${key & 255} is not allocated`);
  }
  for (const cpu of kernel.possible) {
    for (const vector of matrix.allocatedBits(cpu)) {
      const key = vectorKey(cpu, vector);
      if (holders.has(key) || known.vectors.has(key)) continue;
      broken.push(`vector ${vector} of CPU ${cpu} is allocated, and nobody holds it`);
    }
    for (const vector of table.used(cpu)) {
      const slot = table.at(cpu, vector);
      if (slot === 'shutdown' && !kernel.profile.marksShutdownSlots) {
        broken.push(`vector ${vector} of CPU ${cpu} is marked, in a kernel that marks none`);
      }
      const key = vectorKey(cpu, vector);
      if (slot === 'shutdown' || slot === holders.get(key)?.irq || known.vectors.has(key)) continue;
      broken.push(`vector ${vector} of CPU ${cpu} leads to ${slot}, which does not hold it`);
    }
  }
  return broken;
}

/** A managed bit on each CPU of each managed mask, whether in use or not. */
function managedViolations(kernel: Kernel, known: KnownLosses): string[] {
  const broken: string[] = [];
  const { cpuCount } = kernel.matrix.shape;
  const wanted = Array.from({ length: cpuCount }, (_, cpu) => known.managed(cpu));
  for (const desc of kernel.descs()) {
    if (!desc.managed || desc.data === undefined) continue;
    for (const cpu of desc.affinity) wanted[cpu] = (wanted[cpu] ?? 0) + 1;
  }
  for (const [cpu, count] of wanted.entries()) {
    const managed = kernel.matrix.maps.managed[cpu] ?? 0;
    if (managed !== count) broken.push(`CPU ${cpu} has ${managed} managed bits, and ${count} masks name it`);
  }
  return broken;
}
