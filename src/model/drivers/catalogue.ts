/** The drivers whose behaviour is known, by name. */

import { aacraid } from './aacraid.ts';
import type { Driver } from './driver.ts';
import { hpsa } from './hpsa.ts';
import { idxd } from './idxd.ts';
import { megaraidSas } from './megaraid-sas.ts';
import { mpi3mr } from './mpi3mr.ts';
import { mpt3sas } from './mpt3sas.ts';
import { nvme } from './nvme.ts';
import { smartpqi } from './smartpqi.ts';

const DRIVERS: readonly Driver[] = [aacraid, hpsa, idxd, megaraidSas, mpi3mr, mpt3sas, nvme, smartpqi];

export const CATALOGUE: ReadonlyMap<string, Driver> = new Map(DRIVERS.map((driver) => [driver.name, driver]));
