import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware } from './parameters.ts';
import { virtioNetMasks } from './virtio-net-masks.ts';
import { delVqs, findVqs, setVqAffinity, VIRTIO_PCI, type Virtqueues } from './virtio-pci.ts';

interface VirtioNetState {
  /** Undefined while the machine sleeps. */
  vqs: Virtqueues | undefined;
  /** `curr_queue_pairs`: as many as CPUs were online, also when more come. */
  readonly pairs: number;
}

/** The control queue does not interrupt. */
export const virtioNet: Driver = defineDriver<VirtioNetState>({
  name: 'virtio_net',
  instance: 'virtio',
  summary:
    'One vector for the configuration and two per pair of queues, requested at probe, link or not; not ' +
    'managed, but each pair is steered to online CPUs of its own, again whenever a CPU comes or goes. ' +
    'Suspend gives all of them back.',
  sources: [
    {
      file: 'drivers/net/virtio_net.c',
      functions: [
        'virtnet_probe',
        'virtnet_find_vqs',
        'virtnet_set_affinity',
        'virtnet_clean_affinity',
        'virtnet_freeze',
        'virtnet_restore',
      ],
      kernel: '6.1',
    },
    VIRTIO_PCI,
  ],
  parameters: {
    queue_pairs: hardware(
      'queue pairs of the device (max_virtqueue_pairs; 1 without multi-queue)',
      1,
      0x8000,
      1,
    ),
  },
  capabilities: (parameter) => ({ msix: Math.min(2048, 2 * parameter('queue_pairs') + 2) }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const pairs = Math.min(device.online.size, device.parameter('queue_pairs'));
    const vqs = initVqs(device, pairs);
    if (typeof vqs !== 'number') return { vqs, pairs };
    device.disable();
    return vqs;
  },

  cpusChanged(device, { vqs, pairs }) {
    if (vqs !== undefined) setAffinity(device, vqs, pairs);
  },

  suspend(device, state) {
    if (state.vqs !== undefined) removeVqs(device, state.vqs);
    state.vqs = undefined;
    device.disable();
  },

  resume(device, state) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const vqs = initVqs(device, state.pairs);
    if (typeof vqs === 'number') return vqs;
    state.vqs = vqs;
    return 0;
  },

  remove(device, { vqs }) {
    if (vqs !== undefined) removeVqs(device, vqs);
    device.disable();
  },
});

/** `init_vqs()`. */
function initVqs(device: DriverDevice, pairs: number): Virtqueues | number {
  const names = Array.from({ length: device.parameter('queue_pairs') }, (_, pair) => [
    `input.${pair}`,
    `output.${pair}`,
  ]).flat();
  const vqs = findVqs(device, names);
  if (typeof vqs !== 'number') setAffinity(device, vqs, pairs);
  return vqs;
}

function setAffinity(device: DriverDevice, vqs: Virtqueues, pairs: number): void {
  for (const [pair, mask] of virtioNetMasks(device.online, pairs).entries()) {
    setVqAffinity(device, vqs, 2 * pair, mask);
    setVqAffinity(device, vqs, 2 * pair + 1, mask);
  }
}

/** `virtnet_del_vqs()`: hints first, for a shared vector has one too. */
function removeVqs(device: DriverDevice, vqs: Virtqueues): void {
  for (let queue = 0; queue < vqs.queues; queue++) setVqAffinity(device, vqs, queue, undefined);
  delVqs(device, vqs);
}
