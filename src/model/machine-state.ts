import type { CpuSet } from '../base/cpu-set.ts';
import type { Range } from '../base/range.ts';
import type { Cpu, Irq, NodeId, Vector } from './ids.ts';
import type { KernelProfile } from './kernel-profile.ts';
import type { Topology } from './spreading/topology.ts';

/**
 * The vector space of a machine as far as it is known: exact, or with honest bounds. Derived from an
 * `Observation` by observe/infer.ts; the what-if model works on it.
 */
export interface MachineState {
  /** What the user named, e.g. `this machine`. */
  readonly source: string;
  readonly kernel: KernelFacts;
  /** `exact` when every figure below is known, else `bounded`. */
  readonly certainty: 'exact' | 'bounded';
  /** Why it is not exact, one entry per cause. */
  readonly doubts: readonly Doubt[];
  readonly cpus: readonly CpuState[];
  readonly global: GlobalState;
  readonly irqs: readonly IrqState[];
  /** Vectors that are, or may be, held on a CPU that cannot be named for certain. */
  readonly unplaced: readonly UnplacedVector[];
  /** Vectors in use whose interrupt is not known: a lone VECTOR dump names none. */
  readonly anonymous: readonly AnonymousVectors[];
  /** Why nothing can be computed with the counters; undefined in the usual case. Also one of the doubts. */
  readonly uncountable: string | undefined;
  /** False where there is no x86 vector domain: another architecture, or nothing that shows one. */
  readonly hasVectorDomain: boolean;
  /** CPUs that managed interrupts prefer (`isolcpus=managed_irq` leaves them); undefined without isolation. */
  readonly housekeeping: CpuSet | undefined;
  /** CPUs that `isolcpus=` (whatever its flags) and `nohz_full=` set apart; empty without, undefined when not known. */
  readonly isolated: CpuSet | undefined;
  /** CPU numbers of each NUMA node; empty when not known. */
  readonly nodes: readonly { readonly node: NodeId; readonly cpus: CpuSet }[];
  /** Threads, clusters and nodes; undefined where nobody needed it: reading it takes two files for every CPU. */
  readonly topology?: Topology | undefined;
  /** System vectors, where VECTOR was readable. */
  readonly systemVectors: readonly number[] | undefined;
  /** What could not be read, and what that costs. */
  readonly missing: readonly Missing[];
}

export interface KernelFacts {
  /** `uname -r`; undefined for a lone dump. */
  readonly release: string | undefined;
  readonly profile: KernelProfile;
  /** Set when the profile was not detected: why this one, and what another would change. */
  readonly assumption: string | undefined;
}

export interface Doubt {
  readonly kind:
    | 'torn'
    | 'uncountable'
    | 'old-vectors'
    | 'drift'
    | 'managed'
    | 'capacity'
    | 'unrequested'
    | 'affinity'
    | 'offline';
  /** A sentence with the facts. */
  readonly text: string;
  readonly irqs: readonly Irq[];
}

export interface Missing {
  readonly path: string;
  /** What the answer loses without it. */
  readonly cost: string;
}

/** No CPU has this many vectors: an unsigned counter beyond it has gone below zero. */
const WRAPPED = 2 ** 31;

/** "CPU 0 has 4294967295 vectors" (the IRQ 2 bug of 2021): a counter of this CPU is below zero. */
export function hasWrapped({ available, allocated, managed, managedAllocated }: CpuState): boolean {
  return [available, allocated, managed, managedAllocated].some(({ max }) => max >= WRAPPED);
}

/** One CPU of the matrix; counts as in `struct cpumap` (kernel/irq/matrix.c). */
export interface CpuState {
  readonly cpu: Cpu;
  readonly online: boolean;
  readonly node: NodeId | undefined;
  /** Vectors this CPU can give to devices when nothing is allocated. */
  readonly capacity: Range;
  /** Vectors a non-managed interrupt could still take. */
  readonly available: Range;
  /** Vectors in use, managed ones included. */
  readonly allocated: Range;
  /** Vectors set aside for managed interrupts, in use or not. */
  readonly managed: Range;
  readonly managedAllocated: Range;
  /** What `available` holds beyond capacity − managed − (allocated − managedAllocated): specification 3.2. */
  readonly drift: Range;
  /** Vector numbers in use, where VECTOR was readable. */
  readonly allocMap: readonly number[] | undefined;
}

export interface GlobalState {
  /** Sum of `available` over online CPUs. */
  readonly available: Range;
  /** Interrupts reserved without a vector. */
  readonly reserved: Range;
  readonly totalAllocated: Range;
}

/** Where a requested interrupt stands; the words of specification 1.2. */
export type IrqPhase =
  /** Has a vector on `cpu`. */
  | 'active'
  /** Managed, and no CPU of its mask is online: requested, without a vector. */
  | 'shutdown'
  /** Allocated, not requested: one unit of `global_reserved`, no vector. */
  | 'reserved'
  /** Handled by the legacy PIC: a system vector on all CPUs. */
  | 'legacy-pic'
  /** Not on the vector domain (GPIO, Xen event channel, …). */
  | 'other'
  /** Cannot be told from what was readable. */
  | 'unknown';

export interface IrqState {
  readonly irq: Irq;
  /** Action names joined as /proc/interrupts shows them; empty when not requested. */
  readonly name: string;
  readonly chip: string | undefined;
  /** PCI address of the device, or undefined. */
  readonly device: string | undefined;
  readonly driver: string | undefined;
  /** Undefined: cannot be told. */
  readonly managed: boolean | undefined;
  /** How `managed` is known. */
  readonly managedBy: string;
  /** The CPU it is delivered to; undefined when it has no vector or that is unknown. */
  readonly cpu: Cpu | undefined;
  /** Where debugfs shows it. */
  readonly vector: Vector | undefined;
  /** smp_affinity as shown: the pending mask if a move is pending. */
  readonly affinity: CpuSet | undefined;
  /** The mask holds no vector of it yet: an affinity write waits for the next interrupt. */
  readonly movePending: boolean;
  readonly phase: IrqPhase;
  /** Interrupts delivered per CPU number, modulo 2^32; undefined when not readable. */
  readonly counts: ReadonlyMap<number, number> | undefined;
  /** NUMA node of its device; undefined where it has none, or none is shown. */
  readonly node: NodeId | undefined;
  /** affinity_hint: where its driver would have user space put it. */
  readonly hint: CpuSet | undefined;
  /** Why user space cannot set its affinity although it is not managed, in words; undefined where it can. */
  readonly fixed: string | undefined;
}

/** A vector of a known interrupt, held on one of several CPUs, or perhaps on none. */
export interface UnplacedVector {
  readonly irq: Irq;
  /** The CPUs it may be on, all online. */
  readonly cpus: CpuSet;
  /** 0..1 when it may not exist, 1..1 when it certainly does. */
  readonly held: Range;
  /** Taken out of the CPU's managed bits: costs no `available`. */
  readonly managed: boolean;
  /**
   * `old`: a moved interrupt keeps the vector on the CPU that it left until its next interrupt (specification
   * 4.10). `no-effective-affinity`: it has a vector, but which CPU is not shown. `unrequested`: a plain MSI
   * takes its vector when it is enabled (specification 4.5), and nothing shows where.
   */
  readonly why: 'old' | 'no-effective-affinity' | 'unrequested';
  /** Where debugfs shows it. */
  readonly vector?: Vector;
}

export interface AnonymousVectors {
  readonly cpu: Cpu;
  /** Not managed: they have to move when the CPU goes. */
  readonly regular: number;
  readonly managed: number;
}
