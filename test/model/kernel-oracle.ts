/**
 * What a step must do, from the state before it: straight from chapters 4.6, 5.5 and 8 of the specification, CPU by CPU
 * and bit by bit, and sharing no code with the model.
 */
import type { CpuSet } from '../../src/base/cpu-set.ts';
import type { IrqDesc, VectorData } from '../../src/model/irq-desc.ts';
import type { MigrationOutcome } from '../../src/model/irq-hotplug.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { cpusOf, type Step, type Written } from './kernel-world.ts';

const EPERM = 1;
const EIO = 5;
const EBUSY = 16;
const EINVAL = 22;
const ENOSPC = 28;
const ERANGE = 34;
const EOVERFLOW = 75;

/** A vector that has to be the next one taken; `cpu` undefined: there is none. */
export interface Placement {
  readonly cpu: number | undefined;
  readonly vector: number | undefined;
}

/** An interrupt of a CPU that goes down. */
export interface Move {
  readonly irq: number;
  readonly outcome: MigrationOutcome;
  readonly from: number;
  readonly to: number;
}

export interface Foretold {
  readonly ret?: number;
  /** The first vector that the step takes; undefined: it is not foretold. */
  readonly first?: Placement;
  readonly migrated?: readonly Move[];
  /** CPUs in the order in which they are taken down; it ends with one that refuses. */
  readonly order?: readonly number[];
}

/** The CPU with the most vectors left, the lowest of equals. */
function mostAvailable(cpus: CpuSet, online: CpuSet, available: readonly number[]): number | undefined {
  return [...cpus]
    .filter((cpu) => online.has(cpu) && (available[cpu] ?? 0) > 0)
    .sort((a, b) => (available[b] ?? 0) - (available[a] ?? 0) || a - b)[0];
}

/** Where a managed interrupt goes, by kernel. */
function managedCpu(
  kernel: Kernel,
  search: CpuSet,
  available: readonly number[],
  inUse: readonly number[],
): number | undefined {
  const cpus = [...search].filter((cpu) => kernel.online.has(cpu));
  switch (kernel.profile.managedCpuChoice) {
    case 'lowest':
      return cpus[0];
    case 'most-available':
      return mostAvailable(search, kernel.online, available);
    case 'fewest-managed':
      return cpus.sort((a, b) => (inUse[a] ?? 0) - (inUse[b] ?? 0) || b - a)[0];
  }
}

/** 5.5.4 step 2, of online CPUs. */
function isolated({ profile, housekeeping }: Kernel, cpus: CpuSet): CpuSet {
  if (!profile.isolatesManaged || housekeeping === undefined) return cpus;
  const kept = cpus.and(housekeeping);
  return kept.isEmpty ? cpus : kept;
}

/** The lowest vector of the CPU that nothing holds. */
function lowestFree(kernel: Kernel, cpu: number): number | undefined {
  const { matrix } = kernel;
  for (let bit = matrix.shape.allocStart; bit < matrix.shape.allocEnd; bit++) {
    const taken = matrix.isSystem(bit) || matrix.isAllocated(cpu, bit) || matrix.isManaged(cpu, bit);
    if (!taken) return bit;
  }
  return undefined;
}

const NOWHERE: Placement = { cpu: undefined, vector: undefined };

/** Where a counter has drifted away from its maps, it may promise a vector that is not there. */
function placed(kernel: Kernel, cpu: number | undefined): Placement {
  const vector = cpu === undefined ? undefined : lowestFree(kernel, cpu);
  return vector === undefined ? NOWHERE : { cpu, vector };
}

function availableOf(kernel: Kernel): number[] {
  return [...Array(kernel.cpuCount).keys()].map((cpu) => kernel.matrix.maps.available[cpu] ?? 0);
}

/** Managed vectors in use, counted in the maps. */
function managedInUse(kernel: Kernel): number[] {
  const { matrix } = kernel;
  return [...Array(kernel.cpuCount).keys()].map(
    (cpu) => matrix.allocatedBits(cpu).filter((bit) => matrix.isManaged(cpu, bit)).length,
  );
}

