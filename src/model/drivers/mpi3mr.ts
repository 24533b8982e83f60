import { ENODEV } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { freeMessages, msixActions, requestMessages } from './message-handlers.ts';
import { hardware, msixTable, option } from './parameters.ts';

interface Mpi3mrState {
  /** `intr_info_count`; 0 while the machine sleeps. */
  vectors: number;
  /** `num_op_reply_q`, once they were made: a resume makes as many again, whatever it was granted. */
  queues: number;
}

/** It has one vector first, to talk to the controller with, and gives it back again. */
export const mpi3mr: Driver = defineDriver<Mpi3mrState>({
  name: 'mpi3mr',
  instance: 'mpi3mr',
  summary:
    'One vector for the administration, not spread, one per online CPU, spread and managed, and one per ' +
    'polled queue that stays unused; all are requested at probe. Suspend gives all of them back.',
  sources: [
    {
      file: 'drivers/scsi/mpi3mr/mpi3mr_fw.c',
      functions: [
        'mpi3mr_setup_resources',
        'mpi3mr_cleanup_resources',
        'mpi3mr_init_ioc',
        'mpi3mr_reinit_ioc',
        'mpi3mr_setup_isr',
        'mpi3mr_cleanup_isr',
        'mpi3mr_request_irq',
        'mpi3mr_calc_poll_queues',
        'mpi3mr_create_op_queues',
        'mpi3mr_create_op_reply_q',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/scsi/mpi3mr/mpi3mr_os.c',
      functions: ['mpi3mr_probe', 'mpi3mr_suspend', 'mpi3mr_resume', 'mpi3mr_remove'],
      kernel: '6.1',
    },
  ],
  parameters: {
    msixTable: msixTable('entries of the MSI-X table', 128),
    maxMsixVectors: hardware('MSI-X vectors that the firmware supports (max_msix_vectors)', 1, 0xffff, 128),
    queues: hardware(
      'pairs of operational queues that the firmware supports (max_op_reply_q)',
      1,
      0xffff,
      127,
    ),
    poll_queues: option('queues that are polled', 0, 126, 0),
  },
  capabilities: (parameter) => ({ msix: parameter('msixTable') || undefined }),

  probe(device) {
    const state = { vectors: 0, queues: 0 };
    if (setupResources(device) === 0 && setupIsr(device, state) === 0) return state;
    device.disable();
    return -ENODEV;
  },

  suspend(device, state) {
    cleanupResources(device, state);
  },

  resume(device, state) {
    const ret = setupResources(device);
    return ret < 0 ? ret : setupIsr(device, state);
  },

  remove(device, state) {
    cleanupResources(device, state);
  },
});

function setupResources(device: DriverDevice): number {
  if (device.enable() < 0) return -ENODEV;
  if (device.fn.msix !== undefined) return 0;
  device.print('err', `${device.name}: Unable to find MSI-X Capabilities`);
  device.disable();
  return -ENODEV;
}

function cleanupResources(device: DriverDevice, state: Mpi3mrState): void {
  freeMessages(device, state.vectors);
  if (state.vectors > 0) device.freeIrqVectors();
  state.vectors = 0;
  device.disable();
}

/** `mpi3mr_setup_isr()`, twice: the firmware answers how much it supports by the first vector. */
function setupIsr(device: DriverDevice, state: Mpi3mrState): number {
  const one = requestGranted(device, device.allocIrqVectors({ min: 1, max: 1, types: ['msix'] }));
  if (one < 0) return one;
  freeMessages(device, one);
  device.freeIrqVectors();
  return setupAll(device, state);
}

function setupAll(device: DriverDevice, state: Mpi3mrState): number {
  const table = device.fn.msix?.tableSize ?? 0;
  const cpus = device.online.size;
  const supported = Math.min(table, device.parameter('maxMsixVectors'));
  const option = device.parameter('poll_queues');
  // A u16: of a table of one entry it is 65535, which is then too many.
  const wanted = option > 0 ? Math.min(option, table - 2) & 0xffff : 0;
  const max = Math.min(cpus + 1 + wanted, supported);
  const polled = pollQueues(device, wanted, max);
  device.print('info', `${device.name}: MSI-X vectors supported: ${supported}, no of cores: ${cpus},`);
  device.print('info', `${device.name}: MSI-x vectors requested: ${max} poll_queues ${polled}`);
  const min = 1 + polled;
  const affinity = { preVectors: 1, postVectors: polled };
  const ret = device.allocIrqVectors({ min, max, spread: true, affinity });
  if (ret > min && ret < max) {
    const text = `allocated vectors (${ret}) are less than configured (${max})`;
    device.print('info', `${device.name}: ${text}`);
  }
  const left = ret < 0 ? 0 : pollQueues(device, polled, ret);
  const vectors = requestGranted(device, ret);
  if (vectors < 0) return vectors;
  state.vectors = vectors;
  createQueues(device, state, left);
  return 0;
}

/** How many vectors have their handlers, of those that were allocated; or none, and the errno. */
function requestGranted(device: DriverDevice, ret: number): number {
  if (ret < 0) {
    device.print('err', `${device.name}: cannot allocate irq vectors, ret ${ret}`);
    return ret;
  }
  const refusal = requestMessages(device, msixActions(device.name, ret), { shared: true });
  if (refusal === undefined) return ret;
  device.freeIrqVectors();
  return refusal.ret;
}

/** `mpi3mr_calc_poll_queues()`: none where they leave no queue beside that of the administration. */
function pollQueues(device: DriverDevice, wanted: number, vectors: number): number {
  if (wanted === 0) return 0;
  const enough = vectors > 2 && wanted < vectors - 2;
  const text = enough
    ? `enabled polled queues (${wanted}) msix (${vectors})`
    : `disabled polled queues (${wanted}) msix (${vectors}) because of no resources for default queue`;
  device.print('info', `${device.name}: ${text}`);
  return enough ? wanted : 0;
}

/**
 * `mpi3mr_create_op_queues()`: the first queue that is polled disables the last vector, and no other. So does a queue
 * beyond the vectors, where a resume had fewer CPUs online: the last vector served another queue then.
 */
function createQueues(device: DriverDevice, state: Mpi3mrState, polled: number): void {
  const { vectors } = state;
  const offset = vectors > 1 ? 1 : 0;
  if (state.queues === 0) state.queues = Math.min(device.parameter('queues'), vectors - offset);
  if (state.queues + offset > vectors - polled) device.disableIrq(vectors - 1);
}
