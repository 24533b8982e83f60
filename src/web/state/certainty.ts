import { isExact, type Range } from '../../base/range.ts';
import type { Fits } from '../../format/fits.ts';
import type { Report } from '../../format/report.ts';

export type CertaintyWord = 'exact' | 'inferred' | 'bounded' | 'doubtful';

export const CERTAINTY_MEANINGS: Readonly<Record<CertaintyWord, string>> = {
  exact: 'Every figure was read from the kernel',
  inferred: 'Every figure is counted from procfs and sysfs, not read: see docs/limits.md',
  bounded: 'Some figures have bounds: see “What is not known”',
  doubtful: 'VECTOR was read, but does not hold together: see “What is not known”',
};

/** A report may have no bounds and still rest on rules. */
export function certaintyWord({ certainty, cpus, global }: Report): CertaintyWord {
  if (certainty === 'exact') return 'exact';
  const figures = [global.available, global.reserved, global.totalAllocated].concat(
    cpus.flatMap((cpu) => [cpu.capacity, cpu.available, cpu.allocated, cpu.managed, cpu.managedAllocated]),
  );
  if (!figures.every(isExact)) return 'bounded';
  return cpus.some((cpu) => cpu.vectors !== undefined) ? 'doubtful' : 'inferred';
}

export function hasBounds({ steps, onePrimary }: Fits): boolean {
  const figures: Range[] = steps.flatMap((step) => [step.needed, step.available]);
  if (onePrimary !== undefined) figures.push(onePrimary.needed, onePrimary.room);
  return !figures.every(isExact);
}