/** Managed vectors that nobody uses; 0 on the CPU of a reservation only where a lost one took its place. */
function unusedManaged(kernel: Kernel): number[] {
  return managedInUse(kernel).map((inUse, cpu) => kernel.matrix.managedBits(cpu).length - inUse);
}

/** 4.6.2, for an interrupt without a vector. */
function activation(kernel: Kernel, node: number, affinity: CpuSet): Placement {
  const available = availableOf(kernel);
  const ofNode = kernel.nodes[node];
  const first = ofNode === undefined ? [] : [ofNode.and(affinity)];
  const rest = ofNode === undefined ? [affinity] : [affinity, ofNode];
  if (!kernel.profile.assignPrefersAffinity) rest.reverse();
  for (const cpus of [...first, ...rest, kernel.online]) {
    const place = placed(kernel, mostAvailable(cpus, kernel.online, available));
    if (place.cpu !== undefined) return place;
  }
  return NOWHERE;
}

function requestOf(kernel: Kernel, desc: IrqDesc, autoEnable: boolean): Foretold {
  const { data } = desc;
  if (data === undefined || desc.actions > 0) return { ret: 0 };
  if (data.isManaged) {
    if (!autoEnable || !desc.affinity.intersects(kernel.online)) return { ret: 0 };
    // Activation ignores isolation; where the interrupt is active already, its startup takes the vector.
    const search = desc.activated ? isolated(kernel, desc.affinity.and(kernel.online)) : desc.affinity;
    const cpu = managedCpu(kernel, search, availableOf(kernel), managedInUse(kernel));
    if (cpu === undefined || unusedManaged(kernel)[cpu] === 0) return { ret: 0 };
    // Reserved beforehand: any bit of the CPU's managed ones that is not in use.
    return { ret: 0, first: { cpu, vector: undefined } };
  }
  if (!data.hasReserved) return { ret: 0 };
  const first = activation(kernel, desc.node, desc.affinity);
  return { ret: first.cpu === undefined ? -ENOSPC : 0, first };
}

function addOf(kernel: Kernel, step: Extract<Step, { readonly op: 'add' }>): Foretold {
  const mask = cpusOf(step.mask).and(kernel.possible);
  switch (step.kind) {
    case 'maskable':
      return { ret: 0 };
    case 'managed':
    case 'managed-fixed':
      return { ret: [...mask].every((cpu) => lowestFree(kernel, cpu) !== undefined) ? 0 : -ENOSPC };
    case 'fixed': {
      const first = activation(kernel, step.node, kernel.defaultAffinity);
      return { ret: first.cpu === undefined ? -ENOSPC : 0, first };
    }
    case 'immediate': {
      const first = placed(kernel, mostAvailable(mask, kernel.online, availableOf(kernel)));
      if (first.cpu !== undefined) return { ret: 0, first };
      const empty = !mask.intersects(kernel.online);
      return { ret: empty && kernel.profile.allocRejectsEmptyMask ? -EINVAL : -ENOSPC };
    }
  }
}

function maskOf(written: Written): CpuSet {
  return cpusOf('mask' in written ? written.mask : 0);
}

/** Why the text is not taken; 0 where it is. A CPU that the machine does not have depends on the machine. */
function parseError(kernel: Kernel, written: Written, beyond: number): number {
  if ('errno' in written) return -written.errno;
  return written.mask >= 2 ** kernel.cpuCount ? -beyond : 0;
}

