/**
 * The driver catalogue: which interrupts of which driver are managed (`PCI_IRQ_AFFINITY`; every vector but
 * `pre_vectors` and `post_vectors` is then spread and kept by the kernel, specification 6.8). The part that
 * says how many vectors a driver asks for, and when, follows.
 *
 * `source` names the file and function that asks for the vectors. Kernels before 5.0 managed pre and post
 * vectors too; that difference is not carried here (docs/limits.md).
 */

export interface DriverEntry {
  readonly driver: string;
  /** `none`: no interrupt is managed. `queues`: those that {@link managedActions} names, no other. */
  readonly managed: 'none' | 'queues' | 'depends';
  /** Action names of the managed interrupts. */
  readonly managedActions?: RegExp;
  /** Action names that this driver gives to interrupts that are never managed. */
  readonly plainActions?: RegExp;
  readonly source: string;
}

const BLOCK_QUEUES: readonly DriverEntry[] = [
  {
    driver: 'nvme',
    managed: 'queues',
    managedActions: /^nvme\d+q[1-9]\d*$/,
    // The admin queue is a pre vector; with a single vector q0 and q1 share it and nothing is managed.
    plainActions: /^nvme\d+q0$/,
    source: 'drivers/nvme/host/pci.c nvme_setup_irqs(): pre_vectors 1',
  },
  {
    driver: 'virtio_blk',
    managed: 'queues',
    managedActions: /^virtio\d+-req\.\d+$/,
    source: 'drivers/block/virtio_blk.c init_vq()',
  },
  {
    driver: 'virtio_scsi',
    managed: 'queues',
    managedActions: /^virtio\d+-request$/,
    plainActions: /^virtio\d+-(control|event)$/,
    source: 'drivers/scsi/virtio_scsi.c virtscsi_init(): pre_vectors 2 (control, event)',
  },
  {
    driver: 'smartpqi',
    managed: 'queues',
    managedActions: /^smartpqi\b|^pqi\b/,
    source: 'drivers/scsi/smartpqi/smartpqi_init.c pqi_enable_msix_interrupts()',
  },
  {
    driver: 'mpi3mr',
    managed: 'queues',
    managedActions: /^mpi3mr\d+-msix([1-9]\d*)$/,
    plainActions: /^mpi3mr\d+-msix0$/,
    source: 'drivers/scsi/mpi3mr/mpi3mr_fw.c mpi3mr_setup_isr(): pre_vectors 1',
  },
];

/** Managed or not by module option, firmware or version: only the file mode (6.12+) or debugfs can tell. */
const DEPENDS: readonly (readonly [string, string])[] = [
  ['mpt3sas', 'drivers/scsi/mpt3sas/mpt3sas_base.c: smp_affinity_enable, high_iops_queues'],
  ['megaraid_sas', 'drivers/scsi/megaraid/megaraid_sas_base.c: smp_affinity_enable, low-latency vectors'],
  ['aacraid', 'drivers/scsi/aacraid/comminit.c: PCI_IRQ_AFFINITY dropped in 6.1.149'],
  ['hpsa', 'drivers/scsi/hpsa.c hpsa_interrupt_mode()'],
  ['lpfc', 'drivers/scsi/lpfc/lpfc_init.c lpfc_sli4_enable_msix(): by irq_affinity mode'],
  ['qla2xxx', 'drivers/scsi/qla2xxx/qla_isr.c qla24xx_enable_msix(): by ql2xmqsupport'],
  ['pm80xx', 'drivers/scsi/pm8001/pm8001_init.c'],
  ['be2iscsi', 'drivers/scsi/be2iscsi/be_main.c be2iscsi_enable_msix()'],
  ['csiostor', 'drivers/scsi/csiostor/csio_isr.c csio_enable_msix()'],
  ['virtiofs', 'fs/fuse/virtio_fs.c: request queues spread since 6.11'],
];

