import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware, option } from './parameters.ts';
import { delVqs, findVqs, VIRTIO_PCI, type Virtqueues } from './virtio-pci.ts';

interface VirtioBlkState {
  /** Undefined while the machine sleeps. */
  vqs: Virtqueues | undefined;
}

export const virtioBlk: Driver = defineDriver<VirtioBlkState>({
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

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const vqs = initVq(device);
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
    const vqs = initVq(device);
    if (typeof vqs === 'number') return vqs;
    state.vqs = vqs;
    return 0;
  },

  remove(device, { vqs }) {
    if (vqs !== undefined) delVqs(device, vqs);
    device.disable();
  },
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
