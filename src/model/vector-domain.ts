/**
 * The x86 vector domain: who gets which vector of the matrix, when, and how an old one is given back. Mirrors
 * arch/x86/kernel/apic/vector.c (specification chapter 4; chapter 16 corrects it): one file there, one here, for its parts
 * all work on the same few fields. Results are 0 or a negative errno.
 */
import { CpuSet } from '../base/cpu-set.ts';
import type { LogLevel } from './events.ts';
import {
  affinityBroken,
  cannotDisableCpu,
  cleanupForOfflineCpu,
  EBUSY,
  EINVAL,
  EIO,
  ENOSPC,
  managedStartupNoCpu,
  managedStartupNoVector,
  moveInProgress,
  noHandler,
  reservedExceedsAvailable,
} from './failures.ts';
import { type IrqDesc, VectorData } from './irq-desc.ts';
import type { KernelProfile } from './kernel-profile.ts';
import type { Matrix } from './matrix.ts';
import { FIRST_LEGACY_VECTOR } from './system-vectors.ts';
import type { UnplugCheck, VectorHost, VectorManagement, VectorRequest } from './vector-management.ts';
import { VectorTable } from './vector-table.ts';

/** 0xef: programmed into a message that must not arrive (MANAGED_IRQ_SHUTDOWN_VECTOR). */
export const MANAGED_SHUTDOWN_VECTOR = 0xef;

export class VectorDomain implements VectorManagement {
  readonly knowsManaged: boolean = true;
  readonly activatesUnmaskable: boolean = true;
  readonly hasTracepoints = true;
  readonly matrix: Matrix;
  readonly table: VectorTable;
  readonly #host: VectorHost;
  /** Interrupts whose old vector waits on a CPU, newest first (`hlist_add_head()`). */
  readonly #cleanup = new Map<number, IrqDesc[]>();
  readonly #single: CpuSet[] = [];

  constructor(matrix: Matrix, host: VectorHost, table = new VectorTable()) {
    this.matrix = matrix;
    this.#host = host;
    this.table = table;
  }

