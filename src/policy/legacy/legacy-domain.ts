/**
 * The x86 vector domain as it was until 4.14: every message has its vector from the moment it is enabled, and no
 * request has to ask for one (specification 9.1, 9.2; 8.2 for a CPU that goes). Results are 0 or a negative errno.
 */
import type { CpuSet } from '../../base/cpu-set.ts';
import { cpuDisableFailed, ERANGE, moveInProgress, noHandler } from '../../model/failures.ts';
import type { IrqDesc } from '../../model/irq-desc.ts';
import type { Matrix } from '../../model/matrix.ts';
import { FIRST_LEGACY_VECTOR } from '../../model/system-vectors.ts';
import type {
  UnplugCheck,
  VectorHost,
  VectorManagement,
  VectorRequest,
} from '../../model/vector-management.ts';
import { VectorTable } from '../../model/vector-table.ts';
import type { ApicMode } from './apic-mode.ts';
import type { CpuChoice } from './cpu-choice.ts';
import { LegacyAllocator } from './legacy-allocator.ts';
import { LegacyVectorData } from './legacy-vector-data.ts';

/** ISA interrupts come to the CPU that boots. */
const BOOT_CPU = 0;

export class LegacyDomain implements VectorManagement {
  readonly table: VectorTable;
  readonly knowsManaged = true;
  readonly activatesUnmaskable = true;
  readonly hasTracepoints = false;
  readonly #matrix: Matrix;
  readonly #host: VectorHost;
  readonly #mode: ApicMode;
  readonly #allocator: LegacyAllocator;
  /** Interrupts with an old vector: few, and asked for often. */
  readonly #moving = new Set<LegacyVectorData>();

  constructor(
    matrix: Matrix,
    host: VectorHost,
    mode: ApicMode,
    choose: CpuChoice,
    table: VectorTable = new VectorTable(),
  ) {
    this.#matrix = matrix;
    this.#host = host;
    this.#mode = mode;
    this.table = table;
    this.#allocator = new LegacyAllocator(matrix, table, mode, choose, host.online);
  }

  /** -ENOSPC where no CPU has a vector. */
  setup(desc: IrqDesc, request: VectorRequest): number {
    const data = new LegacyVectorData();
    desc.data = data;
    if (request.kind === 'legacy') {
      this.#allocator.assignFixed(desc.irq, data, FIRST_LEGACY_VECTOR + desc.irq, BOOT_CPU);
      this.#program(desc, data);
      return 0;
    }
    const ret = request.kind === 'immediate' ? this.#assign(desc, data, request.mask) : this.#any(desc, data);
    if (ret < 0) desc.data = undefined;
    return ret;
  }

  /** `assign_irq_vector_policy()`: the node first, a managed interrupt too; its own mask counts when it starts. */
  #any(desc: IrqDesc, data: LegacyVectorData): number {
    const node = this.#host.cpusOfNode(desc.node);
    if (node !== undefined && this.#assign(desc, data, node) === 0) return 0;
    return this.#assign(desc, data, this.#mode.targets(this.#host.online));
  }

