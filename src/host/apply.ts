/**
 * Writes affinity masks, and nothing else: the only file that changes a machine. Every mask is in the journal before it
 * is written; the first refusal, or anything that is not as planned, ends it and everything written is restored.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseCpuList, parseCpuMask } from '../base/cpu-list.ts';
import type { CpuSet } from '../base/cpu-set.ts';
import type { AppliedWrite } from '../format/apply.ts';
import type { PlanWrite } from '../format/plan.ts';
import type { Intent, Journal } from './journal.ts';
import { readFileBounded } from './read-file.ts';
import { errnoOf, RootError } from './root-error.ts';

/** The affinity files of a machine. Tests have one that refuses. */
export interface AffinityFiles {
  /** smp_affinity; undefined where the interrupt is gone. */
  affinity(irq: number): CpuSet | undefined;
  effective(irq: number): CpuSet | undefined;
  /** The errno's name; undefined where it was taken. */
  write(irq: number, list: string): string | undefined;
}

/** A page is more than /proc ever shows here. */
const MAX_BYTES = 64 * 1024;

/** /proc/irq below `root`; a directory with the same files will do. */
export class ProcAffinity implements AffinityFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  affinity(irq: number): CpuSet | undefined {
    return (
      this.#read(irq, 'smp_affinity_list', parseCpuList) ?? this.#read(irq, 'smp_affinity', parseCpuMask)
    );
  }

  effective(irq: number): CpuSet | undefined {
    return this.#read(irq, 'effective_affinity_list', parseCpuList);
  }

  write(irq: number, list: string): string | undefined {
    try {
      const { O_WRONLY, O_TRUNC, O_NOFOLLOW } = constants;
      const fd = openSync(this.#path(irq, 'smp_affinity_list'), O_WRONLY | O_TRUNC | O_NOFOLLOW);
      try {
        // One call: the kernel takes the mask as a whole.
        writeSync(fd, `${list}\n`);
      } finally {
        closeSync(fd);
      }
      return undefined;
    } catch (error) {
      return errnoOf(error) ?? String(error);
    }
  }

  #read(irq: number, file: string, parse: typeof parseCpuList): CpuSet | undefined {
    try {
      const bytes = readFileBounded(this.#path(irq, file), MAX_BYTES);
      const parsed = bytes === undefined ? undefined : parse(Buffer.from(bytes).toString('latin1'));
      return parsed?.ok === true ? parsed.value : undefined;
    } catch {
      return undefined;
    }
  }

  #path(irq: number, file: string): string {
    if (!Number.isSafeInteger(irq) || irq < 0) throw new Error(`${irq} is no interrupt`);
    return join(this.#root, 'proc', 'irq', String(irq), file);
  }
}

export interface ApplyOutcome {
  readonly outcome: 'applied' | 'refused' | 'not-restored';
  readonly writes: readonly AppliedWrite[];
  readonly notes: readonly string[];
}

export interface Patience {
  /** How often the effective affinity is looked at before a move is called pending. */
  readonly looks: number;
  /** Waits between two looks. */
  pause(): void;
}

/** What is written to a journal on the way. */
export type JournalOfWrites = Pick<Journal, 'intend' | 'end'>;

