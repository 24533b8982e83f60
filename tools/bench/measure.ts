import { measure } from 'mitata';

const MS = 1e6;
/** Rounds are short: one that nothing else disturbs is among them on a busy machine too. */
const ROUNDS = 12;

/**
 * Nanoseconds of one call: of many samples, each of many calls, one that few are faster than. So long that V8 has
 * compiled the work before most of them.
 */
export async function nsPerCall(work: () => void): Promise<number> {
  return (await sampled(work, 400 * MS, 256)).p25;
}

/** The fastest of some short samples: what else the machine does can only add to it. */
export async function fastestNs(work: () => void): Promise<number> {
  return (await sampled(work, 10 * MS, 16)).min;
}

/** The fastest that each of several measures, in turns. */
export async function nsInTurns(measures: readonly (() => Promise<number>)[]): Promise<number[]> {
  const best = measures.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, measured] of measures.entries()) best[at] = Math.min(best[at] ?? 0, await measured());
  }
  return best;
}

/** At least `cpuTime` ns of samples, each of `batch` calls where a call is short. */
function sampled(work: () => void, cpuTime: number, batch: number) {
  return measure(work, {
    min_cpu_time: cpuTime,
    min_samples: 5,
    batch_samples: batch,
    // Without --expose-gc it would allocate a gigabyte to have one.
    gc: false,
  });
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
