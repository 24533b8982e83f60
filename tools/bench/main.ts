// Benchmarks, with inputs they make themselves and the captures that are here: npm run bench [-- parse matrix what-if]
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import { type Bar, printBars } from './bars.ts';
import { benchBestCpu } from './best-cpu.ts';
import { benchForks } from './forks.ts';
import { benchFtrace } from './ftrace.ts';
import { benchHibernation } from './hibernation.ts';
import { servePairs } from './pairs-thread.ts';
import { benchPlan } from './plan.ts';
import { type BenchResult, benchProcInterrupts } from './proc-interrupts.ts';
import { benchReplay } from './replay.ts';
import { benchSweep } from './sweep.ts';

const MB = 1e6;

function printed({ name, inputBytes, medianMs, minMs, peakGrowthBytes }: BenchResult): void {
  const input = `${(inputBytes / MB).toFixed(1)} MB`;
  const times = `median ${medianMs.toFixed(1)} ms, fastest ${minMs.toFixed(1)} ms`;
  console.log(`${name} (${input}): ${times}, peak growth ${(peakGrowthBytes / MB).toFixed(1)} MB`);
}

const GROUPS: Readonly<Record<string, () => Promise<Bar[]>>> = {
  parse: async () => {
    for (const bench of [benchProcInterrupts, benchFtrace, benchReplay]) printed(bench());
    return [];
  },
  matrix: async () => [...(await benchBestCpu()), ...(await benchForks())],
  'what-if': async () => benchHibernation(),
  plan: async () => benchPlan(),
  sweep: async () => benchSweep(),
};

// Memory is measured after a collection; the flag is set here so that `npm run bench` needs none.
setFlagsFromString('--expose-gc');
globalThis.gc ??= runInNewContext('gc') as typeof globalThis.gc;

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => GROUPS[name] === undefined);
  if (unknown !== undefined) {
    console.error(`there is no group '${unknown}': ${Object.keys(GROUPS).join(', ')}`);
    process.exit(2);
  }
  const bars: Bar[] = [];
  for (const [name, group] of Object.entries(GROUPS)) {
    if (asked.length === 0 || asked.includes(name)) bars.push(...(await group()));
  }
  if (bars.length > 0) printBars(bars);
}

if (isMainThread) await main();
else servePairs();
