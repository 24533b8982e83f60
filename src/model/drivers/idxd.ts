import { ENOSPC } from '../failures.ts';
import { devPrint } from './dev-print.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware } from './parameters.ts';

interface IdxdState {
  /** Work queues that have their interrupt: the first ones. */
  enabled: number;
}

const NAME = 'idxd';

/** `open` is `accel-config enable-wq` of its kernel queues. */
export const idxd: Driver = defineDriver<IdxdState>({
  name: NAME,
  instance: 'dsa',
  summary:
    'One vector for errors and events, requested at probe, and one per work queue, requested when a ' +
    'queue of type kernel is enabled (link-up): all messages of its table or none, not managed. It has ' +
    'no power management: they stay while the machine sleeps.',
  sources: [
    {
      file: 'drivers/dma/idxd/init.c',
      functions: ['idxd_pci_probe', 'idxd_probe', 'idxd_setup_interrupts', 'idxd_remove', 'idxd_pci_driver'],
      kernel: '6.1',
    },
    {
      file: 'drivers/dma/idxd/device.c',
      functions: ['drv_enable_wq', 'drv_disable_wq', 'idxd_wq_request_irq', 'idxd_wq_free_irq'],
      kernel: '6.1',
    },
  ],
  parameters: {
    workQueues: hardware('work queues of the device (WQCAP)', 1, 255, 8),
    kernelQueues: {
      is: 'setting',
      meaning:
        'how many of them are of type kernel, and enabled when the device is opened; user queues have no interrupt',
      min: 0,
      max: 255,
      default: 0,
    },
  },
  capabilities: (parameter) => ({ msix: parameter('workQueues') + 1 }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const err = setupInterrupts(device);
    if (err === 0) return { enabled: 0 };
    devPrint(device, NAME, 'err', 'Intel(R) IDXD DMA Engine init failed');
    device.disable();
    return err;
  },

  open(device, state) {
    const wanted = Math.min(device.parameter('kernelQueues'), device.parameter('workQueues'));
    while (state.enabled < wanted) {
      const ret = device.requestIrq(state.enabled + 1, 'idxd-portal');
      if (ret < 0) return ret;
      state.enabled++;
    }
    return 0;
  },

  stop(device, state) {
    disableQueues(device, state);
  },

  remove(device, state) {
    disableQueues(device, state);
    device.freeIrq(0);
    device.freeIrqVectors();
    device.disable();
  },
});

/** `idxd_setup_interrupts()`. */
function setupInterrupts(device: DriverDevice): number {
  const table = device.fn.msix?.tableSize;
  if (table === undefined) {
    devPrint(device, NAME, 'err', 'Not MSI-X interrupt capable.');
    return -ENOSPC;
  }
  const ret = device.allocIrqVectors({ min: table, max: table, types: ['msix'] });
  if (ret !== table) {
    devPrint(device, NAME, 'err', `Failed enabling ${table} MSIX entries: ${ret}`);
    return -ENOSPC;
  }
  const misc = device.requestIrq(0, 'idxd-misc');
  if (misc === 0) return 0;
  devPrint(device, NAME, 'err', 'Failed to allocate misc interrupt.');
  device.freeIrqVectors();
  devPrint(device, NAME, 'err', 'No usable interrupts');
  return misc;
}

function disableQueues(device: DriverDevice, state: IdxdState): void {
  for (let queue = 0; queue < state.enabled; queue++) device.freeIrq(queue + 1);
  state.enabled = 0;
}
