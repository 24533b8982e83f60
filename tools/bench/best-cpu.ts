import type { Bar } from './bars.ts';
import { nsInTurns } from './measure.ts';
import { PairsThread } from './pairs-thread.ts';

const CPUS = [2, 16, 64, 256, 1024, 4096, 8192];
const SHARES = [0.5, 0.95];

/** A machine of 2 CPUs is scanned anyway: that it is as fast as itself is known to so much. */
const NOISE = 0.05;

/** By CPUs: how much faster than the scan it has to be. */
interface Kind {
  readonly name: string;
  readonly step: number;
  readonly atLeast: ReadonlyMap<number, number>;
}

const KINDS: readonly Kind[] = [
  {
    name: 'all CPUs',
    step: 1,
    atLeast: new Map([
      [2, 1 - NOISE],
      [64, 3],
      [1024, 20],
      [8192, 50],
    ]),
  },
  {
    name: 'every second CPU',
    step: 2,
    atLeast: new Map([
      [64, 2],
      [1024, 15],
      [8192, 40],
    ]),
  },
];

/** A vector given back and one taken, with the index and with the scans, on equal matrices and in the same order. */
export async function benchBestCpu(): Promise<Bar[]> {
  const bars: Bar[] = [];
  console.log('\nns per free and alloc      CPUs  in use     index      scan');
  for (const { name, step, atLeast } of KINDS) {
    for (const cpus of CPUS) {
      for (const share of SHARES) {
        const threads = [{}, { choosesBy: 'scans' } as const].map(
          (options) => new PairsThread({ cpus, share, step, options }),
        );
        const [index = 0, scan = 0] = await nsInTurns(threads.map((thread) => () => thread.measure()));
        for (const thread of threads) await thread.stop();
        const times = (scan / index).toFixed(1);
        console.log(
          `${name.padEnd(22)} ${`${cpus}`.padStart(8)} ${`${share * 100} %`.padStart(7)} ${index.toFixed(0).padStart(9)} ${scan.toFixed(0).padStart(9)}   ${times} times`,
        );
        const limit = atLeast.get(cpus);
        if (limit === undefined) continue;
        bars.push({
          what: `${name}, ${cpus} CPUs, ${share * 100} % in use`,
          value: scan / index,
          unit: 'times',
          atLeast: limit,
        });
      }
    }
  }
  return bars;
}
