import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { printable } from '../../base/printable.ts';
import { isLiveRoot } from '../../host/open-root.ts';
import type { MachineState } from '../../model/machine-state.ts';
import { explainOf } from '../../query/explain.ts';
import { explainMessagesOf } from '../../query/explain-message.ts';
import { fitsOf } from '../../query/fits.ts';
import { fitsMaxOf } from '../../query/fits-max.ts';
import { reportOf } from '../../query/report.ts';
import { createApp } from '../../server/app.ts';
import { ListenError, type Listening, listen } from '../../server/listen.ts';
import type { MachineSource } from '../../server/machine-source.ts';
import { type MachineOptions, readMachine, readMachineWithTopology } from '../machine.ts';
import type { Output } from '../output.ts';
import { clip } from '../render/text.ts';
import { UsageError } from '../usage-error.ts';
import { packageVersion } from '../version.ts';

/** The running machine is read for every answer, a capture once. */
function machineSource(options: MachineOptions): MachineSource {
  const once = isLiveRoot(options.root) ? undefined : readMachineWithTopology(options);
  const now = (): MachineState => once ?? readMachine(options);
  const withTopology = (): MachineState => once ?? readMachineWithTopology(options);
  return {
    report: () => reportOf(now()),
    fits: (changes, { max = false } = {}) => (max ? fitsMaxOf : fitsOf)(withTopology(), changes),
    explain: (irq) => explainOf(now(), irq),
    explainMessages: (text) => explainMessagesOf(now(), text),
  };
}

function portOption(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535))
    throw new UsageError(`--port: expected a number from 0 to 65535, found "${clip(text, 40)}"`);
  return port;
}

/** Serves until the process is told to stop (SIGINT, SIGTERM). */
export async function runServe(
  options: MachineOptions & { readonly port: string },
  out: Output,
): Promise<Listening> {
  const port = portOption(options.port);
  const pageDirectory = fileURLToPath(new URL('../../web', import.meta.url));
  const app = createApp(machineSource(options), {
    ...(existsSync(pageDirectory) ? { pageDirectory } : {}),
    version: packageVersion(),
  });
  const listening = await listen(app, { port, host: '127.0.0.1' }).catch((error: unknown) => {
    throw error instanceof ListenError ? new UsageError(error.message) : error;
  });
  const what = isLiveRoot(options.root)
    ? 'this machine'
    : options.root === '-'
      ? 'standard input'
      : options.root;
  out.write(`${printable(`irqspace serves ${what} on ${listening.url} (stop with Ctrl-C)`)}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void listening.close());
  }
  return listening;
}
