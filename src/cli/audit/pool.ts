import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { AuditOptions, DriverAudit } from '../../audit/audit-driver.ts';
import type { CParser } from '../../audit/syntax/node.ts';
import type { SourceDirectory } from '../../host/source-files.ts';
import { openCParser } from './grammar.ts';
import { auditDirectory } from './unit.ts';

export type WorkerAnswer =
  | { readonly path: string; readonly audit: DriverAudit }
  | { readonly path: string; readonly error: string };

/** So many files are audited before threads have started. */
const FEW = 400;

/** A directory after which the next is sent before the answer is there: no worker waits for the main thread. */
const AHEAD = 4;

/** Parsed functions of one driver need far less; a bound keeps the garbage of the others from piling up. */
const LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 };

/** Threads that audit directories. */
export class AuditPool {
  readonly #count: number;
  readonly #options: AuditOptions;
  readonly #workers: Worker[] = [];

  constructor(count: number, options: AuditOptions) {
    this.#count = count;
    this.#options = options;
  }

  /** Starts the threads if so many files are worth it: while others are looked for, they load what they need. */
  expect(files: number): void {
    while (files > FEW && this.#workers.length < this.#count) {
      const worker = new Worker(new URL(`./worker${extension()}`, import.meta.url), {
        workerData: this.#options,
        resourceLimits: LIMITS,
      });
      // Until it has something to do, nobody waits for it.
      worker.unref();
      this.#workers.push(worker);
    }
  }

  /**
   * @param done called after each directory
   * @returns answers in the order of the directories
   */
  async audit(units: readonly SourceDirectory[], done: () => void): Promise<readonly WorkerAnswer[]> {
    const sizes = units.map(({ files }) => files.length);
    this.expect(sizes.reduce((sum, size) => sum + size, 0));
    if (this.#workers.length === 0) return auditHere(units, this.#options);
    const answers: WorkerAnswer[] = new Array(units.length);
    // The largest first: what is left at the end is small, and all threads end at the same time.
    const order = [...units.keys()].sort((one, other) => (sizes[other] ?? 0) - (sizes[one] ?? 0)).values();
    const serve = (worker: Worker): Promise<void> =>
      new Promise((resolve, reject) => {
        const sent: number[] = [];
        const send = (): void => {
          while (sent.length < AHEAD) {
            const next = order.next();
            if (next.done === true) break;
            sent.push(next.value);
            worker.postMessage(units[next.value]);
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
        worker.ref();
        send();
      });
    await Promise.all(this.#workers.map(serve));
    return answers;
  }
}

/** Without a thread: a second engine costs more than these files. */
async function auditHere(
  units: readonly SourceDirectory[],
  options: AuditOptions,
): Promise<readonly WorkerAnswer[]> {
  keepFirstWasmCode();
  const parser = await openCParser();
  return units.map((unit) => answerFor(unit, parser, options));
}

/** V8 of Node.js 20 to 24, which know the flag; one that V8 does not know is a complaint on standard error. */
const KNOWS_FLAG = /^1[1-3]\./;

/**
 * Compiling the C grammar's largest functions anew for speed takes 0.2 s of CPU, as much as a driver takes: it pays
 * from some hundred files on.
 */
function keepFirstWasmCode(): void {
  if (KNOWS_FLAG.test(process.versions.v8)) setFlagsFromString('--liftoff-only');
}

/** What a directory's audit comes to; a mistake of ours names the directory. */
export function answerFor(unit: SourceDirectory, parser: CParser, options: AuditOptions): WorkerAnswer {
  try {
    return { path: unit.path, audit: auditDirectory(unit, parser, options) };
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { path: unit.path, error: what };
  }
}

/** `.js` in dist, `.ts` where the sources run as they are. */
function extension(): string {
  return import.meta.url.endsWith('.ts') ? '.ts' : '.js';
}
