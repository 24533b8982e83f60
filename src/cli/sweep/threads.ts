/** A sweep on all cores: threads take lines as they get done with others. */
import { Worker } from 'node:worker_threads';
import { RequestError } from '../../query/request-error.ts';
import type { SweptLine } from '../../query/sweep/sweep.ts';
import { type SweepReply, type SweepTask, sweepOf } from './worker.ts';

/** Lines that a thread takes at a time: few, for some take much longer than others. */
const AT_A_TIME = 4;
/** A thread costs more to start than so many lines to run. */
const LINES_WORTH_A_THREAD = 8;

/**
 * Every line, in order.
 * @param progress is told after each how many are done
 * @throws RequestError, LocatedError: one line
 */
export async function sweepInThreads(
  task: SweepTask,
  jobs: number,
  progress: (done: number, of: number) => void,
): Promise<SweptLine[]> {
  // Also here: what is wrong with the request is told before a thread is started.
  const sweep = sweepOf(task);
  const { lines } = sweep;
  const found: SweptLine[] = [];
  const threads = Math.min(jobs, Math.ceil(lines / LINES_WORTH_A_THREAD));
  if (threads <= 1) {
    for (let n = 0; n < lines; n++) {
      found.push(sweep.line(n));
      progress(n + 1, lines);
    }
    return found;
  }
  let next = 0;
  let done = 0;
  const take = (): number[] => {
    const batch = Array.from({ length: Math.min(AT_A_TIME, lines - next) }, (_, k) => next + k);
    next += batch.length;
    return batch;
  };
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./worker.js', import.meta.url), { workerData: task }),
  );
  const run = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      const goOn = (): void => {
        const batch = take();
        if (batch.length === 0) resolve();
        else worker.postMessage(batch);
      };
      worker.on('error', reject);
      worker.on('message', (reply: SweepReply) => {
        if ('message' in reply) return reject(errorOf(reply));
        for (const { n, swept } of reply.lines) found[n] = swept;
        done += reply.lines.length;
        progress(done, lines);
        goOn();
      });
      goOn();
    });
  try {
    await Promise.all(workers.map(run));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return found;
}

/** An error does not come through with its class. */
function errorOf({ name, message, stack }: Extract<SweepReply, { message: string }>): Error {
  if (name === 'RequestError') return new RequestError(message);
  return Object.assign(new Error(message), stack === undefined ? {} : { stack });
}
