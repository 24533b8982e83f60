/**
 * What `apply` is about to write and has written, on disk before it is written: what is left of it after a kill at any
 * moment is enough to restore every mask. One line of JSON a record; a last line that was cut off says nothing.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readFileBounded } from './read-file.ts';
import { errnoOf, RootError, reasonOf } from './root-error.ts';

/** More writes than any plan has. */
const MAX_BYTES = 256 * 1024 * 1024;

export interface JournalHeader {
  readonly journal: 'irqspace apply';
  readonly version: 1;
  /** Digest of the state that the plan was made for. */
  readonly plan: string;
  /** /proc/sys/kernel/random/boot_id: another boot has nothing to restore. */
  readonly boot?: string | undefined;
}

/** A mask that is about to be written. */
export interface Intent {
  readonly irq: number;
  readonly from: string;
  readonly to: string;
}

/** How it ended; undefined: it was interrupted. */
export type JournalEnd = 'applied' | 'rolled-back' | 'not-restored';

export interface JournalContent {
  readonly header: JournalHeader;
  readonly intents: readonly Intent[];
  readonly end: JournalEnd | undefined;
}

export class Journal {
  readonly path: string;
  readonly #fd: number;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  /** A new one, in place of what is there: whole under its name, or not at all. */
  static create(path: string, header: JournalHeader): Journal {
    const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
    return journalErrors(path, () => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const fd = openSync(temporary, 'wx', 0o600);
      writeAll(fd, `${JSON.stringify(header)}\n`);
      fsyncSync(fd);
      renameSync(temporary, path);
      syncFolder(path);
      return new Journal(path, fd);
    });
  }

  /** Goes on with one that was interrupted. */
  static reopen(path: string): Journal {
    return journalErrors(path, () => {
      const fd = openSync(path, 'a');
      // The line that was cut off ends here.
      writeAll(fd, '\n');
      return new Journal(path, fd);
    });
  }

  /** Returns when it is on disk. */
  intend({ irq, from, to }: Intent): void {
    this.#append({ write: irq, from, to });
  }

  end(end: JournalEnd): void {
    this.#append({ end });
  }

  close(): void {
    closeSync(this.#fd);
  }

  #append(record: object): void {
    journalErrors(this.path, () => {
      writeAll(this.#fd, `${JSON.stringify(record)}\n`);
      fsyncSync(this.#fd);
    });
  }
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** The name itself is only safe when its folder is. */
function syncFolder(path: string): void {
  const fd = openSync(dirname(path), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Undefined where there is none. @throws RootError where it cannot be read, or is something else */
export function readJournal(path: string): JournalContent | undefined {
  const bytes = journalErrors(path, () => {
    try {
      return readFileBounded(path, MAX_BYTES);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
  return bytes === undefined ? undefined : parseJournal(path, Buffer.from(bytes).toString('utf8'));
}

export function parseJournal(path: string, text: string): JournalContent {
  const records = text.split('\n').map(parseLine);
  const [header] = records;
  if (!isHeader(header)) throw new RootError(path, 'is no journal of irqspace apply, or of another version');
  const intents: Intent[] = [];
  let end: JournalEnd | undefined;
  for (const record of records) {
    if (isIntent(record)) intents.push({ irq: record.write, from: record.from, to: record.to });
    else if (isEnd(record)) end = record.end;
  }
  return { header, intents, end };
}

/** Undefined for a line that was cut off. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isHeader(value: unknown): value is JournalHeader {
  return (
    has(value, 'journal', 'version', 'plan') &&
    value.journal === 'irqspace apply' &&
    value.version === 1 &&
    typeof value.plan === 'string'
  );
}

function isIntent(value: unknown): value is { write: number; from: string; to: string } {
  return (
    has(value, 'write', 'from', 'to') &&
    Number.isSafeInteger(value.write) &&
    typeof value.from === 'string' &&
    typeof value.to === 'string'
  );
}

function isEnd(value: unknown): value is { end: JournalEnd } {
  return has(value, 'end') && ['applied', 'rolled-back', 'not-restored'].includes(String(value.end));
}

function has<K extends string>(value: unknown, ...keys: readonly K[]): value is Record<K, unknown> {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}

function journalErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RootError) throw error;
    throw new RootError(path, `the journal cannot be used: ${reasonOf(error)}`);
  }
}
