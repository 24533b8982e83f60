import type { IrqDesc, VectorData } from '../../src/model/irq-desc.ts';
import type { Kernel } from '../../src/model/kernel.ts';

/**
 * The whole state of a machine as one text: equal for equal states. `live` leaves out what is kept and never read
 * again (the CPU of a vector that was given back), so that a search does not tell such states apart.
 */
export function digestOf(kernel: Kernel, what: 'all' | 'live' = 'all'): string {
  const { matrix, vectors } = kernel;
  const { maps, shape } = matrix;
  const parts: (string | number)[] = [
    matrix.globalAvailable,
    matrix.globalReserved,
    matrix.totalAllocated,
    matrix.onlineMaps,
    `${kernel.online}/${kernel.defaultAffinity}`,
  ];
  for (let cpu = 0; cpu < shape.cpuCount; cpu++) {
    parts.push(
      `cpu${cpu}:${maps.available[cpu]},${maps.allocated[cpu]},${maps.managed[cpu]},${maps.managedAllocated[cpu]}`,
      `${maps.online[cpu]}${maps.initialized[cpu]}`,
      matrix.allocatedBits(cpu).join(),
      matrix.managedBits(cpu).join(),
    );
    for (const vector of vectors.table.used(cpu)) parts.push(`${vector}=${vectors.table.at(cpu, vector)}`);
  }
  for (const desc of kernel.descs()) parts.push(descDigest(desc, what === 'all'));
  const queues = [...vectors.pendingCleanups()].filter(([, queue]) => queue.length > 0);
  for (const [cpu, queue] of queues.sort(([a], [b]) => a - b)) {
    parts.push(`q${cpu}:${queue.map((desc) => desc.irq).join()}`);
  }
  return parts.join(' ');
}

function descDigest(desc: IrqDesc, all: boolean): string {
  const flags = [
    desc.movePending,
    desc.affinitySet,
    desc.activated,
    desc.started,
    desc.disabled,
    desc.masked,
    desc.managedShutdown,
    desc.canReserve,
    desc.suspended,
    desc.resumes,
    desc.managed,
    desc.noBalancing,
    desc.perCpu,
  ];
  const masks = [desc.affinity, desc.effective, desc.hint ?? '-'];
  if (all || desc.movePending) masks.push(desc.pendingMask);
  const bits = flags.map(Number).join('');
  const data = desc.data === undefined ? '' : dataDigest(desc.data, all);
  return `irq${desc.irq}:${masks.join('/')}|${bits}|${desc.depth},${desc.actions},${desc.node}|${data}`;
}

function dataDigest(data: VectorData, all: boolean): string {
  const flags = [data.moveInProgress, data.cleanupPending, data.isManaged, data.canReserve, data.hasReserved];
  const current = all || data.vector !== 0 ? data.cpu : '';
  const old = all || data.prevVector !== 0 ? data.prevCpu : '';
  const vectors = [data.vector, current, data.prevVector, old, data.hwVector, data.hwCpu];
  return `${vectors.join()}${flags.map(Number).join('')}`;
}
