import { measure } from 'mitata';

const MS = 1e6;
const ROUNDS = 3;

/** Nanoseconds of one call: of many samples, each of many calls, one that few are faster than. */
export async function nsPerCall(work: () => void): Promise<number> {
  const { p25 } = await measure(work, {
    min_cpu_time: 40 * MS,
    min_samples: 5,
    batch_samples: 256,
    // Without --expose-gc it would allocate a gigabyte to have one.
    gc: false,
  });
  return p25;
}

/** The same for several, in turns: a machine that is slow for a while is slow for all of them. */
export async function nsInTurns(works: readonly (() => void)[]): Promise<number[]> {
  const best = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, work] of works.entries()) best[at] = Math.min(best[at] ?? 0, await nsPerCall(work));
  }
  return best;
}

/** What a single piece of work takes. */
export interface Took {
  readonly wallMs: number;
  /** Of all threads, garbage collection included: on a busy machine the better figure. */
  readonly cpuMs: number;
}

export function timeOf(work: () => void): Took {
  const cpu = process.cpuUsage();
  const start = performance.now();
  work();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1000 };
}
