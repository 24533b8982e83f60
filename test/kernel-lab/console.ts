import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { LabError } from './packages.ts';

/** What to do with a guest's console. */
export interface Watch {
  /** File of all its lines, each with the seconds since the start. */
  readonly log: string;
  /** From its init to the end of its script. */
  readonly seconds: number;
  /** Until its init; for tests. */
  readonly secondsToInit?: number;
  /** A line that the lab's own programs in the guest wrote. */
  readonly onProgress: (line: string) => void;
}

/** Emulation now and then hangs early in a boot when the machine is busy; one that runs says so well before. */
const SECONDS_TO_INIT = 150;

/**
 * Runs QEMU, its console on stdout, until the guest switches itself off. Returns undefined when its script was done,
 * else why it was ended: a further try may do better.
 * @throws LabError when QEMU itself fails
 */
export function runGuest(command: readonly string[], watch: Watch): Promise<string | undefined> {
  const [program = '', ...args] = command;
  const { log: path, seconds, secondsToInit = SECONDS_TO_INIT, onProgress } = watch;
  return new Promise((resolve, reject) => {
    const start = Date.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const stop = (): void => {
      child.kill('SIGKILL');
    };
    const log = createWriteStream(path);
    let hung: string | undefined;
    let isDone = false;
    let complaint = '';
    const patience = new Patience((text) => {
      hung = text;
      stop();
    });
    patience.expect('no init', secondsToInit);
    createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      log.write(`${((Date.now() - start) / 1000).toFixed(2).padStart(8)} ${line}\n`);
      if (!line.startsWith('LAB ')) return;
      onProgress(line.slice(4));
      if (line.startsWith('LAB init')) patience.expect('the script is not done', seconds);
      isDone ||= line.startsWith('LAB done');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    // However the lab ends: no QEMU stays behind.
    const stopAndEnd = (): void => process.exit(1);
    process.once('exit', stop).once('SIGTERM', stopAndEnd).once('SIGINT', stopAndEnd);
    const over = (): void => {
      patience.end();
      process.off('exit', stop).off('SIGTERM', stopAndEnd).off('SIGINT', stopAndEnd);
    };
    child.on('error', ({ message }) => {
      over();
      reject(new LabError(message));
    });
    child.on('close', (code) => {
      over();
      log.end(() => {
        if (isDone) resolve(undefined);
        else if (hung !== undefined) resolve(hung);
        else if (code === 0) resolve('ended before the script was done');
        else reject(new LabError(`QEMU: ${complaint.trim().split('\n').at(-1) || `exit code ${code}`}`));
      });
    });
  });
}

/** Twice in a row is no accident. */
const TRIES = 2;

/**
 * Boots until it does not hang. Returns the tries that it took.
 * @throws LabError when all hung
 */
export async function retried(
  attempt: () => Promise<string | undefined>,
  onHung: (text: string) => void,
): Promise<number> {
  for (let tries = 1; tries <= TRIES; tries++) {
    const hung = await attempt();
    if (hung === undefined) return tries;
    onHung(`try ${tries}: ${hung}`);
  }
  throw new LabError(`the boot hung ${TRIES} times`);
}

/** Waits for something to happen. Counts seconds in which this process ran: one that was stopped has not waited. */
class Patience {
  private left = 0;
  private complaint = '';
  private readonly timer: NodeJS.Timeout;

  constructor(giveUp: (complaint: string) => void) {
    this.timer = setInterval(() => {
      this.left--;
      if (this.left <= 0) giveUp(this.complaint);
    }, 1000);
  }

  expect(complaint: string, seconds: number): void {
    this.complaint = `${complaint} after ${seconds} s`;
    this.left = seconds;
  }

  end(): void {
    clearInterval(this.timer);
  }
}
