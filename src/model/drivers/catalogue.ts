/** The drivers whose behaviour is known, by name. */
import { aacraid } from './aacraid.ts';
import { ahci } from './ahci.ts';
import type { Driver } from './driver.ts';
import { e1000e } from './e1000e.ts';
import { hpsa } from './hpsa.ts';
import { idxd } from './idxd.ts';
import { igb } from './igb.ts';
import { igbvf } from './igbvf.ts';
import { megaraidSas } from './megaraid-sas.ts';
import { mpi3mr } from './mpi3mr.ts';
import { mpt3sas } from './mpt3sas.ts';
import { nvme } from './nvme.ts';
import { pcieport } from './pcieport.ts';
import { smartpqi } from './smartpqi.ts';

const DRIVERS: readonly Driver[] = [
  aacraid,
  ahci,
  e1000e,
  hpsa,
  idxd,
  igb,
  igbvf,
  megaraidSas,
  mpi3mr,
  mpt3sas,
  nvme,
  pcieport,
  smartpqi,
];

export const CATALOGUE: ReadonlyMap<string, Driver> = new Map(DRIVERS.map((driver) => [driver.name, driver]));
