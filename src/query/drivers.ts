import { nearNames } from '../base/near-names.ts';
import type { CatalogueDriver, Drivers } from '../format/drivers.ts';
import { CATALOGUE } from '../model/drivers/catalogue.ts';
import type { Driver } from '../model/drivers/driver.ts';
import { RequestError } from './request-error.ts';

/**
 * What the catalogue knows: of one driver, or of all by name.
 * @throws RequestError: no driver has that name
 */
export function driversOf(name?: string): Drivers {
  const found = name === undefined ? [...CATALOGUE.values()].sort(byName) : [driverNamed(name)];
  return { kind: 'drivers', version: 1, drivers: found.map(factsOf) };
}

function byName(a: Driver, b: Driver): number {
  return a.name < b.name ? -1 : 1;
}

/** What is longer is no driver's name, and the complaint stays one line that can be read. */
const LONGEST = 40;

function driverNamed(name: string): Driver {
  const driver = CATALOGUE.get(name);
  if (driver !== undefined) return driver;
  const word = name.slice(0, LONGEST);
  const near = nearNames(word, CATALOGUE.keys());
  const hint = near.length === 0 ? 'irqspace drivers lists them' : `near it: ${near.join(', ')}`;
  throw new RequestError(`no driver "${word}" in the catalogue; ${hint}`);
}

function factsOf(driver: Driver): CatalogueDriver {
  const parameters = Object.entries(driver.parameters);
  const byDefault = (name: string): number => driver.parameters[name]?.default ?? 0;
  const { msix, msi } = driver.capabilities(byDefault);
  return {
    name: driver.name,
    summary: driver.summary,
    instance: driver.instance,
    parameters: parameters.map(([name, { is, meaning, min, max, default: value }]) => ({
      ...{ name, is, meaning, min, max },
      default: value,
    })),
    capabilities: {
      ...(msix === undefined ? {} : { msix }),
      ...(msi === undefined ? {} : { msi: { messages: 2 ** msi.log2Count, maskable: msi.maskable } }),
    },
    ...(driver.vf === undefined ? {} : { vf: { driver: driver.vf.driver, max: driver.vf.max(byDefault) } }),
    steps: {
      link: driver.open !== undefined,
      vfs: driver.configureVfs !== undefined,
      cpus: driver.cpuGoes !== undefined || driver.cpusChanged !== undefined,
      suspend: suspendOf(driver),
    },
    sources: driver.sources.map(({ file, functions, kernel }) => ({
      file,
      functions: [...functions],
      kernel,
    })),
  };
}

function suspendOf({ refusesSuspend, suspend, resume }: Driver): CatalogueDriver['steps']['suspend'] {
  if (refusesSuspend !== undefined) return 'refuses';
  return suspend === undefined && resume === undefined ? 'keeps' : 'changes';
}