/** Drivers that never ask for managed interrupts. */
const PLAIN: readonly (readonly [string, string])[] = [
  ['pcieport', 'drivers/pci/pcie/portdrv.c pcie_port_enable_irq_vec()'],
  ['ahci', 'drivers/ata/ahci.c ahci_init_msi()'],
  ['xhci_hcd', 'drivers/usb/host/xhci-pci.c'],
  ['ehci-pci', 'drivers/usb/host/ehci-pci.c'],
  ['uhci_hcd', 'drivers/usb/host/uhci-hcd.c'],
  ['ohci-pci', 'drivers/usb/host/ohci-pci.c'],
  ['virtio_net', 'drivers/net/virtio_net.c virtnet_find_vqs(): no affinity, hints only'],
  ['vmxnet3', 'drivers/net/vmxnet3/vmxnet3_drv.c vmxnet3_acquire_msix_vectors()'],
  ['e1000', 'drivers/net/ethernet/intel/e1000/e1000_main.c'],
  ['e1000e', 'drivers/net/ethernet/intel/e1000e/netdev.c e1000e_set_interrupt_capability()'],
  ['igb', 'drivers/net/ethernet/intel/igb/igb_main.c igb_set_interrupt_capability()'],
  ['igbvf', 'drivers/net/ethernet/intel/igbvf/netdev.c'],
  ['igc', 'drivers/net/ethernet/intel/igc/igc_main.c'],
  ['ixgbe', 'drivers/net/ethernet/intel/ixgbe/ixgbe_lib.c ixgbe_acquire_msix_vectors()'],
  ['ixgbevf', 'drivers/net/ethernet/intel/ixgbevf/ixgbevf_main.c'],
  ['i40e', 'drivers/net/ethernet/intel/i40e/i40e_main.c i40e_reserve_msix_vectors()'],
  ['iavf', 'drivers/net/ethernet/intel/iavf/iavf_main.c iavf_acquire_msix_vectors()'],
  ['ice', 'drivers/net/ethernet/intel/ice/ice_irq.c'],
  ['idpf', 'drivers/net/ethernet/intel/idpf/idpf_lib.c'],
  ['mlx4_core', 'drivers/net/ethernet/mellanox/mlx4/main.c mlx4_enable_msi_x()'],
  ['mlx5_core', 'drivers/net/ethernet/mellanox/mlx5/core/pci_irq.c: affinity descriptors, is_managed false'],
  ['bnxt_en', 'drivers/net/ethernet/broadcom/bnxt/bnxt.c bnxt_init_msix()'],
  ['bnx2x', 'drivers/net/ethernet/broadcom/bnx2x/bnx2x_main.c'],
  ['bnx2', 'drivers/net/ethernet/broadcom/bnx2.c'],
  ['tg3', 'drivers/net/ethernet/broadcom/tg3.c tg3_enable_msix()'],
  ['r8169', 'drivers/net/ethernet/realtek/r8169_main.c'],
  ['cxgb4', 'drivers/net/ethernet/chelsio/cxgb4/cxgb4_main.c'],
  ['qede', 'drivers/net/ethernet/qlogic/qede/qede_main.c'],
  ['sfc', 'drivers/net/ethernet/sfc/efx_channels.c'],
  ['ena', 'drivers/net/ethernet/amazon/ena/ena_netdev.c ena_enable_msix()'],
  ['gve', 'drivers/net/ethernet/google/gve/gve_main.c'],
  ['atlantic', 'drivers/net/ethernet/aquantia/atlantic'],
  ['iwlwifi', 'drivers/net/wireless/intel/iwlwifi/pcie/trans.c'],
  ['i915', 'drivers/gpu/drm/i915'],
  ['xe', 'drivers/gpu/drm/xe'],
  ['amdgpu', 'drivers/gpu/drm/amd/amdgpu/amdgpu_irq.c'],
  ['nouveau', 'drivers/gpu/drm/nouveau'],
  ['snd_hda_intel', 'sound/pci/hda/hda_intel.c'],
  ['mei_me', 'drivers/misc/mei/pci-me.c'],
  ['i801_smbus', 'drivers/i2c/busses/i2c-i801.c'],
  ['intel-lpss', 'drivers/mfd/intel-lpss-pci.c'],
  ['thunderbolt', 'drivers/thunderbolt/nhi.c'],
  ['ioatdma', 'drivers/dma/ioat/init.c'],
  ['idxd', 'drivers/dma/idxd/init.c idxd_setup_interrupts()'],
  ['ccp', 'drivers/crypto/ccp/sp-pci.c'],
  ['vfio-pci', 'drivers/vfio/pci/vfio_pci_intrs.c'],
  ['vmw_pvscsi', 'drivers/scsi/vmw_pvscsi.c: one vector'],
  ['vmd', 'drivers/pci/controller/vmd.c vmd_alloc_irqs()'],
  ['sdhci-pci', 'drivers/mmc/host/sdhci-pci-core.c'],
];

export const DRIVERS: readonly DriverEntry[] = [
  ...BLOCK_QUEUES,
  ...DEPENDS.map(([driver, source]): DriverEntry => ({ driver, managed: 'depends', source })),
  ...PLAIN.map(([driver, source]): DriverEntry => ({ driver, managed: 'none', source })),
];

/**
 * Names that virtio devices give their vectors, for the PCI driver (`virtio-pci`) hides the real one.
 * `virtqueues` is the shared vector of the fallback without a vector per queue: not managed.
 */
const VIRTIO_PLAIN =
  /^virtio\d+-(config|virtqueues|(input|output)(\.\d+)?|control(-[io])?|rx|tx|event|inflate|deflate|stats|free_page_vq|reporting_vq|status(q|s)?|cursor|hiprio|tx|notification|eventq|statusq)$/;

/** What the catalogue says about one interrupt; undefined when it has no answer. */
export interface CatalogueAnswer {
  readonly managed: boolean | undefined;
  /** The entry's driver and source, for the user. */
  readonly by: string;
}

/**
 * @param driver the PCI driver, from sysfs; undefined where only names are known
 * @param actions action names in order
 */
export function managedByCatalogue(
  driver: string | undefined,
  actions: readonly string[],
): CatalogueAnswer | undefined {
  for (const entry of BLOCK_QUEUES) {
    // A vector that queue 0 shares is the pre vector, whatever else sits on it.
    if (actions.some((action) => entry.plainActions?.test(action))) return answer(entry, false);
    if (actions.some((action) => entry.managedActions?.test(action))) return answer(entry, true);
  }
  if (actions.some((action) => VIRTIO_PLAIN.test(action))) {
    return {
      managed: false,
      by: 'virtio: not a block or SCSI request queue (drivers/virtio/virtio_pci_common.c)',
    };
  }
  const entry = DRIVERS.find((candidate) => candidate.driver === driver);
  if (entry === undefined || entry.managed === 'queues') return undefined;
  return answer(entry, entry.managed === 'none' ? false : undefined);
}

function answer(entry: DriverEntry, managed: boolean | undefined): CatalogueAnswer {
  return { managed, by: `driver catalogue: ${entry.driver} (${entry.source})` };
}
