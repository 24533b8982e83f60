import { allAtOnce, type Turns } from '../../base/turns.ts';
import { EIO } from '../failures.ts';
import type { IrqVectorsRequest } from '../msi/irq-vectors.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware, option } from './parameters.ts';

interface NvmeState {
  /** I/O queues that interrupt; each has message n, or all of them message 0 where it is the only one. */
  queues: number;
  /** The only message is the admin queue's, too. */
  single: boolean;
  /** Its suspend left everything in place. */
  dozes: boolean;
}

/**
 * It talks to the controller with a single message first. With fewer messages it has fewer queues; a handler that is
 * refused costs the controller.
 */
export const nvme: Driver = defineDriver<NvmeState>({
  name: 'nvme',
  instance: 'nvme',
  summary:
    'One vector for the admin queue and one per I/O queue (possible CPUs, or fewer by the controller), ' +
    'the latter spread and managed; requested at probe. Suspend gives all of them back, unless the ' +
    'controller can sleep by itself.',
  sources: [
    {
      file: 'drivers/nvme/host/pci.c',
      functions: [
        'nvme_pci_enable',
        'nvme_max_io_queues',
        'nvme_setup_irqs',
        'nvme_calc_irq_sets',
        'nvme_setup_io_queues',
        'nvme_create_io_queues',
        'nvme_dev_disable',
        'nvme_suspend',
        'nvme_resume',
      ],
      kernel: '6.1',
    },
  ],
  parameters: {
    queues: hardware('I/O queues that the controller grants (Number of Queues)', 1, 65_535, 64),
    sleeps: hardware(
      'has power states, and ASPM, and the firmware takes no part in the suspend: it keeps its queues then',
      0,
      1,
      0,
    ),
    write_queues: option('I/O queues for writes; reads have the others then, at least one', 0, 65_535, 0),
    poll_queues: option('I/O queues that are polled, beside the others', 0, 65_535, 0),
  },
  capabilities: (parameter) => ({ msix: Math.min(2048, parameter('queues') + 1) }),

  probe(device) {
    return allAtOnce(probeInTurns(device));
  },

  probeInTurns,

  suspend(device, state) {
    state.dozes = device.parameter('sleeps') === 1;
    if (!state.dozes) disable(device, state);
  },

  resume(device, state) {
    return state.dozes ? 0 : allAtOnce(reset(device, state));
  },

  remove(device, state) {
    disable(device, state);
  },
});

/** Several devices probe side by side (PROBE_PREFER_ASYNCHRONOUS). */
function* probeInTurns(device: DriverDevice): Turns<NvmeState | number> {
  const state: NvmeState = { queues: 0, single: false, dozes: false };
  const ret = yield* reset(device, state);
  return ret < 0 ? ret : state;
}

/** `nvme_reset_work()`: where it fails, the controller is given up. */
function* reset(device: DriverDevice, state: NvmeState): Turns<number> {
  const enabled = device.enable();
  if (enabled < 0) return enabled;
  const granted = yield* device.allocIrqVectorsInTurns({ min: 1, max: 1 });
  yield;
  const ret = granted < 0 ? granted : requestQueue(device, 0, 0);
  if (ret < 0) return giveUp(device, ret);
  // `nvme_init_ctrl_finish()`, `nvme_set_queue_count()`: commands that are waited for.
  yield 'sleeps';
  device.freeIrq(0);
  yield;
  device.freeIrqVectors();
  return yield* setUpIoQueues(device, state);
}

/** `nvme_setup_io_queues()`. */
function* setUpIoQueues(device: DriverDevice, state: NvmeState): Turns<number> {
  const wanted = device.possible.size + device.parameter('write_queues') + device.parameter('poll_queues');
  const request = irqsFor(device, Math.min(wanted, device.parameter('queues')));
  const vectors = yield* device.allocIrqVectorsInTurns(request);
  yield;
  const ret = vectors < 0 ? -EIO : requestQueue(device, 0, 0);
  if (ret < 0) return giveUp(device, ret);
  state.single = vectors === 1;
  return yield* createIoQueues(device, state, Math.max(vectors - 1, 1));
}

/** `nvme_create_io_queues()`. */
function* createIoQueues(device: DriverDevice, state: NvmeState, queues: number): Turns<number> {
  for (state.queues = 0; state.queues < queues; state.queues++) {
    // `nvme_create_queue()` waits for two commands, and requests the interrupt then.
    yield 'sleeps';
    const queue = state.queues + 1;
    const ret = requestQueue(device, state.single ? 0 : queue, queue);
    if (ret >= 0) continue;
    disable(device, state);
    return ret;
  }
  return 0;
}

function giveUp(device: DriverDevice, ret: number): number {
  device.freeIrqVectors();
  device.disable();
  return ret;
}

/** `nvme_setup_irqs()`: at least one queue is not polled. */
function irqsFor(device: DriverDevice, queues: number): IrqVectorsRequest {
  const polled = Math.min(device.parameter('poll_queues'), queues - 1);
  return {
    min: 1,
    max: 1 + queues - polled,
    spread: true,
    affinity: {
      preVectors: 1,
      postVectors: 0,
      calcSets: (count) => irqSets(count, device.parameter('write_queues')),
    },
  };
}

/** `nvme_calc_irq_sets()`: queues for writes, and for reads where these have their own. */
function irqSets(count: number, writeQueues: number): number[] {
  if (count <= 1 || writeQueues === 0) return [Math.max(count, 1)];
  const reads = Math.max(count - writeQueues, 1);
  return [count - reads, reads];
}

/** `queue_request_irq()`: shared, as everything by `pci_request_irq()` is. */
function requestQueue(device: DriverDevice, message: number, queue: number): number {
  return device.requestIrq(message, `${device.name}q${queue}`, { shared: true });
}

/** `nvme_dev_disable()`: the last queue first. */
function disable(device: DriverDevice, state: NvmeState): void {
  for (let queue = state.queues; queue > 0; queue--) device.freeIrq(state.single ? 0 : queue);
  device.freeIrq(0);
  device.freeIrqVectors();
  device.disable();
  state.queues = 0;
}
