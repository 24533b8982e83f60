import { driversOf } from '../../query/drivers.ts';
import { EXIT } from '../exit-codes.ts';
import { type Output, writeJson } from '../output.ts';
import { renderDriver, renderDrivers } from '../render/drivers.ts';

export interface DriversOptions {
  readonly json?: boolean;
}

export function runDrivers(name: string | undefined, options: DriversOptions, out: Output): number {
  const answer = driversOf(name);
  const [driver] = answer.drivers;
  if (options.json === true) writeJson(out, answer);
  else if (name === undefined || driver === undefined) out.write(renderDrivers(answer, out));
  else out.write(renderDriver(driver, out));
  return EXIT.ok;
}