  get #profile(): KernelProfile {
    return this.#host.profile;
  }

  /**
   * 4.3 `x86_vector_alloc_irqs()` for one interrupt. -ENOSPC for a managed one whose mask has a full CPU; everything
   * of it is undone then. A reservation never fails.
   */
  setup(desc: IrqDesc, request: VectorRequest): number {
    const data = new VectorData();
    desc.data = data;
    if (request.kind === 'legacy') {
      const vector = FIRST_LEGACY_VECTOR + desc.irq;
      data.vector = vector;
      if (request.activated) {
        this.table.store(0, vector, desc.irq);
        this.#traceSetup(desc, true, 0);
        this.#config(desc, vector, 0);
        return 0;
      }
      data.canReserve = true;
      desc.canReserve = true;
      this.#clear(desc, data);
    }
    const ret = this.#applyPolicy(desc, data, request);
    this.#traceSetup(desc, false, ret);
    if (ret < 0) desc.data = undefined;
    return ret;
  }

  #applyPolicy(desc: IrqDesc, data: VectorData, request: VectorRequest): number {
    if (desc.managed) {
      data.isManaged = true;
      const ret = this.matrix.reserveManaged(desc.affinity);
      this.#host.listener?.({ name: 'vector_reserve_managed', irq: desc.irq, ret });
      return ret;
    }
    if (request.kind === 'immediate') {
      return this.#assign(desc, data, request.mask.and(this.#host.online));
    }
    this.#reserve(desc, data);
    data.canReserve = true;
    desc.canReserve = true;
    return 0;
  }

  /** 4.4 `x86_vector_activate()`: `reserve` asks for no vector yet. -ENOSPC and -EINVAL; 4.15 and 4.16 also +EINVAL. */
  activate(desc: IrqDesc, reserve: boolean): number {
    const data = this.#dataOf(desc);
    this.#host.listener?.({
      name: 'vector_activate',
      irq: desc.irq,
      isManaged: data.isManaged,
      canReserve: data.canReserve,
      reserve,
    });
    if (!data.canReserve && !data.isManaged) {
      // Its result is dropped: the interrupt keeps the vector it has.
      if (this.#profile.activationReplacesFixed) this.#assignAny(desc, data);
      return 0;
    }
    if (reserve || (desc.managed && desc.managedShutdown)) {
      this.#assignShutdown(desc);
      return 0;
    }
    if (data.isManaged) return this.#activateManaged(desc, data);
    if (data.hasReserved) return this.#activateReserved(desc, data);
    return 0;
  }

  #activateManaged(desc: IrqDesc, data: VectorData): number {
    const search = desc.affinity.within(this.#host.online);
    if (search.isEmpty) {
      this.#warn('activate_managed');
      this.#print('err', managedStartupNoCpu(desc.irq));
      return this.#profile.managedStartupSlips ? EINVAL : -EINVAL;
    }
    const ret = this.#assignManaged(desc, data, search);
    if (ret < 0) {
      this.#warn('activate_managed');
      this.#print('err', managedStartupNoVector(desc.irq));
    }
    return ret;
  }

  #activateReserved(desc: IrqDesc, data: VectorData): number {
    const ret = this.#assignAny(desc, data);
    if (ret === 0) {
      data.hasReserved = false;
      if (!desc.canReserve) data.canReserve = false;
    }
    if (this.#profile.warnsAffinityBroken && !desc.effective.isSubsetOf(desc.affinity)) {
      this.#print('warn', affinityBroken(desc.irq));
    }
    return ret;
  }

  /** 4.8 `x86_vector_deactivate()`. */
  deactivate(desc: IrqDesc): void {
    const data = this.#dataOf(desc);
    this.#host.listener?.({
      name: 'vector_deactivate',
      irq: desc.irq,
      isManaged: data.isManaged,
      canReserve: data.canReserve,
      reserve: false,
    });
    if (!data.isManaged && !data.canReserve) return;
    if (data.hasReserved) return;
    this.#clear(desc, data);
    if (data.canReserve) this.#reserve(desc, data);
    else this.#assignShutdown(desc);
  }

  /** 4.8 `x86_vector_free_irqs()` for one interrupt: the descriptor goes away. */
  teardown(desc: IrqDesc): void {
    const data = this.#dataOf(desc);
    this.#host.listener?.({
      name: 'vector_teardown',
      irq: desc.irq,
      isManaged: data.isManaged,
      hasReserved: data.hasReserved,
    });
    this.#clear(desc, data);
    if (data.isManaged) this.matrix.removeManaged(desc.affinity);
    else if (data.hasReserved) this.matrix.removeReserved();
    // Where a second move may begin too early, it can wait on several CPUs; kernels free it all the same.
    if (!this.#profile.movingIsBusy) for (const cpu of this.#cleanup.keys()) this.#leaveQueue(desc, cpu);
    desc.data = undefined;
  }

  /** 4.9 `apic_set_affinity()`. -EBUSY while an old vector is held; -EIO with a WARN where it is not activated. */
  setAffinity(desc: IrqDesc, dest: CpuSet): number {
    const data = this.#dataOf(desc);
    if (!desc.activated) {
      if (!this.#profile.coreStoresInactiveAffinity) {
        if (data.isManaged || data.canReserve) return 0;
      } else {
        this.#warn('apic_set_affinity');
        return -EIO;
      }
    }
    const search = dest.within(this.#host.online);
    return data.isManaged ? this.#assignManaged(desc, data, search) : this.#assign(desc, data, search);
  }

  /** 4.10 `irq_complete_move()`: an interrupt is handled on `cpu`. */
  completeMove(desc: IrqDesc, cpu: number): void {
    const data = desc.data;
    if (data?.moveInProgress === true && data.cpu === cpu) this.scheduleCleanup(desc);
  }

  /**
   * 4.1 `common_interrupt()`: whether an interrupt that is sent to where the hardware is programmed is handled there. On
   * a vector that nobody has the kernel complains; on one that was shut down it only notes that this one came.
   */
  receives(desc: IrqDesc, { hwVector: vector, hwCpu: cpu }: VectorData): boolean {
    if (!this.#host.online.has(cpu)) return false;
    const slot = this.table.at(cpu, vector);
    if (slot === desc.irq) return true;
    if (slot === 'shutdown') this.table.clear(cpu, vector, 'unused');
    else if (slot === 'unused' && vector !== MANAGED_SHUTDOWN_VECTOR) {
      this.#print('emerg', noHandler(this.#profile.noHandlerText, cpu, vector));
    }
    return false;
  }

  /** 4.10 `vector_schedule_cleanup()`; with remapping right after the entry is rewritten. */
  scheduleCleanup(desc: IrqDesc): void {
    const data = this.#dataOf(desc);
    if (!data.moveInProgress) return;
    data.moveInProgress = false;
    if (this.#host.online.has(data.prevCpu)) {
      data.cleanupPending = true;
      const queue = this.#cleanup.get(data.prevCpu);
      if (queue === undefined) this.#cleanup.set(data.prevCpu, [desc]);
      else queue.unshift(desc);
    } else if (this.#profile.completesMovesFirst) {
      this.#print('warn', cleanupForOfflineCpu(desc.irq, data.prevCpu));
      this.#freeMoved(desc, data);
    } else {
      // CVE-2024-31076: the vector is lost.
      data.prevVector = 0;
    }
  }

  /** CPUs with a clean-up waiting, and for whom, in the order in which the handler takes them. */
  pendingCleanups(): ReadonlyMap<number, readonly IrqDesc[]> {
    return this.#cleanup;
  }

  /** Not of the kernel: nothing is known of any interrupt (replay after lost events). */
  forget(): void {
    this.#cleanup.clear();
    for (let cpu = 0; cpu < this.matrix.shape.cpuCount; cpu++) this.table.reset(cpu);
  }

  /** Not of the kernel: no clean-up waits for `desc` any more (replay, where the record is not what was predicted). */
  forgetCleanup(desc: IrqDesc): void {
    for (const cpu of this.#cleanup.keys()) this.#leaveQueue(desc, cpu);
    if (desc.data !== undefined) desc.data.cleanupPending = false;
  }

  adopt(other: VectorManagement, descOf: (irq: number) => IrqDesc | undefined): void {
    this.adoptCleanups(other.pendingCleanups(), descOf);
  }

  adoptCleanups(
    queues: ReadonlyMap<number, readonly IrqDesc[]>,
    descOf: (irq: number) => IrqDesc | undefined,
  ): void {
    for (const [cpu, queue] of queues) {
      this.#cleanup.set(
        cpu,
        queue.flatMap((desc) => descOf(desc.irq) ?? []),
      );
    }
  }

  /** 4.10.3: the clean-up IPI, or timer, runs on `cpu` and finds no old vector still pending in its local APIC. */
  runCleanup(cpu: number): void {
    for (const desc of [...(this.#cleanup.get(cpu) ?? [])]) this.runCleanupOf(desc);
  }

  /** The same for one interrupt: the handler leaves those whose old vector is still pending in the local APIC. */
  runCleanupOf(desc: IrqDesc): void {
    this.#freeMoved(desc, this.#dataOf(desc));
  }

  #freeMoved(desc: IrqDesc, data: VectorData): void {
    const { prevVector: vector, prevCpu: cpu, isManaged } = data;
    this.#host.listener?.({ name: 'vector_free_moved', irq: desc.irq, cpu, vector, isManaged });
    this.matrix.free(cpu, vector, isManaged);
    this.table.clear(cpu, vector, 'unused');
    this.#unqueue(desc, data);
    data.prevVector = 0;
    data.moveInProgress = false;
  }

  /** 8.3 step 2 `irq_force_complete_move()` while `dying` goes down: the old vector is freed whatever waits for it. */
  forceCompleteMove(desc: IrqDesc, dying: number): void {
    const data = desc.data;
    if (data === undefined || data.prevVector === 0) return;
    if (this.#profile.completesMovesFirst && data.cpu !== dying && data.prevCpu !== dying) return;
    if (data.moveInProgress) this.#print('warn', moveInProgress(desc.irq, data.prevVector));
    this.#freeMoved(desc, data);
  }

  /** 8.2 `lapic_can_unplug_cpu()`: -ENOSPC where the other CPUs have not enough. */
  canUnplug(cpu: number): UnplugCheck {
    const needed = this.matrix.allocated(cpu);
    const available = this.matrix.available(cpu, true);
    const reserved = this.matrix.reserved();
    const fits = available >= needed;
    const message = !fits
      ? cannotDisableCpu(cpu, needed, available)
      : available < reserved
        ? reservedExceedsAvailable(reserved, available)
        : undefined;
    if (message !== undefined) this.#print('warn', message);
    return { ret: fits ? 0 : -ENOSPC, needed, available, message };
  }

  /** 4.12 `lapic_online()` on the CPU that comes up. */
  online(cpu: number): void {
    this.matrix.online(cpu);
    this.table.reset(cpu);
  }

  /** 4.12 `lapic_offline()` on the dying CPU; with timers its clean-ups are run first. */
  offline(cpu: number): void {
    if (!this.#profile.cleanupByVector) this.runCleanup(cpu);
    this.matrix.offline(cpu);
    this.table.reset(cpu);
  }

  /** 4.6.1 `assign_vector_locked()`. An interrupt whose CPU is in `dest` stays. */
  #assign(desc: IrqDesc, data: VectorData, dest: CpuSet): number {
    if (data.vector !== 0 && this.#host.online.has(data.cpu) && dest.has(data.cpu)) return 0;
    if (this.#profile.movingIsBusy && (data.moveInProgress || data.cleanupPending)) return -EBUSY;
    const reserved = data.hasReserved;
    const ret = this.matrix.alloc(dest, reserved);
    this.#host.listener?.({
      name: 'vector_alloc',
      irq: desc.irq,
      vector: Math.max(0, ret),
      reserved,
      ret: Math.min(0, ret),
    });
    if (ret < 0) return ret;
    this.#switchTo(desc, data, ret, this.matrix.lastCpu);
    return 0;
  }

  /** 4.6.2 `assign_irq_vector_any_locked()`: the node's CPUs of the mask first; the rest by kernel. */
  #assignAny(desc: IrqDesc, data: VectorData): number {
    const node = this.#host.cpusOfNode(desc.node);
    const { online } = this.#host;
    const { affinity } = desc;
    const nodeOnly = node === undefined ? [] : [node];
    const inAffinity = [affinity.and(online)];
    const tries = [
      ...(node === undefined ? [] : [node.and(affinity)]),
      ...(this.#profile.assignPrefersAffinity ? [...inAffinity, ...nodeOnly] : [...nodeOnly, ...inAffinity]),
    ];
    for (const mask of tries) if (this.#assign(desc, data, mask) === 0) return 0;
    return this.#assign(desc, data, online);
  }

  /** 4.6.3 `assign_managed_vector()`. No -EBUSY here. */
  #assignManaged(desc: IrqDesc, data: VectorData, dest: CpuSet): number {
    const search = dest.within(desc.affinity);
    // 4.15 and 4.16 look at the mask before they ask the matrix, and choose the CPU themselves.
    if (this.#profile.managedCpuChoice === 'lowest' && search.isEmpty) return -EINVAL;
    if (data.vector !== 0 && search.has(data.cpu)) return 0;
    const ret = this.matrix.allocManaged(search);
    this.#host.listener?.({
      name: 'vector_alloc_managed',
      irq: desc.irq,
      vector: Math.max(0, ret),
      ret: Math.min(0, ret),
    });
    if (ret < 0) return ret;
    this.#switchTo(desc, data, ret, this.matrix.lastCpu);
    return 0;
  }

  /** 4.6.4 `apic_update_vector()`, then the new target is programmed. */
  #switchTo(desc: IrqDesc, data: VectorData, vector: number, cpu: number): void {
    this.#host.listener?.({
      name: 'vector_update',
      irq: desc.irq,
      vector,
      cpu,
      prevVector: data.vector,
      prevCpu: data.cpu,
    });
    data.prevVector = 0;
    if (data.vector !== 0 && data.vector !== MANAGED_SHUTDOWN_VECTOR) {
      if (this.#host.online.has(data.cpu)) {
        data.moveInProgress = true;
        data.prevVector = data.vector;
        data.prevCpu = data.cpu;
      } else if (this.#profile.freesVectorOfOfflineCpu) {
        this.matrix.free(data.cpu, data.vector, data.isManaged);
      }
    }
    data.vector = vector;
    data.cpu = cpu;
    this.table.store(cpu, vector, desc.irq);
    this.#config(desc, vector, cpu);
  }

  /** 4.8 `clear_irq_vector()`. */
  #clear(desc: IrqDesc, data: VectorData): void {
    if (data.vector === 0) return;
    const { vector, cpu, prevVector, prevCpu, isManaged } = data;
    this.#host.listener?.({ name: 'vector_clear', irq: desc.irq, vector, cpu, prevVector, prevCpu });
    const slot = this.#profile.marksShutdownSlots ? 'shutdown' : 'unused';
    this.matrix.free(cpu, vector, isManaged);
    this.table.clear(cpu, vector, slot);
    data.vector = 0;
    if (prevVector === 0) return;
    this.matrix.free(prevCpu, prevVector, isManaged);
    this.table.clear(prevCpu, prevVector, slot);
    data.prevVector = 0;
    data.moveInProgress = false;
    this.#unqueue(desc, data);
  }

  #reserve(desc: IrqDesc, data: VectorData): void {
    this.matrix.reserve();
    data.hasReserved = true;
    this.#host.listener?.({ name: 'vector_reserve', irq: desc.irq, ret: 0 });
    this.#assignShutdown(desc);
  }

  /** 4.2 V-SHUTDOWN: the lowest online CPU. `vector` and `cpu` stay as they are. */
  #assignShutdown(desc: IrqDesc): void {
    this.#config(desc, MANAGED_SHUTDOWN_VECTOR, this.#host.online.first ?? 0);
  }

  /** 4.2 V-CFG: exactly one CPU, whatever the mask. */
  #config(desc: IrqDesc, vector: number, cpu: number): void {
    const data = this.#dataOf(desc);
    data.hwVector = vector;
    data.hwCpu = cpu;
    desc.effective = this.#onlyCpu(cpu);
    this.#host.listener?.({ name: 'vector_config', irq: desc.irq, vector, cpu });
  }

  /** One set per CPU: masks are never changed in place. */
  #onlyCpu(cpu: number): CpuSet {
    const known = this.#single[cpu];
    if (known !== undefined) return known;
    const only = CpuSet.of(cpu);
    this.#single[cpu] = only;
    return only;
  }

  #unqueue(desc: IrqDesc, data: VectorData): void {
    if (!data.cleanupPending) return;
    data.cleanupPending = false;
    this.#leaveQueue(desc, data.prevCpu);
  }

  #leaveQueue(desc: IrqDesc, cpu: number): void {
    const others = (this.#cleanup.get(cpu) ?? []).filter((other) => other !== desc);
    if (others.length === 0) this.#cleanup.delete(cpu);
    else this.#cleanup.set(cpu, others);
  }

  #traceSetup(desc: IrqDesc, isLegacy: boolean, ret: number): void {
    this.#host.listener?.({ name: 'vector_setup', irq: desc.irq, isLegacy, ret });
  }

  #warn(where: string): void {
    this.#host.listener?.({ name: 'WARN', where });
  }

  #print(level: LogLevel, text: string): void {
    this.#host.listener?.({ name: 'printk', level, text });
  }

  #dataOf(desc: IrqDesc): VectorData {
    if (desc.data === undefined) throw new Error(`interrupt ${desc.irq} is not on the vector domain`);
    return desc.data;
  }
}
