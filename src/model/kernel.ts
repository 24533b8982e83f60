/**
 * The machine as one object: the matrix, the x86 vector domain, the interrupt core and CPU hotplug of one kernel, and
 * the only way in for the layers above. Nothing happens by itself: interrupts that arrive and clean-ups that run are
 * steps of the caller (specification D-1). Operations return 0 or a negative errno and tell the listener what they did.
 */
import { CpuSet } from '../base/cpu-set.ts';
import type { KernelListener, LogLevel } from './events.ts';
import { EBUSY, EINVAL, EIO, ENOSPC, RESERVATION_EXCEEDS } from './failures.ts';
import { InterruptRemapping } from './interrupt-remapping.ts';
import {
  type AffinityForm,
  applyPendingAffinity,
  parseAffinity,
  setAffinityAndHint,
  setAffinityLocked,
  updateAffinityHint,
  writeAffinityText,
} from './irq-affinity.ts';
import { deactivateIrq, disableIrq, enableIrq, freeIrq, requestIrq } from './irq-core.ts';
import type { IrqAction, IrqDesc } from './irq-desc.ts';
import { type MigrationOutcome, mayConcern, migrateOne, restoreOne } from './irq-hotplug.ts';
import { IrqNumbers } from './irq-numbers.ts';
import type { KernelProfile } from './kernel-profile.ts';
import { Matrix } from './matrix.ts';
import { matrixEventOf } from './matrix-events.ts';
import type { MsiHost } from './msi/msi-host.ts';
import { PciDevices } from './msi/pci-devices.ts';
import { plainTopology, type Topology } from './spreading/topology.ts';
import { type Freeze, freezeSecondaryCpus, thaw } from './suspend.ts';
import { VectorDomain } from './vector-domain.ts';
import type {
  UnplugCheck,
  VectorManagement,
  VectorManagementMaker,
  VectorRequest,
} from './vector-management.ts';
import type { VectorTable } from './vector-table.ts';

export interface KernelMachine {
  readonly profile: KernelProfile;
  readonly possible: CpuSet;
  /** The possible CPUs of each node id; empty where nodes are not known. */
  readonly nodes: readonly CpuSet[];
  /** `irqaffinity=`, or every CPU. */
  readonly defaultAffinity?: CpuSet | undefined;
  /** CPUs that `isolcpus=managed_irq` leaves; undefined without the option. */
  readonly housekeeping?: CpuSet | undefined;
  /** For the spreading of managed interrupts; no SMT and every CPU present where it is not given. */
  readonly topology?: Topology | undefined;
  /** The first interrupt number above the IO-APICs' inputs, 24 when not given. */
  readonly gsiTop?: number | undefined;
  /** Interrupts are remapped: they move at once. */
  readonly remapping?: boolean | undefined;
  /** Who gives out vectors; as kernels do since 4.15 when not given. */
  readonly vectors?: VectorManagementMaker | undefined;
}

/** One interrupt that a dying CPU had. */
export interface Migrated {
  readonly irq: number;
  readonly outcome: MigrationOutcome;
  readonly from: number;
  /** Where it is now; the old CPU where it is lost. */
  readonly to: number;
}

export interface CpuDown extends UnplugCheck {
  /** Interrupts that were touched, ascending. */
  readonly migrated: readonly Migrated[];
}

export class Kernel implements MsiHost {
  readonly profile: KernelProfile;
  readonly possible: CpuSet;
  readonly nodes: readonly CpuSet[];
  /** Replaced, never changed: a kernel that is to be as if it had been booted with another isolation. */
  housekeeping: CpuSet | undefined;
  /** `cpu_online_mask`; live. */
  readonly online = new CpuSet();
  readonly matrix: Matrix;
  readonly vectors: VectorManagement;
  readonly topology: Topology;
  readonly numbers: IrqNumbers;
  readonly remapping: InterruptRemapping | undefined;
  /** PCI devices, and how drivers enable their interrupts. */
  readonly pci: PciDevices;
  defaultAffinity: CpuSet;
  listener: KernelListener | undefined;
  onNoVector: ((desc: IrqDesc) => void) | undefined;
  /**
   * Nodes have their CPUs (`numa_add_cpu()`). Not yet when the boot CPU sets up the timer: an allocation on its node
   * answers -EINVAL then, seen in every capture (irq 0).
   */
  nodesFilled = true;

