import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware } from './parameters.ts';
import { delVqs, findVqs, VIRTIO_PCI, type Virtqueues } from './virtio-pci.ts';

interface VirtioScsiState {
  /** Undefined while the machine sleeps. */
  vqs: Virtqueues | undefined;
}

export const virtioScsi: Driver = defineDriver<VirtioScsiState>({
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

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const vqs = init(device);
    if (typeof vqs !== 'number') return { vqs };
    device.disable();
    return vqs;
  },

  suspend(device, state) {
    if (state.vqs !== undefined) delVqs(device, state.vqs);
    state.vqs = undefined;
    device.disable();
  },

  resume(device, state) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const vqs = init(device);
    if (typeof vqs === 'number') return vqs;
    state.vqs = vqs;
    return 0;
  },

  remove(device, { vqs }) {
    if (vqs !== undefined) delVqs(device, vqs);
    device.disable();
  },
});

/** `virtscsi_init()`. */
function init(device: DriverDevice): Virtqueues | number {
  const cpus = (device.possible.last ?? 0) + 1;
  const requests = Array.from({ length: Math.min(cpus, device.parameter('queues')) }, () => 'request');
  return findVqs(device, ['control', 'event', ...requests], { preVectors: 2, postVectors: 0 });
}
