import type { CpuSet } from '../../src/base/cpu-set.ts';
import { type KernelProfile, profileNamed } from '../../src/model/kernel-profile.ts';
import { Matrix, type MatrixOptions } from '../../src/model/matrix.ts';

const VECTORS = 256;

/** A matrix of which a part is in use. */
export interface FilledMatrix {
  readonly matrix: Matrix;
  /** CPUs that vectors are taken from. */
  readonly mask: CpuSet;
  /** What is in use on these, as cpu · 256 + vector. */
  readonly held: Int32Array;
}

export function newestProfile(): KernelProfile {
  const profile = profileNamed('newest');
  if (profile === undefined) throw new Error('there is no newest profile');
  return profile;
}

/** `share` of all vectors in use, spread over all CPUs as the kernel spreads them: some CPUs have one more than others. */
export function filledMatrix(
  cpus: number,
  share: number,
  mask: CpuSet,
  options: MatrixOptions = {},
): FilledMatrix {
  const { shape } = Matrix.forKernel(newestProfile(), cpus);
  const matrix = new Matrix(newestProfile(), shape, options);
  for (let cpu = 0; cpu < cpus; cpu++) matrix.online(cpu);
  const held: number[] = [];
  const inUse = Math.round(matrix.globalAvailable * share);
  for (let n = 0; n < inUse; n++) {
    const cpu = n % cpus;
    const vector = shape.allocStart + Math.floor(n / cpus);
    matrix.assign(cpu, vector);
    if (mask.has(cpu)) held.push(cpu * VECTORS + vector);
  }
  return { matrix, mask, held: Int32Array.from(held) };
}

/** So many are measured at once: what a call costs is not the matrix's. */
export const PAIRS = 64;

/** Each call gives {@link PAIRS} vectors back, in an order by chance (always the same chance), and takes one after each. */
export function pairs({ matrix, mask, held }: FilledMatrix): () => void {
  const own = shuffled(held);
  let next = 0;
  return () => {
    let at = next;
    for (let left = PAIRS; left > 0; left--) {
      const given = own[at] ?? 0;
      matrix.free(given >>> 8, given & 255, false);
      const vector = matrix.alloc(mask, false);
      own[at] = matrix.lastCpu * VECTORS + vector;
      at = at + 1 < own.length ? at + 1 : 0;
    }
    next = at;
  };
}

function shuffled(values: Int32Array): Int32Array {
  const order = values.slice();
  let chance = 1;
  for (let left = order.length; left > 1; left--) {
    chance = (Math.imul(chance, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((chance / 2 ** 32) * left);
    const value = order[left - 1] ?? 0;
    order[left - 1] = order[other] ?? 0;
    order[other] = value;
  }
  return order;
}
