/** The command line as a process: the built program, its exit code and what it wrote. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
export const MAIN = join(ROOT, 'dist/cli/main.js');

if (!existsSync(MAIN)) throw new Error(`${MAIN} is not built: run node tools/build.mjs, or npm test`);

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What is on standard input. */
  readonly input?: string;
}

/** Runs any program to its end. */
export function run(
  command: string,
  args: readonly string[],
  { cwd = ROOT, env = {}, input }: RunOptions = {},
): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
    env: { ...process.env, ...env },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

/** Runs `irqspace ARGS`. */
export function irqspace(...args: readonly string[]): Ran {
  return run(process.execPath, [MAIN, ...args]);
}

/** The answer of a run that must have gone well, as parsed JSON of one line. */
export function jsonOf(ran: Ran): unknown {
  expect(ran.stderr).toBe('');
  expect(ran.stdout.split('\n')).toHaveLength(2);
  return JSON.parse(ran.stdout);
}

/** The one line that bad input is answered with; the test fails when it is anything else. */
export function complaintOf(ran: Ran): string {
  expect(ran.stdout).toBe('');
  expect(ran.code).toBe(2);
  expect(ran.stderr).toMatch(/^irqspace: [^\p{C}]+\n$/u);
  return ran.stderr.slice('irqspace: '.length, -1);
}

/** In a terminal of that width, as `script` makes one; standard error is in it too. */
export function inTerminal(columns: number, args: readonly string[], env: Record<string, string> = {}): Ran {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
  const ran = run('script', ['-qec', `stty cols ${columns} && ${command}`, '/dev/null'], {
    env: { TERM: 'xterm', NO_COLOR: '', ...env },
  });
  return { ...ran, stdout: ran.stdout.replaceAll('\r\n', '\n') };
}

export const hasScript = existsSync('/usr/bin/script');

export interface Serving {
  readonly url: string;
  readonly process: ChildProcess;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** All that it wrote so far. */
  written(): string;
}

/** Starts `command ARGS` and waits for the line that names its address. */
export async function serve(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Serving> {
  const child = spawn(command, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let written = '';
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const url = await new Promise<string>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      written += chunk.toString();
      const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(written)?.[0];
      if (address !== undefined) resolve(address);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    void ended.then((code) => reject(new Error(`ended with ${code} before it served: ${written}`)));
  });
  return { url, process: child, ended, written: () => written };
}

export function irqspaceServe(...args: readonly string[]): Promise<Serving> {
  return serve(process.execPath, [MAIN, 'serve', ...args]);
}