function writeOf(kernel: Kernel, irq: number, written: Written, beyond: number): Foretold {
  const desc = kernel.desc(irq);
  if (desc === undefined) return { ret: -EIO };
  if (!desc.chip.settable || desc.managed || desc.noBalancing || desc.perCpu) {
    return { ret: kernel.profile.managedWriteErrno === 'EPERM' ? -EPERM : -EIO };
  }
  const error = parseError(kernel, written, beyond);
  if (error !== 0) return { ret: error };
  const mask = maskOf(written).and(kernel.online);
  if (mask.isEmpty) return { ret: -EINVAL };
  const data = desc.data;
  // The core keeps it, or the move waits for an interrupt.
  if (data === undefined || (!desc.activated && kernel.profile.coreStoresInactiveAffinity)) return { ret: 0 };
  if (!desc.chip.remapped || desc.movePending) return { ret: 0 };
  if (!desc.activated && data.canReserve) return { ret: 0 };
  if (data.vector !== 0 && mask.has(data.cpu)) return { ret: 0 };
  // Becomes pending.
  if (kernel.profile.movingIsBusy && (data.moveInProgress || data.cleanupPending)) return { ret: 0 };
  const first = placed(kernel, mostAvailable(mask, kernel.online, availableOf(kernel)));
  return { ret: first.cpu === undefined ? -ENOSPC : 0, first };
}

/** Chapter 8.2 and 8.3: the check, then one interrupt after the other. */
class DyingCpu {
  readonly #kernel: Kernel;
  readonly #cpu: number;
  readonly #online: CpuSet;
  readonly #available: number[];
  readonly #inUse: number[];
  /** Vectors that nothing holds, counted in the maps: where they are fewer than `available` says, it has drifted. */
  readonly #free: number[];
  readonly #unused: number[];
  readonly #migrated: Move[] = [];

  constructor(kernel: Kernel, cpu: number) {
    this.#kernel = kernel;
    this.#cpu = cpu;
    this.#online = kernel.online.clone().delete(cpu);
    this.#available = availableOf(kernel);
    this.#inUse = managedInUse(kernel);
    this.#unused = unusedManaged(kernel);
    this.#free = this.#available.map((available, cpu) => (available - kernel.matrix.drift(cpu)) >>> 0);
  }

