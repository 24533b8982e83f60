// Benchmarks, with inputs they make themselves and the captures that are here: npm run bench
import { benchFtrace } from './ftrace.ts';
import { benchProcInterrupts } from './proc-interrupts.ts';
import { benchReplay } from './replay.ts';

const MB = 1e6;

for (const result of [benchProcInterrupts(), benchFtrace(), benchReplay()]) {
  const input = `${(result.inputBytes / MB).toFixed(1)} MB`;
  const times = `median ${result.medianMs.toFixed(1)} ms, fastest ${result.minMs.toFixed(1)} ms`;
  console.log(
    `${result.name} (${input}): ${times}, peak growth ${(result.peakGrowthBytes / MB).toFixed(1)} MB`,
  );
}