  readonly #machine: KernelMachine;
  readonly #descs = new Map<number, IrqDesc>();
  /** Ascending by number; undefined after one came or went. So are the managed ones. */
  #order: readonly IrqDesc[] | undefined;
  #managed: readonly IrqDesc[] | undefined;

  constructor(machine: KernelMachine, matrix?: Matrix, table?: VectorTable, remapping?: InterruptRemapping) {
    this.topology = machine.topology ?? plainTopology(machine.possible, machine.nodes);
    this.#machine = { ...machine, topology: this.topology };
    this.profile = machine.profile;
    this.possible = machine.possible;
    this.nodes = machine.nodes;
    this.housekeeping = machine.housekeeping;
    this.defaultAffinity = machine.defaultAffinity ?? machine.possible;
    this.matrix = matrix ?? Matrix.forKernel(machine.profile, this.cpuCount);
    this.vectors = machine.vectors?.(this.matrix, this, table) ?? new VectorDomain(this.matrix, this, table);
    this.numbers = new IrqNumbers({ gsiTop: machine.gsiTop, cpus: this.cpuCount });
    this.remapping = remapping ?? (machine.remapping === true ? new InterruptRemapping() : undefined);
    this.pci = new PciDevices(this);
    this.matrix.observer = {
      warn: (where) => this.listener?.({ name: 'WARN', where }),
      reservationExceedsAvailable: () => this.print('warn', RESERVATION_EXCEEDS),
      traced: (name, cpu, bit) => {
        if (this.vectors.hasTracepoints) this.listener?.(matrixEventOf(this.matrix, name, cpu, bit));
      },
    };
  }

  /** The kernel's own way with vectors, for what recorded and observed machines need: these have no other. */
  get vectorDomain(): VectorDomain {
    if (this.vectors instanceof VectorDomain) return this.vectors;
    throw new Error('this machine gives out vectors by another policy');
  }

  /** nr_cpu_ids: masks and lists of user space are as wide as this. */
  get cpuCount(): number {
    return (this.possible.last ?? 0) + 1;
  }

  /** `cpumask_of_node()`: a CPU that goes down leaves it. */
  cpusOfNode(node: number): CpuSet | undefined {
    if (node < 0) return undefined;
    return this.nodesFilled ? this.nodes[node]?.and(this.online) : new CpuSet();
  }

  // Descriptors.

  desc(irq: number): IrqDesc | undefined {
    return this.#descs.get(irq);
  }

  /** Ascending; an interrupt that comes or goes does not change a list that was given out. */
  descs(): readonly IrqDesc[] {
    this.#order ??= [...this.#descs.values()].sort((a, b) => a.irq - b.irq);
    return this.#order;
  }

