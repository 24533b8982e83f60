/**
 * The mail's second way (specification 9.4, 9.5): nothing has a vector before it is requested, and enabling a device only
 * reserves. Everything else is the matrix without managed interrupts.
 */
import type { CpuSet } from '../../base/cpu-set.ts';
import { cannotDisableCpu, ENOSPC } from '../../model/failures.ts';
import type { IrqDesc } from '../../model/irq-desc.ts';
import type { Matrix } from '../../model/matrix.ts';
import { VectorDomain } from '../../model/vector-domain.ts';
import type { UnplugCheck, VectorHost, VectorRequest } from '../../model/vector-management.ts';
import type { VectorTable } from '../../model/vector-table.ts';
import type { Sizing } from './sizing.ts';

/** How reservations are admitted. */
export interface Admission {
  /** Undefined: all are (overcommitment). */
  readonly sizing: Sizing | undefined;
  /** A CPU may go only where what is reserved or taken fits into the space that is left without it. */
  readonly strict: boolean;
}

export class ReservingDomain extends VectorDomain {
  override readonly knowsManaged: boolean = false;
  override readonly activatesUnmaskable: boolean = false;
  readonly #host: VectorHost;
  readonly #possible: number;
  readonly #admission: Admission;

  /** @param possible how many CPUs there may ever be */
  constructor(matrix: Matrix, host: VectorHost, admission: Admission, possible: number, table?: VectorTable) {
    super(matrix, host, table);
    this.#host = host;
    this.#admission = admission;
    this.#possible = possible;
  }

  /** -ENOSPC where the space is exhausted: at enable, as the mail wants it reported (M11). */
  override setup(desc: IrqDesc, request: VectorRequest): number {
    if (this.#isFull) return -ENOSPC;
    return super.setup(desc, request);
  }

  /** A move holds two vectors for a while. Were the second one not admitted, a request might not find what was promised. */
  override setAffinity(desc: IrqDesc, dest: CpuSet): number {
    const { data } = desc;
    const needsSecond =
      data !== undefined && data.vector !== 0 && this.#host.online.has(data.cpu) && !dest.has(data.cpu);
    if (needsSecond && this.#isFull) return -ENOSPC;
    return super.setAffinity(desc, dest);
  }

  /** -ENOSPC, strictly also where not all that is reserved would fit; the text is the kernel's for want of another. */
  override canUnplug(cpu: number): UnplugCheck {
    const needed = this.#claimed;
    const available = this.#space(this.#host.online.size - 1);
    if (!this.#admission.strict || needed <= available) return super.canUnplug(cpu);
    const message = cannotDisableCpu(cpu, needed, available);
    this.#host.listener?.({ name: 'printk', level: 'warn', text: message });
    return { ret: -ENOSPC, needed, available, message };
  }

  /** Reserved or taken, old vectors of moves among them. */
  get #claimed(): number {
    return this.matrix.globalReserved + this.matrix.totalAllocated;
  }

  get #isFull(): boolean {
    return this.#claimed >= this.#space(this.#host.online.size);
  }

  #space(online: number): number {
    const { sizing } = this.#admission;
    if (sizing === undefined) return Number.POSITIVE_INFINITY;
    const { matrix } = this;
    return sizing({
      perCpu: matrix.allocSize - matrix.systembitsInalloc,
      possible: this.#possible,
      online,
    });
  }
}
