import { ENOMEM } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { msixTable } from './parameters.ts';
import {
  closeInterface,
  type Interface,
  openAndStop,
  requestHandlers,
  txRxHandlers,
} from './queue-handlers.ts';

interface IxgbevfState extends Interface {
  /** `num_msix_vectors`; 0 after a failed open, and no other one works then. */
  vectors: number;
}

/** IXGBEVF_MAX_RSS_QUEUES. */
const MOST_QUEUES = 2;
const OTHER = 1;

export const ixgbevf: Driver = defineDriver<IxgbevfState>({
  name: 'ixgbevf',
  instance: 'eth',
  summary:
    'Two vectors for queues, whatever the physical function would grant, and one for its messages; ' +
    'allocated at probe, requested while the link is up, MSI-X only, not managed. Suspend gives all of ' +
    'them back.',
  sources: [
    {
      file: 'drivers/net/ethernet/intel/ixgbevf/ixgbevf_main.c',
      functions: [
        'ixgbevf_set_num_queues',
        'ixgbevf_set_interrupt_capability',
        'ixgbevf_acquire_msix_vectors',
        'ixgbevf_request_msix_irqs',
        'ixgbevf_free_irq',
        'ixgbevf_open',
        'ixgbevf_suspend',
        'ixgbevf_resume',
      ],
      kernel: '6.1',
    },
  ],
  parameters: { vectors: msixTable('MSI-X vectors of the function', MOST_QUEUES + OTHER) },
  capabilities: (parameter) => ({ msix: parameter('vectors') || undefined }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const vectors = acquire(device);
    if (vectors >= 0) return { vectors, handlers: [], running: false };
    device.disable();
    return vectors;
  },

  ...openAndStop(openQueues),

  suspend(device, state) {
    closeInterface(device, state);
    device.freeIrqVectors();
  },

  resume(device, state) {
    const vectors = acquire(device);
    state.vectors = Math.max(vectors, 0);
    if (vectors < 0) return vectors;
    return state.running ? openQueues(device, state) : 0;
  },

  remove(device, state) {
    closeInterface(device, state);
    device.freeIrqVectors();
    device.disable();
  },
});

function acquire(device: DriverDevice): number {
  const wanted = Math.min(device.online.size, MOST_QUEUES) + OTHER;
  const granted = device.allocIrqVectors({ min: 1 + OTHER, max: wanted, types: ['msix'] });
  if (granted < 0) device.print('err', `ixgbevf ${device.fn.address}: Unable to allocate MSI-X interrupts`);
  return granted;
}

/** The queues' first, the one for messages last; freed the other way round. */
function openQueues(device: DriverDevice, state: IxgbevfState): number {
  const { name } = device;
  if (state.vectors === 0) return -ENOMEM;
  const queues = state.vectors - OTHER;
  const handlers = [...txRxHandlers(queues, 0, name), { message: queues, action: name }];
  const ret = requestHandlers(device, handlers);
  if (ret === 0) state.handlers = handlers.reverse();
  else state.vectors = 0;
  return ret;
}