/** Writes in order. What is not as the plan has it is as good as a refusal. */
export function applyWrites(
  planned: readonly PlanWrite[],
  files: AffinityFiles,
  journal: JournalOfWrites,
  patience: Patience,
): ApplyOutcome {
  const written: Intent[] = [];
  for (const { irq, from, to } of planned) {
    const now = files.affinity(irq)?.toString();
    if (now !== from) {
      const note =
        now === undefined
          ? `IRQ ${irq} is gone since it was planned`
          : `IRQ ${irq} may go to CPU ${now} now, in the plan to CPU ${from}: somebody else writes masks`;
      return stopped(written, files, journal, note, undefined);
    }
    const unwritten = failureOf(() => journal.intend({ irq, from, to }));
    if (unwritten !== undefined) return stopped(written, files, journal, unwritten, undefined);
    const errno = files.write(irq, to);
    if (errno !== undefined) {
      const refused: AppliedWrite = { irq, from, to, result: 'refused', errno };
      const note = `the kernel refused IRQ ${irq} to CPU ${to}: ${errno}`;
      return stopped(written, files, journal, note, refused);
    }
    written.push({ irq, from, to });
    const shown = files.affinity(irq)?.toString();
    if (shown !== to) {
      const note = `IRQ ${irq} was sent to CPU ${to}, and shows ${shown === undefined ? 'nothing' : `CPU ${shown}`}`;
      return stopped(written, files, journal, note, undefined);
    }
  }
  const writes = verify(written, files, patience);
  journal.end('applied');
  return { outcome: 'applied', writes, notes: [] };
}

/** Done where the effective affinity lies within the mask, pending where it does not yet. */
function verify(written: readonly Intent[], files: AffinityFiles, patience: Patience): AppliedWrite[] {
  const arrived = (one: Intent): boolean => {
    const wanted = parseCpuList(one.to);
    const effective = files.effective(one.irq);
    return wanted.ok && effective !== undefined && !effective.isEmpty && effective.isSubsetOf(wanted.value);
  };
  let waiting = written.filter((one) => !arrived(one));
  for (let look = 1; look < patience.looks && waiting.length > 0; look++) {
    patience.pause();
    waiting = waiting.filter((one) => !arrived(one));
  }
  const pending = new Set(waiting);
  return written.map((one) => ({
    ...one,
    result: pending.has(one) ? ('pending' as const) : ('done' as const),
    ...effectiveOf(one.irq, files),
  }));
}

function effectiveOf(irq: number, files: AffinityFiles): Pick<AppliedWrite, 'effective'> {
  const effective = files.effective(irq)?.toString();
  return effective === undefined ? {} : { effective };
}

function stopped(
  written: readonly Intent[],
  files: AffinityFiles,
  journal: JournalOfWrites,
  note: string,
  refused: AppliedWrite | undefined,
): ApplyOutcome {
  const writes = restore(written, files, true);
  const whole = isRestored(writes);
  // Where it cannot be written the masks are restored all the same, and rollback finds nothing to do.
  failureOf(() => journal.end(whole ? 'rolled-back' : 'not-restored'));
  return {
    outcome: whole ? 'refused' : 'not-restored',
    writes: [...(refused === undefined ? [] : [refused]), ...writes],
    notes: [note],
  };
}

function failureOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof RootError) return error.message;
    throw error;
  }
}

export function isRestored(writes: readonly AppliedWrite[]): boolean {
  return writes.every(({ result }) => result === 'restored' || result === 'gone');
}

/**
 * The masks of before, last written first. One that is neither what was there nor what was written is somebody else's:
 * it stays, unless `force`. (A file that shows nothing was cut off while it was written: not the kernel's, a copy's.)
 */
export function restore(written: readonly Intent[], files: AffinityFiles, force: boolean): AppliedWrite[] {
  return [...written].reverse().map((one): AppliedWrite => {
    const now = files.affinity(one.irq)?.toString();
    if (now === undefined) return { ...one, result: 'gone' };
    if (now === one.from) return { ...one, result: 'restored', ...effectiveOf(one.irq, files) };
    if (now !== one.to && now !== '' && !force)
      return { ...one, result: 'foreign', ...effectiveOf(one.irq, files) };
    const errno = files.write(one.irq, one.from);
    const shown = files.affinity(one.irq)?.toString();
    if (errno === undefined && shown === one.from) {
      return { ...one, result: 'restored', ...effectiveOf(one.irq, files) };
    }
    return { ...one, result: 'not-restored', ...(errno === undefined ? {} : { errno }) };
  });
}
