/**
 * How every virtio driver gets its interrupts on PCI (drivers/virtio/virtio_pci_common.c, `vp_find_vqs()` and
 * `vp_del_vqs()`, 6.1): a vector for the configuration and one for each queue, or one for all queues, or the INTx line.
 */
import type { IrqAffinity } from '../spreading/spreading.ts';
import type { Driver, DriverDevice, DriverSource } from './driver.ts';

export const VIRTIO_PCI: DriverSource = {
  file: 'drivers/virtio/virtio_pci_common.c',
  functions: ['vp_find_vqs', 'vp_find_vqs_msix', 'vp_request_msix_vectors', 'vp_find_vqs_intx', 'vp_del_vqs'],
  kernel: '6.1',
};

/** Messages of MSI-X: the configuration's, then the queues' (VP_MSIX_CONFIG_VECTOR, VP_MSIX_VQ_VECTOR). */
const CONFIG = 0;
const FIRST_QUEUE = 1;

/** The virtqueues of a device that is set up. */
export interface Virtqueues {
  /** A message per queue, one for all of them, or the line. */
  readonly vectors: 'each' | 'shared' | 'intx';
  /** Queues with an interrupt: with `each`, queue n has message n + 1. */
  readonly queues: number;
}

/**
 * `virtio_find_vqs()`.
 * @param names of the queues that have a callback: a queue without one gets no interrupt
 * @param affinity spreads the queues, managed, where each has a vector of its own; without the configuration's vector
 */
export function findVqs(
  device: DriverDevice,
  names: readonly string[],
  affinity?: IrqAffinity,
): Virtqueues | number {
  const queues = names.length;
  // VP_VQ_VECTOR_POLICY_EACH, then _SHARED_SLOW: no device here has an admin queue, which alone makes a difference.
  for (let tries = device.profile.virtioTriesTwice ? 2 : 1; tries > 0; tries--) {
    if (eachAVector(device, names, affinity) === 0) return { vectors: 'each', queues };
  }
  const ret = sharedVector(device);
  if (ret === 0) return { vectors: 'shared', queues };
  if (device.fn.line === undefined) return ret;
  const line = device.requestIrq(0, device.name, { shared: true });
  return line < 0 ? line : { vectors: 'intx', queues };
}

export interface VirtioState {
  /** Undefined while the machine sleeps. */
  vqs: Virtqueues | undefined;
}

/** A driver whose queues come with the probe and are set up anew after every sleep. */
export function virtioLife(
  init: (device: DriverDevice) => Virtqueues | number,
): Required<Pick<Driver<VirtioState>, 'probe' | 'suspend' | 'resume' | 'remove'>> {
  return {
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
  };
}

/** `vp_del_vqs()`. */
export function delVqs(device: DriverDevice, { vectors, queues }: Virtqueues): void {
  if (vectors === 'each') freeQueues(device, queues);
  if (vectors === 'shared') freeAscending(device, [CONFIG, FIRST_QUEUE]);
  else device.freeIrq(CONFIG);
  if (vectors !== 'intx') device.freeIrqVectors();
}

/** `virtqueue_set_affinity()`: of the n-th queue with an interrupt; nothing on a line. */
export function setVqAffinity(
  device: DriverDevice,
  { vectors }: Virtqueues,
  queue: number,
  mask: Parameters<DriverDevice['setAffinityAndHint']>[1],
): void {
  if (vectors === 'intx') return;
  device.setAffinityAndHint(vectors === 'each' ? FIRST_QUEUE + queue : FIRST_QUEUE, mask);
}

function eachAVector(
  device: DriverDevice,
  names: readonly string[],
  affinity: IrqAffinity | undefined,
): number {
  const ret = configVector(device, 1 + names.length, affinity);
  if (ret < 0) return ret;
  for (const [queue, name] of names.entries()) {
    const err = device.requestIrq(FIRST_QUEUE + queue, `${device.name}-${name}`);
    if (err === 0) continue;
    freeQueues(device, queue);
    freeAscending(device, [CONFIG]);
    device.freeIrqVectors();
    return err;
  }
  return 0;
}

function sharedVector(device: DriverDevice): number {
  const ret = configVector(device, 2, undefined);
  if (ret < 0) return ret;
  const err = device.requestIrq(FIRST_QUEUE, `${device.name}-virtqueues`);
  if (err === 0) return 0;
  freeAscending(device, [CONFIG]);
  device.freeIrqVectors();
  return err;
}

/** `vp_request_msix_vectors()`: all messages or none, and the configuration's handler. */
function configVector(device: DriverDevice, count: number, affinity: IrqAffinity | undefined): number {
  const spread =
    affinity === undefined
      ? {}
      : { spread: true, affinity: { ...affinity, preVectors: affinity.preVectors + 1 } };
  const ret = device.allocIrqVectors({ min: count, max: count, types: ['msix'], ...spread });
  if (ret < 0) return ret;
  const err = device.requestIrq(CONFIG, `${device.name}-config`);
  if (err < 0) device.freeIrqVectors();
  return err;
}

function freeQueues(device: DriverDevice, queues: number): void {
  for (let queue = 0; queue < queues; queue++) {
    device.setAffinityAndHint(FIRST_QUEUE + queue, undefined);
    device.freeIrq(FIRST_QUEUE + queue);
  }
}

function freeAscending(device: DriverDevice, messages: readonly number[]): void {
  for (const message of messages) device.freeIrq(message);
}