  foretell(): Foretold {
    const { matrix, profile } = this.#kernel;
    const left = [...this.#online].reduce((sum, cpu) => sum + (this.#available[cpu] ?? 0), 0) >>> 0;
    const all = matrix.allocatedBits(this.#cpu).length;
    const toMove = profile.allocatedExcludesManaged ? all - (this.#inUse[this.#cpu] ?? 0) : all;
    if (left < toMove) return { ret: -ENOSPC, migrated: [] };
    for (const desc of this.#kernel.descs()) {
      if (desc.data !== undefined) this.#migrate(desc, desc.data.clone());
    }
    return { ret: 0, migrated: this.#migrated };
  }

  #migrate(desc: IrqDesc, data: VectorData): void {
    const { completesMovesFirst, retriesOnlineMask } = this.#kernel.profile;
    const online = this.#online;
    const touches = data.cpu === this.#cpu || data.prevCpu === this.#cpu;
    if (completesMovesFirst && touches) this.#finishMove(data);
    const where = desc.effective.isEmpty ? desc.affinity : desc.effective;
    if (!desc.started || desc.perCpu) return;
    if (!where.has(this.#cpu) && (desc.effective.isEmpty || where.intersects(online))) return;
    if (!completesMovesFirst) this.#finishMove(data);
    const pending = desc.movePending && desc.pendingMask.intersects(online);
    const wanted = pending ? desc.pendingMask : desc.affinity;
    const report = (outcome: Move['outcome'], to: number): void => {
      const from = desc.data?.cpu ?? this.#cpu;
      this.#migrated.push({ irq: desc.irq, outcome, from, to });
    };
    const left = wanted.and(online);
    if (left.isEmpty && desc.managed) {
      if (data.vector !== 0) this.#give(data, data.cpu, 1);
      this.#finishMove(data);
      report('shutdown', data.cpu);
      return;
    }
    const broken = left.isEmpty;
    const target = broken ? online : left;
    let to = this.#place(desc, data, target);
    if (to === 'full' && retriesOnlineMask && !desc.managed && !wanted.equals(online) && !broken) {
      to = this.#place(desc, data, online);
      report(to === 'full' ? 'stuck' : 'broken', typeof to === 'number' ? to : data.cpu);
    } else if (typeof to !== 'number') report('stuck', data.cpu);
    else report(broken ? 'broken' : 'moved', to);
  }

  #place(desc: IrqDesc, data: VectorData, target: CpuSet): number | 'full' | 'busy' {
    const { profile } = this.#kernel;
    const stays = data.vector !== 0 && target.has(data.cpu);
    if (!desc.managed) {
      if (stays) return data.cpu;
      if (profile.movingIsBusy && data.prevVector !== 0) return 'busy';
      const to = mostAvailable(target, this.#online, this.#available);
      if (to === undefined || (this.#free[to] ?? 0) <= 0) return 'full';
      this.#move(data, to);
      return to;
    }
    const search = isolated(this.#kernel, target).and(desc.affinity);
    if (data.vector !== 0 && search.has(data.cpu)) return data.cpu;
    const to = managedCpu(this.#kernel, search.and(this.#online), this.#available, this.#inUse);
    if (to === undefined || (this.#unused[to] ?? 0) <= 0) return 'full';
    this.#move(data, to);
    return to;
  }

  #move(data: VectorData, to: number): void {
    this.#give(data, to, -1);
    if (data.vector === 0 || this.#online.has(data.cpu)) return;
    if (this.#kernel.profile.freesVectorOfOfflineCpu) this.#give(data, data.cpu, 1);
  }

  #finishMove(data: VectorData): void {
    if (data.prevVector === 0) return;
    this.#give(data, data.prevCpu, 1);
    data.prevVector = 0;
  }

  /** A vector comes back to a CPU (1), or is taken from it (-1). */
  #give(data: VectorData, cpu: number, amount: number): void {
    const add = (counts: number[], by: number): void => {
      // A counter that has drifted may be below zero, and is then the largest of all, as in the kernel.
      counts[cpu] = ((counts[cpu] ?? 0) + by) >>> 0;
    };
    if (data.isManaged) {
      add(this.#inUse, -amount);
      add(this.#unused, amount);
    } else {
      add(this.#available, amount);
      add(this.#free, amount);
    }
  }
}

/** 4.1: it is delivered where it is programmed to, and that CPU's vector table knows it. */
export function isReceived(kernel: Kernel, { irq, data }: IrqDesc): boolean {
  if (data === undefined || !kernel.online.has(data.hwCpu)) return false;
  return kernel.vectors.table.at(data.hwCpu, data.hwVector) === irq;
}

/** What is foretold of a step. */
export function foretell(kernel: Kernel, step: Step): Foretold {
  switch (step.op) {
    case 'add':
      return addOf(kernel, step);
    case 'writeMask':
      return writeOf(kernel, step.irq, step.written, EOVERFLOW);
    case 'writeList':
      return writeOf(kernel, step.irq, step.written, ERANGE);
    case 'writeDefault': {
      const error = parseError(kernel, step.written, EOVERFLOW);
      const ret = maskOf(step.written).intersects(kernel.online) ? 0 : -EINVAL;
      return { ret: error === 0 ? ret : error };
    }
    case 'request': {
      const desc = kernel.desc(step.irq);
      return desc === undefined ? {} : requestOf(kernel, desc, step.autoEnable);
    }
    case 'down':
      if (!kernel.online.has(step.cpu)) return { ret: -EINVAL, migrated: [] };
      if (kernel.online.size === 1) return { ret: -EBUSY, migrated: [] };
      return new DyingCpu(kernel, step.cpu).foretell();
    case 'freeze': {
      // CPU 0 stays, or the lowest that is online.
      const order = [...kernel.online].slice(1);
      return { order: kernel.profile.freezesDescending ? order.reverse() : order };
    }
    default:
      return { ret: 0 };
  }
}
