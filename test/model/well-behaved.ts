import { CpuSet } from '../../src/base/cpu-set.ts';
import type { KnownDrift } from '../../src/model/invariants.ts';
import { type KernelProfile, PROFILE_NAMES, profileNamed } from '../../src/model/kernel-profile.ts';
import type { Matrix } from '../../src/model/matrix.ts';

/** One call of the matrix. `pick` chooses among the vectors held. */
export type MatrixOp =
  | { readonly op: 'online' | 'offline'; readonly cpu: number }
  | { readonly op: 'alloc'; readonly mask: CpuSet; readonly reserved: boolean }
  | { readonly op: 'allocManaged' | 'reserveManaged' | 'removeManaged'; readonly mask: CpuSet }
  | { readonly op: 'free'; readonly pick: number }
  | { readonly op: 'reserve' | 'removeReserved' };

export interface Held {
  readonly cpu: number;
  readonly bit: number;
  readonly managed: boolean;
}

/** Profiles that differ in what a matrix does, the oldest of each kind; all 49 would repeat the same few. */
export function distinctMatrixProfiles(): KernelProfile[] {
  const kinds = new Map<string, KernelProfile>();
  for (const name of PROFILE_NAMES) {
    const p = profileNamed(name);
    if (p === undefined) throw new Error(`no profile ${name}`);
    const kind = JSON.stringify([
      p.onlineResetsMap,
      p.countsManagedAllocated,
      p.managedCpuChoice,
      p.allocRejectsEmptyMask,
      p.allocManagedRejectsEmptyMask,
      p.freeChecksBit,
      p.freeIgnoresOffline,
      p.allocatedExcludesManaged,
    ]);
    if (!kinds.has(kind)) kinds.set(kind, p);
  }
  return [...kinds.values()];
}

/**
 * A caller as the kernel's x86 code is one: frees what it got, once, with the right flag, and keeps the books that the
 * matrix does not: where the counters drift away from the maps, and by how much.
 */
export class WellBehaved {
  readonly matrix: Matrix;
  #held: Held[] = [];
  #drift: number[];
  #lost = 0;

  constructor(matrix: Matrix) {
    this.matrix = matrix;
    this.#drift = new Array(matrix.shape.cpuCount).fill(0);
  }

  get held(): readonly Held[] {
    return this.#held;
  }

  get knownDrift(): KnownDrift {
    const drift = [...this.#drift];
    return { available: (cpu) => drift[cpu] ?? 0, totalAllocated: this.#lost };
  }

  /** The books, to put back after a rollback of the matrix. */
  save(): () => void {
    const held = [...this.#held];
    const drift = [...this.#drift];
    const lost = this.#lost;
    return () => {
      this.#held = [...held];
      this.#drift = [...drift];
      this.#lost = lost;
    };
  }

  /** Whether a well-behaved caller would make this call now. */
  may(op: MatrixOp): boolean {
    const { matrix } = this;
    switch (op.op) {
      case 'online':
        return matrix.maps.online[op.cpu] === 0;
      case 'offline':
        return matrix.maps.online[op.cpu] === 1;
      case 'alloc':
        return !op.reserved || matrix.globalReserved > 0;
      case 'removeReserved':
        return matrix.globalReserved > 0;
      case 'free':
        return this.#held.length > 0;
      case 'removeManaged':
        return [...op.mask].every((cpu) => this.#hasUnusedManaged(cpu));
      default:
        return true;
    }
  }

  /** Makes the call; its result, 0 where there is none. */
  apply(op: MatrixOp): number {
    const { matrix } = this;
    switch (op.op) {
      case 'online':
        if (matrix.profile.onlineResetsMap) {
          this.#lost += matrix.allocatedBits(op.cpu).length;
          this.#held = this.#held.filter((held) => held.cpu !== op.cpu);
          this.#drift[op.cpu] = 0;
        }
        matrix.online(op.cpu);
        return 0;
      case 'offline':
        matrix.offline(op.cpu);
        return 0;
      case 'alloc':
        return this.#hold(matrix.alloc(op.mask, op.reserved), false);
      case 'allocManaged':
        return this.#hold(matrix.allocManaged(op.mask), true);
      case 'reserveManaged': {
        const ret = matrix.reserveManaged(op.mask);
        if (ret === 0) this.#driftOffline(op.mask, 1);
        return ret;
      }
      case 'removeManaged':
        matrix.removeManaged(op.mask);
        this.#driftOffline(op.mask, -1);
        return 0;
      case 'free': {
        const [held] = this.#held.splice(op.pick % this.#held.length, 1);
        if (held === undefined) return 0;
        const offline = matrix.maps.online[held.cpu] === 0;
        if (offline && !matrix.profile.freeIgnoresOffline) this.#lost++;
        matrix.free(held.cpu, held.bit, held.managed);
        return 0;
      }
      case 'reserve':
        matrix.reserve();
        return 0;
      case 'removeReserved':
        matrix.removeReserved();
        return 0;
    }
  }

  /** Every call there is on a small machine, made or not. */
  everyOp(): MatrixOp[] {
    const n = this.matrix.shape.cpuCount;
    const ops: MatrixOp[] = [{ op: 'reserve' }, { op: 'removeReserved' }];
    for (let cpu = 0; cpu < n; cpu++) ops.push({ op: 'online', cpu }, { op: 'offline', cpu });
    for (let bits = 1; bits < 2 ** n; bits++) {
      const mask = CpuSet.from([...Array(n).keys()].filter((cpu) => (bits >>> cpu) & 1));
      ops.push({ op: 'alloc', mask, reserved: false }, { op: 'alloc', mask, reserved: true });
      ops.push({ op: 'reserveManaged', mask }, { op: 'removeManaged', mask }, { op: 'allocManaged', mask });
    }
    for (let pick = 0; pick < this.#held.length; pick++) ops.push({ op: 'free', pick });
    return ops;
  }

  #hold(bit: number, managed: boolean): number {
    if (bit >= 0) this.#held.push({ cpu: this.matrix.lastCpu, bit, managed });
    return bit;
  }

  #driftOffline(mask: CpuSet, by: number): void {
    const { initialized, online } = this.matrix.maps;
    for (const cpu of mask) {
      if (initialized[cpu] === 1 && online[cpu] === 0) this.#drift[cpu] = (this.#drift[cpu] ?? 0) + by;
    }
  }

  #hasUnusedManaged(cpu: number): boolean {
    return this.matrix.managedBits(cpu).some((bit) => !this.matrix.isAllocated(cpu, bit));
  }
}
