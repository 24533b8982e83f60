/** The state of a machine from a snapshot, as far as it shows it; `Knowledge` notes what it does not. */
import { CpuSet } from '../base/cpu-set.ts';
import { PIC_CHIP } from '../model/boot.ts';
import { IrqDesc as Desc, type IrqDesc, VectorData } from '../model/irq-desc.ts';
import type { Kernel } from '../model/kernel.ts';
import { MANAGED_SHUTDOWN_VECTOR } from '../model/vector-domain.ts';
import { hasVectorDomain, inferIrqs } from '../observe/infer-irqs.ts';
import type { Observation, ObservedIrq } from '../observe/observation.ts';
import type { DebugfsVector } from '../parse/debugfs-vector.ts';
import type { IrqFacts, SnapshotFacts } from './facts.ts';
import type { Knowledge } from './knowledge.ts';

/**
 * The machine as the snapshot at `index` shows it: where the trace begins later than the machine did, and after lost
 * events. What the model knew of interrupts is forgotten.
 */
export function startFrom(
  kernel: Kernel,
  knowledge: Knowledge,
  facts: SnapshotFacts,
  o: Observation,
  index: number,
): void {
  const { observer } = kernel.matrix;
  kernel.matrix.observer = undefined;
  knowledge.forget();
  kernel.forgetIrqs();
  const online = o.cpus.online ?? new CpuSet();
  for (const cpu of kernel.possible) {
    if (online.has(cpu)) kernel.online.add(cpu);
    else kernel.online.delete(cpu);
    kernel.matrix.adoptOnline(cpu, online.has(cpu));
  }
  const inferred = inferIrqs(o, kernel.profile, kernel.online, hasVectorDomain(o));
  const managed = new Set(inferred.filter((irq) => irq.managed === true).map(({ irq }) => irq as number));
  if (o.vectorDomain !== undefined) learnMaps(kernel, o.vectorDomain);
  for (const seen of o.irqs) {
    const desc = descOf(kernel, facts.of(seen.irq, index), seen, managed.has(seen.irq));
    kernel.addIrq(desc);
    if (desc.data !== undefined) learnIrq(kernel, desc, desc.data, seen);
  }
  if (o.vectorDomain !== undefined) learnCounters(kernel, knowledge, o.vectorDomain);
  knowledge.full = isComplete(kernel, o);
  kernel.matrix.observer = observer;
}

/** debugfs shows everything where every CPU is online and every managed bit in use. */
function isComplete(kernel: Kernel, o: Observation): boolean {
  const dump = o.vectorDomain;
  if (dump === undefined || dump.torn || dump.excerpt) return false;
  if (o.irqs.some(({ irq, debug }) => debug === undefined && kernel.desc(irq)?.data !== undefined))
    return false;
  const shown = new CpuSet();
  for (const row of dump.cpus) if (row.managed === row.managedAllocated) shown.add(row.cpu);
  return kernel.possible.isSubsetOf(shown);
}

function descOf(kernel: Kernel, known: IrqFacts, seen: ObservedIrq, managed: boolean): IrqDesc {
  const affinity = seen.debug?.affinity ?? seen.affinity ?? kernel.defaultAffinity;
  const onDomain = seen.chip !== undefined && seen.chip !== PIC_CHIP.name && seen.chip !== 'dummy';
  const desc = new Desc(
    seen.irq,
    onDomain ? known.chip : PIC_CHIP,
    known.node ?? -1,
    affinity,
    managed,
    false,
  );
  if (onDomain) desc.data = new VectorData();
  return desc;
}

function learnMaps(kernel: Kernel, dump: DebugfsVector): void {
  const { matrix } = kernel;
  for (const bit of dump.system) matrix.adoptSystem(bit);
  for (const row of dump.cpus) {
    const { cpu } = row;
    const taken = new Set(row.vectors);
    for (let bit = matrix.shape.allocStart; bit < matrix.shape.allocEnd; bit++) {
      matrix.adoptBit(cpu, bit, 'allocated', taken.has(bit));
    }
  }
}

