/** The drivers whose behaviour is known, by name. */
import type { Driver } from './driver.ts';
import { ena } from './ena.ts';
import { i40e } from './i40e.ts';
import { iavf } from './iavf.ts';
import { ice } from './ice.ts';
import { ixgbe } from './ixgbe.ts';
import { ixgbevf } from './ixgbevf.ts';
import { mlx5Core } from './mlx5-core.ts';
import { nvme } from './nvme.ts';

const DRIVERS: readonly Driver[] = [ena, i40e, iavf, ice, ixgbe, ixgbevf, mlx5Core, nvme];

export const CATALOGUE: ReadonlyMap<string, Driver> = new Map(DRIVERS.map((driver) => [driver.name, driver]));
