/** The state of a machine from a snapshot, as far as it shows it; `Knowledge` notes what it does not. */
import { CpuSet } from '../base/cpu-set.ts';
import { PIC_CHIP } from '../model/boot.ts';
import { IrqDesc as Desc, type IrqDesc, VectorData } from '../model/irq-desc.ts';
import type { Kernel } from '../model/kernel.ts';
import { MANAGED_SHUTDOWN_VECTOR } from '../model/vector-domain.ts';
import { hasVectorDomain, inferIrqs } from '../observe/infer-irqs.ts';
import type { Observation, ObservedIrq } from '../observe/observation.ts';
import type { DebugfsVector } from '../parse/debugfs-vector.ts';
import type { SnapshotFacts } from './facts.ts';
import type { Knowledge } from './knowledge.ts';

/** Fills a machine that has nothing yet: the trace begins later than the machine did. */
export function startFrom(kernel: Kernel, knowledge: Knowledge, facts: SnapshotFacts, o: Observation): void {
  knowledge.forget();
  for (const cpu of o.cpus.online ?? []) kernel.online.add(cpu);
  const vectors = hasVectorDomain(o);
  const inferred = inferIrqs(o, kernel.profile, kernel.online, vectors);
  const managed = new Set(inferred.filter((irq) => irq.managed === true).map(({ irq }) => irq as number));
  for (const seen of o.irqs) kernel.addIrq(descOf(kernel, facts, seen, managed.has(seen.irq)));
  learnState(kernel, knowledge, o);
}

/** VECTOR shows everything where every CPU is online and every managed bit in use. */
function isComplete(kernel: Kernel, dump: DebugfsVector): boolean {
  const shown = new CpuSet();
  for (const row of dump.cpus) if (row.managed === row.managedAllocated) shown.add(row.cpu);
  return !dump.torn && !dump.excerpt && kernel.possible.isSubsetOf(shown);
}

function descOf(kernel: Kernel, facts: SnapshotFacts, seen: ObservedIrq, managed: boolean): IrqDesc {
  const known = facts.of(seen.irq, -1);
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

/** Takes over what a snapshot shows of the vectors: all of it with debugfs, the CPUs without. */
export function learnState(kernel: Kernel, knowledge: Knowledge, o: Observation): void {
  const { observer } = kernel.matrix;
  kernel.matrix.observer = undefined;
  const dump = o.vectorDomain;
  if (dump !== undefined) learnMaps(kernel, dump);
  const hasDebugfs = o.irqs.every(
    ({ irq, debug }) => debug !== undefined || kernel.desc(irq)?.data === undefined,
  );
  for (const seen of o.irqs) {
    const desc = kernel.desc(seen.irq);
    if (desc?.data !== undefined) learnIrq(kernel, desc, desc.data, seen);
  }
  if (dump !== undefined) learnCounters(kernel, knowledge, dump);
  knowledge.full = dump !== undefined && hasDebugfs && isComplete(kernel, dump);
  kernel.matrix.observer = observer;
}

function learnMaps(kernel: Kernel, dump: DebugfsVector): void {
  const { matrix } = kernel;
  for (const bit of dump.system) matrix.adoptSystem(bit);
  for (const row of dump.cpus) {
    const { cpu } = row;
    matrix.adoptOnline(cpu);
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
  desc.disabled = !desc.started;
  desc.masked = !desc.started;
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
export function nodesOf(observations: readonly Observation[]): CpuSet[] {
  const nodes: CpuSet[] = [];
  for (const { nodes: seen } of observations) {
    for (const { node, cpus } of seen) nodes[node] = (nodes[node] ?? new CpuSet()).or(cpus);
  }
  for (let node = 0; node < nodes.length; node++) nodes[node] ??= new CpuSet();
  return nodes;
}
