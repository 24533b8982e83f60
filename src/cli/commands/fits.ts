import { fitsOf, NOTHING_ASKED } from '../../query/fits.ts';
import { type FitsChange, parseChange } from '../../query/fits-change.ts';
import { fitsMaxOf } from '../../query/fits-max.ts';
import { EXIT } from '../exit-codes.ts';
import { type MachineOptions, readMachineWithTopology } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { renderFits } from '../render/fits.ts';
import { UsageError } from '../usage-error.ts';

export interface FitsOptions extends MachineOptions {
  readonly max?: boolean;
  readonly json?: boolean;
}

/** As it stands on the command line. */
export interface AskedChange {
  readonly kind: FitsChange['kind'];
  readonly value: string;
}

export function runFits(asked: readonly AskedChange[], options: FitsOptions, out: Output): number {
  if (asked.length === 0) throw new UsageError(NOTHING_ASKED);
  const changes = asked.map(({ kind, value }) => parseChange(kind, value));
  const machine = readMachineWithTopology(options);
  const fits = options.max === true ? fitsMaxOf(machine, changes) : fitsOf(machine, changes);
  if (options.json === true) writeJson(out, fits);
  else out.write(renderFits(fits, out));
  return fits.fits === true ? EXIT.ok : EXIT.no;
}
