import { Worker } from 'node:worker_threads';
import type { AuditOptions, DriverAudit } from '../../audit/audit-driver.ts';
import type { SourceDirectory } from '../../host/source-files.ts';

export type WorkerAnswer =
  | { readonly path: string; readonly audit: DriverAudit }
  | { readonly path: string; readonly error: string };

/** A directory after which the next is sent before the answer is there: no worker waits for the main thread. */
const AHEAD = 4;

/** Parsed functions of one driver need far less; a bound keeps the garbage of the others from piling up. */
const LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 };

/**
 * Audits directories with as many threads.
 * @param done called after each directory
 * @returns answers in the order of the directories
 */
export async function auditAll(
  units: readonly SourceDirectory[],
  workers: number,
  options: AuditOptions,
  done: () => void,
): Promise<readonly WorkerAnswer[]> {
  const answers: WorkerAnswer[] = new Array(units.length);
  let next = 0;
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(`./worker${extension()}`, import.meta.url), {
        workerData: options,
        resourceLimits: LIMITS,
      });
      const sent: number[] = [];
      const send = (): void => {
        while (sent.length < AHEAD && next < units.length) {
          sent.push(next);
          worker.postMessage(units[next++]);
        }
        if (sent.length === 0) void worker.terminate().then(() => resolve());
      };
      worker.on('message', (answer: WorkerAnswer) => {
        // A worker answers in the order in which it was asked.
        const at = sent.shift();
        if (at !== undefined) answers[at] = answer;
        done();
        send();
      });
      worker.on('error', reject);
      send();
    });
  await Promise.all(Array.from({ length: Math.min(workers, units.length) }, run));
  return answers;
}

/** `.js` in dist, `.ts` where the sources run as they are. */
function extension(): string {
  return import.meta.url.endsWith('.ts') ? '.ts' : '.js';
}
