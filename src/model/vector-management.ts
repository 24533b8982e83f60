/**
 * What the machine around asks of whoever gives out vectors: the seam of the policies. The kernel's own answer since 4.15 is
 * vector-domain.ts; those that the mail debates are in `policy`. Results are 0 or a negative errno.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import type { KernelListener } from './events.ts';
import type { IrqDesc, VectorData } from './irq-desc.ts';
import type { KernelProfile } from './kernel-profile.ts';
import type { Matrix } from './matrix.ts';
import type { VectorTable } from './vector-table.ts';

/** What the giver of vectors needs of the machine around it. `online` is live. */
export interface VectorHost {
  readonly profile: KernelProfile;
  readonly online: CpuSet;
  /** The CPUs of a node; undefined where the node is not known (-1). */
  cpusOfNode(node: number): CpuSet | undefined;
  readonly listener: KernelListener | undefined;
  desc(irq: number): IrqDesc | undefined;
  /** Every interrupt, ascending. */
  descs(): readonly IrqDesc[];
}

/** How a new interrupt comes by its vector (specification 4.3). */
export type VectorRequest =
  /** Managed by the descriptor's flag, else as the policy has it: a reservation in kernels with the matrix. */
  | { readonly kind: 'by-policy' }
  /** An ISA interrupt that the IO-APIC takes over; see 4.7. */
  | { readonly kind: 'legacy'; readonly activated: boolean }
  /** A mask given by the caller: the vector is taken at once. */
  | { readonly kind: 'immediate'; readonly mask: CpuSet };

/** The answer of the capacity check, 8.2. */
export interface UnplugCheck {
  /** 0, or a negative errno: the CPU stays online. */
  readonly ret: number;
  /** What has to move, as this check counts it, and what the other CPUs have. */
  readonly needed: number;
  readonly available: number;
  /** What was printed: the refusal, or that what is left is less than what is reserved. */
  readonly message: string | undefined;
}

export interface VectorManagement {
  /** What the CPUs find on their vectors. */
  readonly table: VectorTable;
  /** Interrupts can be managed; else those that a driver wants managed are ordinary ones with an affinity of their own. */
  readonly knowsManaged: boolean;
  /** An MSI that cannot be masked has its vector from the enable on, for it may arrive at any time (4.5). */
  readonly activatesUnmaskable: boolean;
  /** The kernel has the tracepoints of `irq_matrix` and `irq_vectors`. */
  readonly hasTracepoints: boolean;

  /** A new interrupt, at enable (4.3). Where it fails nothing is left of it. */
  setup(desc: IrqDesc, request: VectorRequest): number;
  /** At request, or at enable with `reserve`: no vector is needed yet (4.4). */
  activate(desc: IrqDesc, reserve: boolean): number;
  /** The last handler has gone, or a managed interrupt has no CPU (4.8). */
  deactivate(desc: IrqDesc): void;
  /** The descriptor goes (4.8). */
  teardown(desc: IrqDesc): void;
  /** 4.9. */
  setAffinity(desc: IrqDesc, dest: CpuSet): number;

  /** Whether an interrupt that is sent to where the hardware is programmed is handled there (4.1). */
  receives(desc: IrqDesc, data: VectorData): boolean;
  /** An interrupt is handled on `cpu` (4.10.1). */
  completeMove(desc: IrqDesc, cpu: number): void;
  /** The old vector is not needed any more: its clean-up waits (4.10.2). */
  scheduleCleanup(desc: IrqDesc): void;
  /** CPUs with a clean-up waiting, and for whom, in the order in which the handler takes them. */
  pendingCleanups(): ReadonlyMap<number, readonly IrqDesc[]>;
  /** The clean-up on `cpu` runs (4.10.3). */
  runCleanup(cpu: number): void;

  /** May `cpu` go (8.2)? It prints what the kernel prints. */
  canUnplug(cpu: number): UnplugCheck;
  /** 8.3 step 2, while `dying` goes down: the old vector is freed whatever waits for it. */
  forceCompleteMove(desc: IrqDesc, dying: number): void;
  /** The CPU comes up (4.12). It is in the online mask. */
  online(cpu: number): void;
  /** The CPU has gone, and what could move has moved. */
  offline(cpu: number): void;

  /** Goes on where another one of its kind is, for a copy of a machine; called when the copy has its interrupts. */
  adopt(other: VectorManagement, descOf: (irq: number) => IrqDesc | undefined): void;
}

/** @param table with what is in it already; a new one where not given */
export type VectorManagementMaker = (
  matrix: Matrix,
  host: VectorHost,
  table?: VectorTable,
) => VectorManagement;
