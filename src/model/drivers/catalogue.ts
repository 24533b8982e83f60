/** The drivers whose behaviour is known, by name. */
import { ahci } from './ahci.ts';
import type { Driver } from './driver.ts';
import { e1000e } from './e1000e.ts';
import { igb } from './igb.ts';
import { igbvf } from './igbvf.ts';
import { nvme } from './nvme.ts';
import { pcieport } from './pcieport.ts';

const DRIVERS: readonly Driver[] = [pcieport, ahci, nvme, e1000e, igb, igbvf];

export const CATALOGUE: ReadonlyMap<string, Driver> = new Map(DRIVERS.map((driver) => [driver.name, driver]));
