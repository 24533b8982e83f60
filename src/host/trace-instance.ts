/**
 * A tracing instance of our own, where the user asked for one: the only other thing that is written to a machine. It
 * records the vector domain's tracepoints in a buffer of its own and leaves everybody else's tracing alone; removing it
 * gives all of it back.
 */
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf, reasonOf } from './root-error.ts';

/** Where tracefs is mounted; the second is the older place. */
const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
const OURS = /^irqspace-(\d{1,10})$/;
/**
 * For each CPU: a move has about five events, some 400 bytes together, all of them recorded where it was asked for, and a
 * plan has hundreds of moves at once. Not more than so much on all CPUs together where there are many.
 */
const BUFFER_KB = 512;
const LEAST_KB = 64;
const MOST_KB = 64 * 1024;
const CHUNK = 64 * 1024;
/** More than this in one reading is left for the next. */
const MOST_CHUNKS = 16;
const NEWLINE = 10;

export class TraceInstance {
  /** Below tracefs: `instances/irqspace-123`. */
  readonly name: string;
  readonly #directory: string;
  readonly #chunk = Buffer.alloc(CHUNK);
  #pipe: number | undefined;
  #open = true;
  /** The beginning of a line whose end was not there yet. */
  #rest: Buffer = Buffer.alloc(0);

  private constructor(directory: string, name: string) {
    this.#directory = directory;
    this.name = name;
  }

  /**
   * @param places where tracefs may be mounted
   * @returns why there is none: tracefs is not there, or it may not be written to
   */
  static create(places: readonly string[] = PLACES): TraceInstance | { readonly why: string } {
    const tracefs = places.find((place) => existsSync(join(place, 'instances')));
    if (tracefs === undefined) return { why: 'no tracefs, or not for this user' };
    removeLeftOver(tracefs);
    const name = join('instances', `irqspace-${process.pid}`);
    const instance = new TraceInstance(join(tracefs, name), name);
    try {
      mkdirSync(instance.#directory, 0o700);
    } catch (error) {
      return { why: `${join(tracefs, name)}: ${reasonOf(error)}` };
    }
    try {
      instance.#begin();
      return instance;
    } catch (error) {
      instance.close();
      return { why: `${join(tracefs, name)}: ${reasonOf(error)}` };
    }
  }

  #begin(): void {
    // First: what a new instance has is 1.4 MB for each CPU.
    const cpus = readdirSync(join(this.#directory, 'per_cpu')).length;
    this.#write('buffer_size_kb', String(bufferKb(cpus)));
    this.#write('events/irq_matrix/enable', '1');
    const events = readdirSync(join(this.#directory, 'events/irq_vectors'));
    for (const event of events.filter((one) => one.startsWith('vector_'))) {
      this.#write(`events/irq_vectors/${event}/enable`, '1');
    }
    const { O_RDONLY, O_NONBLOCK } = constants;
    this.#pipe = openSync(join(this.#directory, 'trace_pipe'), O_RDONLY | O_NONBLOCK);
  }

  /** Not created where it is missing: tracefs has all of these, and a directory that is none has not. */
  #write(file: string, text: string): void {
    const fd = openSync(join(this.#directory, file), constants.O_WRONLY);
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
  }

  /** What was recorded since the last call, in whole lines; it is gone from the buffer then. */
  read(): string {
    if (this.#pipe === undefined) return '';
    const parts: Buffer[] = [this.#rest];
    for (let chunks = 0; chunks < MOST_CHUNKS; chunks++) {
      const got = readOrNothing(this.#pipe, this.#chunk);
      if (got === 0) break;
      parts.push(Buffer.from(this.#chunk.subarray(0, got)));
    }
    const all = Buffer.concat(parts);
    const end = all.lastIndexOf(NEWLINE) + 1;
    this.#rest = all.subarray(end);
    return all.toString('utf8', 0, end);
  }

  /** Gives everything back; does nothing when called again. @returns why it is still there */
  close(): string | undefined {
    if (!this.#open) return undefined;
    this.#open = false;
    if (this.#pipe !== undefined) closeSync(this.#pipe);
    this.#pipe = undefined;
    return removed(this.#directory);
  }
}

export function bufferKb(cpus: number): number {
  return Math.max(LEAST_KB, Math.min(BUFFER_KB, Math.floor(MOST_KB / Math.max(1, cpus))));
}

/** Nothing recorded is EAGAIN; a pipe without anything more to come ends. */
function readOrNothing(fd: number, into: Buffer): number {
  try {
    return readSync(fd, into, 0, into.length, null);
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN' || errnoOf(error) === 'EINTR') return 0;
    throw error;
  }
}

/** Of a process that was killed. One that lives in another PID namespace reads its own: the kernel says EBUSY then. */
function removeLeftOver(tracefs: string): void {
  const instances = join(tracefs, 'instances');
  for (const name of namesIn(instances)) {
    const pid = OURS.exec(name)?.[1];
    if (pid === undefined) continue;
    if (Number(pid) !== process.pid && existsSync(`/proc/${pid}`)) continue;
    removed(join(instances, name));
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function removed(directory: string): string | undefined {
  try {
    rmdirSync(directory);
    return undefined;
  } catch (error) {
    return `${directory}: ${reasonOf(error)}`;
  }
}
