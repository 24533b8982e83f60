/** A thread that works on lines of a sweep; sweep-threads.ts says which. */
import { parentPort, workerData } from 'node:worker_threads';
import { profileNamed } from '../../model/kernel-profile.ts';
import { policyNamed } from '../../policy/policies.ts';
import { Sweep, type SweptLine } from '../../query/sweep/sweep.ts';

/** What a thread is started with: plain data. */
export interface SweepTask {
  readonly text: string;
  readonly file: string;
  readonly dimensions: readonly string[];
  readonly kernel: string | undefined;
  readonly policies: readonly string[] | undefined;
}

export type SweepReply =
  | { readonly lines: readonly { readonly n: number; readonly swept: SweptLine }[] }
  | { readonly name: string; readonly message: string; readonly stack: string | undefined };

export function sweepOf({ text, file, dimensions, kernel, policies }: SweepTask): Sweep {
  return new Sweep({
    text,
    file,
    dimensions,
    kernel: kernel === undefined ? undefined : profileNamed(kernel),
    policies: policies?.flatMap((name) => policyNamed(name) ?? []),
  });
}

if (parentPort !== null) {
  const port = parentPort;
  const sweep = sweepOf(workerData as SweepTask);
  port.on('message', (wanted: readonly number[]) => port.postMessage(replyTo(sweep, wanted)));
}

function replyTo(sweep: Sweep, wanted: readonly number[]): SweepReply {
  try {
    return { lines: wanted.map((n) => ({ n, swept: sweep.line(n) })) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { name: error.name, message: error.message, stack: error.stack };
  }
}