/** After the interrupts have told which bits are managed. */
function learnCounters(kernel: Kernel, knowledge: Knowledge, dump: DebugfsVector): void {
  const { matrix } = kernel;
  for (const row of dump.cpus) {
    const { cpu } = row;
    matrix.adoptCpu(cpu, row);
    knowledge.knowCounters(cpu);
    knowledge.hideManaged(cpu, row.managed - (row.managedAllocated ?? 0));
    if (row.managed === (row.managedAllocated ?? 0)) knowledge.knowMap(cpu);
  }
  matrix.adoptGlobals(dump);
}

function learnIrq(kernel: Kernel, desc: IrqDesc, data: VectorData, seen: ObservedIrq): void {
  const requested = (seen.actions?.length ?? 0) > 0;
  const flags = seen.debug?.dstate;
  desc.actions = requested ? Math.max(1, desc.actions) : 0;
  desc.activated = flags?.has('IRQD_ACTIVATED') ?? requested;
  desc.started = flags?.has('IRQD_IRQ_STARTED') ?? (requested && desc.activated);
  desc.disabled = flags?.has('IRQD_IRQ_DISABLED') ?? !desc.started;
  desc.masked = flags?.has('IRQD_IRQ_MASKED') ?? !desc.started;
  desc.noBalancing = flags?.has('IRQD_NO_BALANCING') ?? desc.noBalancing;
  desc.depth = desc.started ? 0 : 1;
  desc.affinitySet = flags?.has('IRQD_AFFINITY_SET') ?? desc.affinitySet;
  desc.managedShutdown =
    flags?.has('IRQD_MANAGED_SHUTDOWN') ?? (desc.managed && !desc.affinity.intersects(kernel.online));
  desc.canReserve = flags?.has('IRQD_CAN_RESERVE') ?? !desc.managed;
  desc.effective = seen.debug?.effective ?? seen.effective ?? desc.effective;
  const pending = flags?.has('IRQD_SETAFFINITY_PENDING') === true ? seen.debug?.pending : undefined;
  desc.movePending = pending !== undefined;
  if (pending !== undefined) desc.pendingMask = pending;
  learnVector(kernel, desc, data, seen);
}

function learnVector(kernel: Kernel, desc: IrqDesc, data: VectorData, seen: ObservedIrq): void {
  const shown = seen.debug?.vector;
  const { matrix, vectors } = kernel;
  data.isManaged = desc.managed;
  data.canReserve = shown?.canReserve ?? !desc.managed;
  data.hasReserved = shown?.hasReserved ?? (!desc.managed && !desc.activated);
  data.moveInProgress = shown?.moveInProgress ?? false;
  data.cleanupPending = false;
  if (data.vector !== 0) vectors.table.clear(data.cpu, data.vector, 'unused');
  data.vector = shown?.vector ?? 0;
  data.cpu = shown?.target ?? seen.effective?.first ?? 0;
  data.prevVector = shown?.previousVector ?? 0;
  data.prevCpu = shown?.previousTarget ?? 0;
  data.hwVector = data.vector === 0 ? MANAGED_SHUTDOWN_VECTOR : data.vector;
  data.hwCpu = data.cpu;
  if (data.vector === 0) return;
  if (desc.managed) matrix.adoptBit(data.cpu, data.vector, 'managed', true);
  vectors.table.clear(data.cpu, data.vector, 'unused');
  vectors.table.store(data.cpu, data.vector, desc.irq);
}

/** The CPUs of every node, of all snapshots together: one of them may have been offline in some. */
export function nodesOf(observations: readonly Observation[], possible: CpuSet): CpuSet[] {
  const nodes: CpuSet[] = [];
  for (const { nodes: seen } of observations) {
    for (const { node, cpus } of seen) nodes[node] = (nodes[node] ?? new CpuSet()).or(cpus);
  }
  // A node shows those of its CPUs that are online; a lone one has all.
  if (nodes.length === 1) return [possible];
  for (let node = 0; node < nodes.length; node++) nodes[node] ??= new CpuSet();
  return nodes;
}
