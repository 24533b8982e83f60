import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware } from './parameters.ts';
import { findVqs, VIRTIO_PCI, type VirtioState, type Virtqueues, virtioLife } from './virtio-pci.ts';

export const virtioScsi: Driver = defineDriver<VirtioState>({
  name: 'virtio_scsi',
  instance: 'virtio',
  summary:
    'One vector each for configuration, control and events, and one per request queue; a queue per ' +
    'possible CPU, spread and managed; requested at probe. Suspend gives all of them back.',
  sources: [
    {
      file: 'drivers/scsi/virtio_scsi.c',
      functions: ['virtscsi_probe', 'virtscsi_init', 'virtscsi_freeze', 'virtscsi_restore'],
      kernel: '6.1',
    },
    VIRTIO_PCI,
  ],
  parameters: {
    queues: hardware('request queues of the device (num_queues)', 1, 0xffff, 1024),
  },
  capabilities: (parameter) => ({ msix: Math.min(2048, parameter('queues') + 3) }),

  ...virtioLife(init),
});

/** `virtscsi_init()`. */
function init(device: DriverDevice): Virtqueues | number {
  const cpus = (device.possible.last ?? 0) + 1;
  const requests = Array.from({ length: Math.min(cpus, device.parameter('queues')) }, () => 'request');
  return findVqs(device, ['control', 'event', ...requests], { preVectors: 2, postVectors: 0 });
}
