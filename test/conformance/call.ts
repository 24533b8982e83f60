import { KernelBug } from '../../src/model/failures.ts';
import { type KernelProfile, profileNamed } from '../../src/model/kernel-profile.ts';
import type { Matrix, MatrixObserver, MatrixOptions } from '../../src/model/matrix.ts';
import { type Difference, type LogLine, MalformedLine } from './log-line.ts';

/** Counts what the model says during one call. */
export class CallRecorder implements MatrixObserver {
  warnings = 0;
  reservationWarnings = 0;
  bug = 0;

  warn(): void {
    this.warnings++;
  }

  reservationExceedsAvailable(): void {
    this.reservationWarnings++;
  }

  /** Runs one operation; a BUG is an outcome like another. 0 where there is no result. */
  run(call: () => number | undefined): number {
    this.warnings = 0;
    this.reservationWarnings = 0;
    this.bug = 0;
    try {
      return call() ?? 0;
    } catch (error) {
      if (!(error instanceof KernelBug)) throw error;
      this.bug = 1;
      return 0;
    }
  }
}

/** The profile a log names (`6.1`, `newest`). */
export function profileOfLog(line: LogLine): KernelProfile {
  const name = line.text('kernel');
  const profile = profileNamed(name);
  if (profile === undefined) throw new MalformedLine(`kernel "${name}" is not one the model knows`);
  return profile;
}

export function compare(differences: Difference[], field: string, expected: number, got: number): void {
  if (expected !== got) differences.push({ field, expected: String(expected), got: String(got) });
}

const GLOBALS = ['global_available', 'global_reserved', 'total_allocated', 'online_maps'] as const;

/** `g`: both formats print the same four figures. */
export function compareGlobals(differences: Difference[], line: LogLine, matrix: Matrix): void {
  const expected = line.integers('g', 4);
  const got = [matrix.globalAvailable, matrix.globalReserved, matrix.totalAllocated, matrix.onlineMaps];
  for (const [at, name] of GLOBALS.entries()) {
    compare(differences, `g.${name}`, expected[at] ?? 0, got[at] ?? 0);
  }
}

/** The index is asked even where a scan would be as fast: the logs are of small machines. */
export const INDEXED: MatrixOptions = { choosesBy: 'rankings' };
