/** The drivers whose behaviour is known, by name. */
import { aacraid } from './aacraid.ts';
import { ahci } from './ahci.ts';
import { bnxtEn } from './bnxt-en.ts';
import type { Driver } from './driver.ts';
import { e1000e } from './e1000e.ts';
import { ena } from './ena.ts';
import { hpsa } from './hpsa.ts';
import { i40e } from './i40e.ts';
import { iavf } from './iavf.ts';
import { ice } from './ice.ts';
import { idxd } from './idxd.ts';
import { igb } from './igb.ts';
import { igbvf } from './igbvf.ts';
import { ixgbe } from './ixgbe.ts';
import { ixgbevf } from './ixgbevf.ts';
import { lpfc } from './lpfc.ts';
import { megaraidSas } from './megaraid-sas.ts';
import { mlx5Core } from './mlx5-core.ts';
import { mpi3mr } from './mpi3mr.ts';
import { mpt3sas } from './mpt3sas.ts';
import { nvme } from './nvme.ts';
import { pcieport } from './pcieport.ts';
import { qla2xxx } from './qla2xxx.ts';
import { smartpqi } from './smartpqi.ts';
import { tg3 } from './tg3.ts';
import { virtioBlk } from './virtio-blk.ts';
import { virtioNet } from './virtio-net.ts';
import { virtioScsi } from './virtio-scsi.ts';
import { vmwPvscsi } from './vmw-pvscsi.ts';
import { vmxnet3 } from './vmxnet3.ts';
import { xhciHcd } from './xhci-hcd.ts';

const DRIVERS: readonly Driver[] = [
  aacraid,
  ahci,
  bnxtEn,
  e1000e,
  ena,
  hpsa,
  i40e,
  iavf,
  ice,
  idxd,
  igb,
  igbvf,
  ixgbe,
  ixgbevf,
  lpfc,
  megaraidSas,
  mlx5Core,
  mpi3mr,
  mpt3sas,
  nvme,
  pcieport,
  qla2xxx,
  smartpqi,
  tg3,
  virtioBlk,
  virtioNet,
  virtioScsi,
  vmwPvscsi,
  vmxnet3,
  xhciHcd,
];

export const CATALOGUE: ReadonlyMap<string, Driver> = new Map(DRIVERS.map((driver) => [driver.name, driver]));
