import { ENODEV } from '../failures.ts';
import { type Driver, defineDriver } from './driver.ts';
import { option } from './parameters.ts';

export const vmwPvscsi: Driver = defineDriver<Record<string, never>>({
  name: 'vmw_pvscsi',
  instance: 'pvscsi',
  summary:
    'One vector of whatever kind there is, or the line; requested at probe, not managed. It has no ' +
    'power management: it stays while the machine sleeps.',
  sources: [
    {
      file: 'drivers/scsi/vmw_pvscsi.c',
      functions: ['pvscsi_probe', 'pvscsi_shutdown_intr', 'pvscsi_remove', 'pvscsi_pci_driver'],
      kernel: '6.1',
    },
  ],
  parameters: {
    disable_msix: option('1: no MSI-X', 0, 1, 0),
    disable_msi: option('1: no MSI', 0, 1, 0),
  },
  capabilities: () => ({ msix: 24, msi: { log2Count: 0, maskable: false, is64Bit: true } }),

  probe(device) {
    if (device.enable() < 0) return -ENODEV;
    const disabled = {
      msix: device.parameter('disable_msix'),
      msi: device.parameter('disable_msi'),
      intx: 0,
    };
    const types = (['msix', 'msi', 'intx'] as const).filter((type) => disabled[type] === 0);
    let ret = device.allocIrqVectors({ min: 1, max: 1, types });
    if (ret > 0) {
      const { mode } = device;
      const kind = { msix: 'MSI-X', msi: 'MSI', intx: 'INTx' }[mode];
      device.print('info', `vmw_pvscsi: using ${kind}`);
      ret = device.requestIrq(0, 'vmw_pvscsi', { shared: mode === 'intx' });
      if (ret === 0) return {};
      device.print('err', `vmw_pvscsi: unable to request IRQ: ${ret}`);
    }
    device.freeIrqVectors();
    device.disable();
    return ret;
  },

  remove(device) {
    device.freeIrq(0);
    device.freeIrqVectors();
    device.disable();
  },
});