  #assign(desc: IrqDesc, data: LegacyVectorData, mask: CpuSet): number {
    const ret = this.#allocator.assign(desc.irq, data, mask);
    if (ret === 0) this.#program(desc, data);
    this.#note(data);
    return ret;
  }

  #note(data: LegacyVectorData): void {
    if (data.oldDomain.isEmpty) this.#moving.delete(data);
    else this.#moving.add(data);
  }

  #program(desc: IrqDesc, data: LegacyVectorData): void {
    data.cpu = data.destination.first ?? data.cpu;
    data.hwVector = data.vector;
    data.hwCpu = data.cpu;
    desc.effective = data.destination;
  }

  /** It has its vector already. */
  activate(): number {
    return 0;
  }

  /** It keeps its vector: a managed interrupt comes back to it with its CPU. */
  deactivate(): void {}

  teardown(desc: IrqDesc): void {
    const data = dataOf(desc);
    this.#allocator.free(data);
    this.#note(data);
    desc.data = undefined;
  }

  /** -EBUSY while an old vector is held, -ENOSPC where no CPU of `dest` has one. */
  setAffinity(desc: IrqDesc, dest: CpuSet): number {
    return this.#assign(desc, dataOf(desc), dest);
  }

  /** Of several CPUs that it is sent to, one that is online takes it. */
  receives(desc: IrqDesc): boolean {
    const { destination, hwVector: vector } = dataOf(desc);
    const cpu = destination.and(this.#host.online).first;
    if (cpu === undefined) return false;
    if (this.table.at(cpu, vector) === desc.irq) return true;
    const text = noHandler(this.#host.profile.noHandlerText, cpu, vector);
    this.#host.listener?.({ name: 'printk', level: 'emerg', text });
    return false;
  }

  completeMove(desc: IrqDesc, cpu: number): void {
    if (dataOf(desc).domain.has(cpu)) this.scheduleCleanup(desc);
  }

  scheduleCleanup(desc: IrqDesc): void {
    const data = dataOf(desc);
    if (!data.moveInProgress) return;
    data.moveInProgress = false;
    data.cleanupPending = !data.oldDomain.isEmpty;
  }

  /** On every CPU that holds the old vector; in the order of the interrupts. */
  pendingCleanups(): ReadonlyMap<number, readonly IrqDesc[]> {
    const queues = new Map<number, IrqDesc[]>();
    if (this.#moving.size === 0) return queues;
    for (const desc of this.#host.descs()) {
      const { data } = desc;
      if (!(data instanceof LegacyVectorData) || !data.cleanupPending) continue;
      for (const cpu of data.oldDomain) queues.set(cpu, [...(queues.get(cpu) ?? []), desc]);
    }
    return queues;
  }

  runCleanup(cpu: number): void {
    for (const data of this.#moving) if (data.cleanupPending) this.#cleanUp(data, cpu);
  }

  #cleanUp(data: LegacyVectorData, cpu: number): void {
    this.#allocator.cleanUp(data, cpu);
    if (!data.oldDomain.isEmpty) return;
    data.moveInProgress = false;
    data.cleanupPending = false;
    this.#moving.delete(data);
  }

  /**
   * `check_irq_vectors_for_cpu_disable()`: -ERANGE where the other CPUs have not enough. What is wanted of them are the
   * vectors of this CPU that have a handler and whose affinity names another CPU that is not online, or no other.
   */
  canUnplug(cpu: number): UnplugCheck {
    const others = this.#host.online.clone().delete(cpu);
    const needed = this.table.used(cpu).filter((vector) => this.#mustMove(cpu, vector, others)).length;
    const available = this.#matrix.available(cpu, true);
    if (available >= needed) return { ret: 0, needed, available, message: undefined };
    const message = cpuDisableFailed(cpu, needed, available);
    this.#host.listener?.({ name: 'printk', level: 'warn', text: message });
    return { ret: -ERANGE, needed, available, message };
  }

  #mustMove(cpu: number, vector: number, others: CpuSet): boolean {
    const irq = this.table.at(cpu, vector);
    const desc = typeof irq === 'number' ? this.#host.desc(irq) : undefined;
    if (desc === undefined || desc.actions === 0 || desc.perCpu) return false;
    const left = desc.affinity.clone().delete(cpu);
    return left.isEmpty || !left.isSubsetOf(others);
  }

  forceCompleteMove(desc: IrqDesc): void {
    const data = desc.data;
    if (!(data instanceof LegacyVectorData) || data.oldDomain.isEmpty) return;
    if (data.moveInProgress) {
      const text = moveInProgress(desc.irq, data.prevVector);
      this.#host.listener?.({ name: 'printk', level: 'warn', text });
    }
    this.#allocator.cleanUpAll(data);
    data.cleanupPending = false;
    this.#note(data);
  }

  /** What has a vector here is found here again: managed interrupts that waited, and in flat mode all. */
  online(cpu: number): void {
    this.#matrix.online(cpu);
    this.table.reset(cpu);
    this.#allocator.restoreFixed(cpu);
    for (const { irq, data } of this.#host.descs()) {
      if (data instanceof LegacyVectorData) this.#allocator.restore(irq, data, cpu);
    }
  }

  offline(cpu: number): void {
    for (const data of this.#moving) this.#cleanUp(data, cpu);
    this.#allocator.forget(cpu);
    this.#matrix.offline(cpu);
  }

  adopt(other: VectorManagement): void {
    if (other instanceof LegacyDomain) this.#allocator.adopt(other.#allocator);
    for (const { data } of this.#host.descs()) if (data instanceof LegacyVectorData) this.#note(data);
  }
}

function dataOf({ irq, data }: IrqDesc): LegacyVectorData {
  if (data instanceof LegacyVectorData) return data;
  throw new Error(`interrupt ${irq} has no vector of this policy`);
}
