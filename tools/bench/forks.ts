import { CpuSet } from '../../src/base/cpu-set.ts';
import { Matrix } from '../../src/model/matrix.ts';
import type { Bar } from './bars.ts';
import { type FilledMatrix, filledMatrix, newestProfile, PAIRS, pairs } from './filled-matrix.ts';
import { nsPerCall } from './measure.ts';

const CPUS = 8192;
const SPREAD = 64;
const OPERATIONS = 16 * PAIRS;

/** What trying something out costs, and what a matrix of 8,192 CPUs takes. */
export async function benchForks(): Promise<Bar[]> {
  const all = CpuSet.span(0, CPUS - 1);
  const filled = filledMatrix(CPUS, 0.5, all);
  const { matrix } = filled;
  const spread = await nsPerCall(() => {
    const mark = matrix.mark();
    for (let n = 0; n < SPREAD; n++) matrix.alloc(all, false);
    matrix.rollback(mark);
  });
  const fork = await nsPerCall(() => {
    matrix.fork();
  });
  const firstWrite = await nsPerCall(() => {
    matrix.fork().reserve();
  });
  const rollback = nsPerOperationRolledBack(filled);
  const { arrays, held } = bytesPerCpu();
  console.log(
    `\n${CPUS} CPUs: a fork and its first write (a copy) take ${(firstWrite / 1000).toFixed(0)} µs`,
  );
  return [
    { what: `${SPREAD} vectors over ${CPUS} CPUs, and back`, value: spread / 1000, unit: 'µs', atMost: 200 },
    { what: 'fork', value: fork / 1000, unit: 'µs', atMost: 1 },
    { what: 'rollback of an operation', value: rollback, unit: 'ns', atMost: 100 },
    { what: 'arrays of a matrix in use, with its index', value: arrays, unit: 'bytes per CPU', atMost: 128 },
    { what: 'the same, as the process grew', value: held, unit: 'bytes per CPU', atMost: 128 },
  ];
}

/** Of a free or an alloc, the way back alone: the fastest of many. */
function nsPerOperationRolledBack(filled: FilledMatrix): number {
  const { matrix } = filled;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 200; round++) {
    const mark = matrix.mark();
    const pair = pairs(filled);
    for (let n = 0; n < OPERATIONS / 2 / PAIRS; n++) pair();
    const start = performance.now();
    matrix.rollback(mark);
    best = Math.min(best, ((performance.now() - start) * 1e6) / OPERATIONS);
  }
  return best;
}

/** After every kind of question: all CPUs and several masks, managed and not. `held`: heap and array buffers. */
function bytesPerCpu(): { arrays: number; held: number } {
  const masks = [1, 2, 3, 4].map((step) =>
    CpuSet.from(Array.from({ length: Math.floor(CPUS / step) }, (_, n) => n * step)),
  );
  const before = heldBytes();
  const matrix = Matrix.forKernel(newestProfile(), CPUS);
  for (let cpu = 0; cpu < CPUS; cpu++) matrix.online(cpu);
  for (const mask of masks) matrix.reserveManaged(mask);
  for (let round = 0; round < 100; round++) {
    for (const mask of masks) {
      matrix.allocManaged(mask);
      matrix.alloc(mask, false);
    }
  }
  const after = heldBytes();
  return { arrays: matrix.byteLength / CPUS, held: (after - before) / CPUS };
}

function heldBytes(): number {
  for (let n = 0; n < 3; n++) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