  /** No other interrupt does anything when a CPU returns. */
  #managedDescs(): readonly IrqDesc[] {
    this.#managed ??= this.descs().filter(({ managed }) => managed);
    return this.#managed;
  }

  /**
   * A descriptor comes into being and, unless `request` is undefined (not on the vector domain, or known from a
   * snapshot), gets its place in the vector domain. The errno of that is returned; the descriptor is gone then.
   */
  addIrq(desc: IrqDesc, request?: VectorRequest): number {
    if (this.#descs.has(desc.irq)) throw new Error(`interrupt ${desc.irq} exists already`);
    this.#descs.set(desc.irq, desc);
    this.numbers.take(desc.irq);
    this.#order = undefined;
    this.#managed = undefined;
    const ret = request === undefined ? 0 : this.vectors.setup(desc, request);
    if (ret === -ENOSPC) this.onNoVector?.(desc);
    if (ret < 0) this.#forget(desc.irq);
    return ret;
  }

  /** `irq_domain_free_irqs()`: deactivated where it still is active, then everything of it goes. */
  removeIrq(irq: number): void {
    const desc = this.#descs.get(irq);
    if (desc === undefined) return;
    deactivateIrq(this, desc);
    if (desc.data !== undefined) this.vectors.teardown(desc);
    this.#forget(irq);
  }

  /** Not of the kernel: every interrupt is gone without a trace (replay after lost events). */
  forgetIrqs(): void {
    for (const irq of this.#descs.keys()) this.numbers.release(irq);
    this.#descs.clear();
    this.#order = undefined;
    this.#managed = undefined;
    this.vectorDomain.forget();
  }

  #forget(irq: number): void {
    this.#descs.delete(irq);
    this.numbers.release(irq);
    this.#order = undefined;
    this.#managed = undefined;
  }

  // Time.

  /**
   * An interrupt arrives where the hardware sends it: `apic_ack_edge()` completes a move that it ends, then a pending
   * affinity is applied (specification 4.10, 5.5.6). False where it is lost: that CPU is offline or has no such vector.
   */
  interruptArrives(irq: number): boolean {
    const desc = this.#descs.get(irq);
    if (desc?.data === undefined || !this.vectors.receives(desc, desc.data)) return false;
    this.vectors.completeMove(desc, desc.data.cpu);
    applyPendingAffinity(this, desc);
    return true;
  }

  /** Every clean-up that waits on an online CPU runs: the IPIs are handled, the timers fire (specification 4.10). */
  tick(): void {
    for (const cpu of [...this.vectors.pendingCleanups().keys()].sort((a, b) => a - b)) {
      if (this.online.has(cpu)) this.vectors.runCleanup(cpu);
    }
  }

  // What user space writes. A newline at the end is the shell's.

  /** /proc/irq/N/smp_affinity: -EIO or -EPERM, -EINVAL, -EOVERFLOW, -ENOSPC (specification 5.5.1 and 16). */
  writeSmpAffinity(irq: number, text: string): number {
    return this.#write(irq, 'mask', text);
  }

  /** /proc/irq/N/smp_affinity_list: as above, a CPU beyond is -ERANGE. */
  writeSmpAffinityList(irq: number, text: string): number {
    return this.#write(irq, 'list', text);
  }

  /** /proc/irq/default_smp_affinity. */
  writeDefaultSmpAffinity(text: string): number {
    const mask = parseAffinity('mask', text, this.cpuCount);
    if (typeof mask === 'number') return mask;
    if (!mask.intersects(this.online)) return -EINVAL;
    this.defaultAffinity = mask;
    return 0;
  }

  #write(irq: number, form: AffinityForm, text: string): number {
    const desc = this.#descs.get(irq);
    return desc === undefined ? -EIO : writeAffinityText(this, desc, form, text, this.cpuCount);
  }

  // What drivers do.

  /** `request_irq()`: -ENOSPC where no online CPU has a vector, -EBUSY where it is not shared, -EINVAL without a descriptor (specification 5.3). */
  requestIrq(irq: number, autoEnable = true, action?: IrqAction): number {
    const desc = this.#descs.get(irq);
    return desc === undefined ? -EINVAL : requestIrq(this, desc, autoEnable, action);
  }

  /** `free_irq()`: the last handler gives the vector back (5.4). */
  freeIrq(irq: number): void {
    const desc = this.#descs.get(irq);
    if (desc !== undefined) freeIrq(this, desc);
  }

  enableIrq(irq: number): void {
    const desc = this.#descs.get(irq);
    if (desc !== undefined) enableIrq(this, desc);
  }

  disableIrq(irq: number): void {
    const desc = this.#descs.get(irq);
    if (desc !== undefined) disableIrq(desc);
  }

  /** `irq_set_affinity()`: 0 or a negative errno (5.5.2). */
  setAffinity(irq: number, mask: CpuSet): number {
    const desc = this.#descs.get(irq);
    return desc === undefined ? -EINVAL : setAffinityLocked(this, desc, mask, false);
  }

  /** IRQ_NO_BALANCING: user space may not set its affinity, and a startup leaves it alone. */
  setNoBalancing(irq: number, noBalancing: boolean): void {
    const desc = this.#descs.get(irq);
    if (desc !== undefined) desc.noBalancing = noBalancing;
  }

  /** `irq_set_affinity_and_hint()`: publishes the hint and sets the affinity, whose error is dropped (5.6). */
  setAffinityAndHint(irq: number, mask: CpuSet | undefined): number {
    const desc = this.#descs.get(irq);
    if (desc === undefined) return -EINVAL;
    setAffinityAndHint(this, desc, mask);
    return 0;
  }

  /** `irq_update_affinity_hint()`: only the hint. False where this kernel has no such function. */
  updateAffinityHint(irq: number, mask: CpuSet | undefined): boolean {
    const desc = this.#descs.get(irq);
    return desc !== undefined && updateAffinityHint(this, desc, mask);
  }

  // CPUs.

  /**
   * A CPU comes up the first time, or again: its map, then what was shut down for it (specification 8.4).
   * @param among the interrupts to look at, where it is known which the CPU can concern
   */
  cpuUp(cpu: number, among: readonly IrqDesc[] = this.#managedDescs()): void {
    this.cpuStarting(cpu);
    for (const desc of among) this.restoreAffinity(desc, cpu);
  }

  /** The part on the starting CPU: it is online, and so is its map. */
  cpuStarting(cpu: number): void {
    this.online.add(cpu);
    this.vectors.online(cpu);
  }

  /** The part of the hotplug state `irq/affinity:online`, for one interrupt. True when it did something. */
  restoreAffinity(desc: IrqDesc, cpu: number): boolean {
    return restoreOne(this, desc, cpu);
  }

  /** 8.1: the capacity check, and where it passes {@link takeDown}. -EINVAL of an offline CPU, -EBUSY of the last one. */
  cpuDown(cpu: number): CpuDown {
    const impossible = !this.online.has(cpu) ? -EINVAL : this.online.size === 1 ? -EBUSY : 0;
    if (impossible !== 0) {
      return { ret: impossible, needed: 0, available: 0, message: undefined, migrated: [] };
    }
    const check = this.vectors.canUnplug(cpu);
    return { ...check, migrated: check.ret < 0 ? [] : this.takeDown(cpu) };
  }

  /**
   * What follows the check: every interrupt of the CPU, ascending, then its map. Those that were touched.
   * @param among the interrupts to look at, where it is known which the CPU can concern
   */
  takeDown(cpu: number, among: readonly IrqDesc[] = this.descs()): Migrated[] {
    this.online.delete(cpu);
    const migrated: Migrated[] = [];
    for (const desc of among) {
      if (!mayConcern(this, desc, cpu)) continue;
      const from = desc.data?.cpu ?? cpu;
      const outcome = migrateOne(this, desc, cpu);
      if (outcome !== 'untouched') {
        migrated.push({ irq: desc.irq, outcome, from, to: desc.data?.cpu ?? cpu });
      }
    }
    this.vectors.offline(cpu);
    return migrated;
  }

  /** 8.5, for suspend and hibernation; a refusal brings back what had gone. */
  freezeSecondaryCpus(): Freeze {
    return freezeSecondaryCpus(this);
  }

  /** The frozen CPUs come back, ascending; interrupts are resumed after them. */
  thaw(cpus: readonly number[]): void {
    thaw(this, cpus);
  }

  /** A line of the kernel's log. */
  print(level: LogLevel, text: string): void {
    this.listener?.({ name: 'printk', level, text });
  }

  /** An independent machine in the same state, without a listener; what is large is copied when one of the two writes it. */
  clone(): Kernel {
    const copy = new Kernel(
      this.#machine,
      this.matrix.fork(),
      this.vectors.table.clone(),
      this.remapping?.clone(),
    );
    copy.defaultAffinity = this.defaultAffinity;
    copy.housekeeping = this.housekeeping;
    copy.nodesFilled = this.nodesFilled;
    for (const cpu of this.online) copy.online.add(cpu);
    for (const desc of this.descs()) copy.addIrq(desc.clone());
    copy.numbers.nrIrqs = this.numbers.nrIrqs;
    copy.pci.adopt(this.pci);
    copy.vectors.adopt(this.vectors, (irq) => copy.desc(irq));
    return copy;
  }
}
