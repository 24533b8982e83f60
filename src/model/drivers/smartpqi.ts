import { devPrint } from './dev-print.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { freeMessages } from './message-handlers.ts';
import { hardware, option } from './parameters.ts';

interface SmartpqiState {
  /** `num_msix_vectors_enabled`. */
  readonly vectors: number;
  /** `num_msix_vectors_initialized`. */
  handlers: number;
}

const NAME = 'smartpqi';
/** PQI_MAX_MSIX_VECTORS, PQI_MAX_QUEUE_GROUPS. */
const MAX_QUEUE_GROUPS = 64;

/**
 * The first queue group has the events too; all share one name. A device without a node is given that of CPU 0, which
 * only matters with disable_managed_interrupts; left out here.
 */
export const smartpqi: Driver = defineDriver<SmartpqiState>({
  name: NAME,
  instance: 'smartpqi',
  summary:
    'One vector per online CPU for queue groups (at most 64), all spread and managed, requested at ' +
    'probe. Suspend gives the handlers back and keeps the vectors, and so their places on the CPUs.',
  sources: [
    {
      file: 'drivers/scsi/smartpqi/smartpqi_init.c',
      functions: [
        'pqi_pci_probe',
        'pqi_ctrl_init',
        'pqi_calculate_queue_resources',
        'pqi_enable_msix_interrupts',
        'pqi_request_irqs',
        'pqi_free_irqs',
        'pqi_suspend_or_freeze',
        'pqi_resume_or_restore',
        'pqi_remove_ctrl',
      ],
      kernel: '6.1',
    },
  ],
  parameters: {
    inboundQueues: hardware(
      'inbound queues of the controller, two per group (max_inbound_queues)',
      2,
      0xffff,
      128,
    ),
    outboundQueues: hardware(
      'outbound queues, one per group and one for events (max_outbound_queues)',
      2,
      0xffff,
      65,
    ),
    disable_managed_interrupts: option('1: no managed interrupts', 0, 1, 0),
  },
  capabilities: () => ({ msix: MAX_QUEUE_GROUPS }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const vectors = enableMsix(device);
    if (vectors < 0) {
      device.disable();
      return vectors;
    }
    const state = { vectors, handlers: 0 };
    const err = requestIrqs(device, state);
    if (err === 0) return state;
    release(device, state);
    return err;
  },

  suspend(device, state) {
    freeIrqs(device, state);
  },

  /** Handlers that came before one that is refused stay. */
  resume: requestIrqs,

  remove(device, state) {
    release(device, state);
  },
});

/** How many, or a negative errno: neither MSI nor the line will do. */
function enableMsix(device: DriverDevice): number {
  const groups = Math.min(
    Math.floor(device.parameter('inboundQueues') / 2),
    device.parameter('outboundQueues') - 1,
  );
  const max = Math.min(device.online.size, MAX_QUEUE_GROUPS, groups);
  const spread = device.parameter('disable_managed_interrupts') === 0;
  const ret = device.allocIrqVectors({ min: 1, max, types: ['msix'], spread });
  if (ret < 0) devPrint(device, NAME, 'err', `MSI-X init failed with error ${ret}`);
  return ret;
}

function requestIrqs(device: DriverDevice, state: SmartpqiState): number {
  while (state.handlers < state.vectors) {
    const ret = device.requestIrq(state.handlers, NAME);
    if (ret < 0) return ret;
    state.handlers++;
  }
  return 0;
}

function freeIrqs(device: DriverDevice, state: SmartpqiState): void {
  freeMessages(device, state.handlers);
  state.handlers = 0;
}

function release(device: DriverDevice, state: SmartpqiState): void {
  freeIrqs(device, state);
  device.freeIrqVectors();
  device.disable();
}
