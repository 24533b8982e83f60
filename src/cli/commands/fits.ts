import { parseCpuSequence } from '../../base/cpu-list.ts';
import { type FitsChange, fitsOf } from '../../query/fits.ts';
import { EXIT } from '../exit-codes.ts';
import { type MachineOptions, readMachine } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { renderFits } from '../render/fits.ts';
import { clip } from '../render/text.ts';
import { UsageError } from '../usage-error.ts';

/** `--offline LIST`: the order is the order in which the CPUs go. */
export function offlineChange(list: string): FitsChange {
  const cpus = parseCpuSequence(list);
  if (!cpus.ok) {
    const { text, expected } = cpus.error;
    throw new UsageError(`--offline: expected ${expected}, found "${clip(text, 40)}"`);
  }
  if (cpus.value.length === 0) throw new UsageError('--offline: expected a CPU list like 3,2,1 or 4-7');
  return { kind: 'offline', cpus: cpus.value };
}

export function runFits(
  changes: readonly FitsChange[],
  options: MachineOptions & { readonly json?: boolean },
  out: Output,
): number {
  if (changes.length === 0) {
    throw new UsageError('say what should fit: --hibernate, --suspend or --offline LIST');
  }
  const fits = fitsOf(readMachine(options), changes);
  if (options.json === true) writeJson(out, fits);
  else out.write(renderFits(fits, out));
  return fits.fits === true ? EXIT.ok : EXIT.no;
}
