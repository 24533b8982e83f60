import { parentPort, Worker, workerData } from 'node:worker_threads';
import { CpuSet } from '../../src/base/cpu-set.ts';
import type { MatrixOptions } from '../../src/model/matrix.ts';
import { filledMatrix, PAIRS, pairs } from './filled-matrix.ts';
import { fastestNs } from './measure.ts';

/** Until then V8 has compiled what is measured, and compiled it again: less made the scan of 8,192 CPUs look slower. */
const WARM_UP_MS = 400;

/** A matrix, and the CPUs that vectors are given back and taken on: every `step`-th. */
export interface PairsOf {
  readonly cpus: number;
  readonly share: number;
  readonly step: number;
  readonly options: MatrixOptions;
}

/**
 * Measures in a thread of its own: V8 compiles a function once for all that a program does with it, so that of the
 * index and the scan in one program each would be slower than where it is alone.
 */
export class PairsThread {
  readonly #worker: Worker;

  constructor(of: PairsOf) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: of });
  }

  /** Nanoseconds of a vector given back and one taken. */
  measure(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('message', (ns: number) => {
        this.#worker.off('error', reject);
        resolve(ns);
      });
      this.#worker.postMessage('again');
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** What main.ts does in such a thread. */
export function servePairs(): void {
  const { cpus, share, step, options } = workerData as PairsOf;
  const mask = CpuSet.from(Array.from({ length: cpus / step }, (_, n) => n * step));
  const work = pairs(filledMatrix(cpus, share, mask, options));
  for (const start = performance.now(); performance.now() - start < WARM_UP_MS; ) work();
  parentPort?.on('message', async () => parentPort?.postMessage((await fastestNs(work)) / PAIRS));
}
