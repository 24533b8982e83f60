import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware, option } from './parameters.ts';
import { findVqs, VIRTIO_PCI, type VirtioState, type Virtqueues, virtioLife } from './virtio-pci.ts';

export const virtioBlk: Driver = defineDriver<VirtioState>({
  name: 'virtio_blk',
  instance: 'virtio',
  summary:
    'One vector for the configuration and one per queue; a queue per possible CPU, spread and managed, ' +
    'polled ones without a vector; requested at probe. Suspend gives all of them back.',
  sources: [
    {
      file: 'drivers/block/virtio_blk.c',
      functions: ['virtblk_probe', 'init_vq', 'virtblk_freeze', 'virtblk_restore'],
      kernel: '6.1',
    },
    VIRTIO_PCI,
  ],
  parameters: {
    queues: hardware('request queues of the device (num_queues; 1 without multi-queue)', 1, 0xffff, 1024),
    num_request_queues: option('limit of request queues per device; 0 is as many as CPUs', 0, 0xffff_ffff, 0),
    poll_queues: option('how many of the queues are polled', 0, 0xffff_ffff, 0),
  },
  capabilities: (parameter) => ({ msix: Math.min(2048, parameter('queues') + 1) }),

  ...virtioLife(initVq),
});

function initVq(device: DriverDevice): Virtqueues | number {
  const cpus = nrCpuIds(device);
  const queues = Math.min(device.parameter('num_request_queues') || cpus, cpus, device.parameter('queues'));
  const polled = Math.min(device.parameter('poll_queues'), queues - 1);
  const names = Array.from({ length: queues - polled }, (_, n) => `req.${n}`);
  return findVqs(device, names, { preVectors: 0, postVectors: 0 });
}

/** `nr_cpu_ids`. */
function nrCpuIds({ possible }: DriverDevice): number {
  return (possible.last ?? 0) + 1;
}
