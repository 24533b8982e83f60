import { EXIT } from '../exit-codes.ts';
import { intervalOption } from '../interval-option.ts';
import type { MachineOptions } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { styleFor } from '../render/style.ts';
import { clip } from '../render/text.ts';
import { renderPlainSample } from '../render/watch.ts';
import { UsageError } from '../usage-error.ts';
import { type WatchedMachine, watchedMachine } from '../watch/machine-source.ts';
import { cpuMs, Looking, painted, Session } from '../watch/session.ts';
import { Terminal } from '../watch/terminal.ts';
import { FIRST_VIEW } from '../watch/view.ts';

export interface WatchOptions extends MachineOptions {
  readonly trace?: boolean;
  readonly interval?: string;
  readonly count?: string;
  readonly once?: boolean;
  readonly plain?: boolean;
  readonly json?: boolean;
}

/** Of the live view, and of text. */
const LIVE_S = 0.1;
const TEXT_S = 1;

/** Until the user, a signal or `--count` ends it. */
export async function runWatch(options: WatchOptions, out: Output): Promise<number> {
  const seconds = intervalOption(options.interval);
  const count = countOf(options);
  const asText = options.json === true || options.plain === true || count !== undefined;
  if (!asText && process.stdout.isTTY === true && (process.env.TERM ?? 'dumb') === 'dumb') {
    throw new UsageError('watch: this terminal cannot be drawn in (TERM=dumb); ask for --plain or --json');
  }
  // Before anything is taken: a signal must find somebody who gives it back.
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopped.abort());
  }
  const machine = watchedMachine(options);
  // Whatever ends the process: a pipe that is closed, an error, a signal.
  let failed: string | undefined;
  const close = (): void => {
    failed ??= machine.close();
  };
  process.once('exit', close);
  try {
    if (!asText && process.stdout.isTTY === true && machine.changes) {
      const terminal = new Terminal();
      process.once('exit', () => terminal.leave());
      await new Session(machine.source, (seconds ?? LIVE_S) * 1000, terminal, out.color).run(stopped.signal);
    } else {
      // What cannot change is looked at once.
      const times = count ?? (machine.live ? Number.POSITIVE_INFINITY : 1);
      await samples(machine, (seconds ?? TEXT_S) * 1000, times, options, out, stopped.signal);
    }
  } finally {
    close();
    process.off('exit', close);
  }
  if (failed !== undefined) throw new UsageError(`tracing could not be removed: ${failed}`);
  return EXIT.ok;
}

function countOf({ count, once }: WatchOptions): number | undefined {
  if (once === true) {
    if (count !== undefined) throw new UsageError('--once and --count: one of them');
    return 1;
  }
  if (count === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(count)) return Number(count);
  throw new UsageError(`--count: expected a number of samples, found "${clip(count, 40)}"`);
}

/** One after the other, as text. Of the running machine the first reading is only there for the rates. */
async function samples(
  { source, live }: WatchedMachine,
  intervalMs: number,
  times: number,
  { json }: WatchOptions,
  out: Output,
  stopped: AbortSignal,
): Promise<void> {
  const style = styleFor(out.color);
  const looking = new Looking(source, intervalMs, intervalMs);
  for (let shown = 0, first = live; shown < times && !stopped.aborted; first = false) {
    const [begin, beginCpu] = [Date.now(), cpuMs()];
    const sample = looking.look();
    if (sample !== undefined && !first) {
      if (json === true) writeJson(out, sample);
      else {
        const lines = renderPlainSample(sample, FIRST_VIEW, out.columns);
        out.write(`${shown === 0 ? '' : '\n'}${lines.map((line) => painted(line, style)).join('\n')}\n`);
      }
      shown++;
    }
    looking.took(cpuMs() - beginCpu);
    if (shown < times) await pause(Math.max(0, looking.everyMs - (Date.now() - begin)), stopped);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
