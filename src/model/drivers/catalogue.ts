/** The drivers whose behaviour is known, by name. */
import type { Driver } from './driver.ts';
import { megaraidSas } from './megaraid-sas.ts';
import { mpi3mr } from './mpi3mr.ts';
import { nvme } from './nvme.ts';

const DRIVERS: readonly Driver[] = [megaraidSas, mpi3mr, nvme];

export const CATALOGUE: ReadonlyMap<string, Driver> = new Map(DRIVERS.map((driver) => [driver.name, driver]));
