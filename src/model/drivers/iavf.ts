import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { localSpread } from './local-spread.ts';
import { channels, hardware, msixTable } from './parameters.ts';
import { freeHandlers, type QueueHandler, requestHandlers, txRxHandlers } from './queue-handlers.ts';

interface IavfState {
  /** `num_active_queues`. */
  queues: number;
  /** `num_msix_vectors`. */
  vectors: number;
  misc: QueueHandler[];
  /** What the driver believes to have requested: nothing of it is left after sleep. */
  traffic: QueueHandler[];
}

/** For its messages: NONQ_VECS. */
const OTHER = 1;

/**
 * Without MSI-X it stays bound without a link, which is an error of probe here. Before the machine sleeps it gives its
 * vectors back with the handlers of its queues still on them.
 */
export const iavf: Driver = defineDriver<IavfState>({
  name: 'iavf',
  instance: 'eth',
  summary:
    'A virtual function of i40e or ice: one vector for its messages, requested at probe, and one per ' +
    'pair of queues that it is granted, requested when the link comes up; MSI-X only, not managed. ' +
    "Suspend gives all back, and resume does not request the queues' again.",
  sources: [
    {
      file: 'drivers/net/ethernet/intel/iavf/iavf_main.c',
      functions: [
        'iavf_alloc_queues',
        'iavf_set_interrupt_capability',
        'iavf_acquire_msix_vectors',
        'iavf_request_misc_irq',
        'iavf_request_traffic_irqs',
        'iavf_open',
        'iavf_suspend',
        'iavf_resume',
        'iavf_reset_task',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/intel/iavf/iavf_ethtool.c',
      functions: ['iavf_set_channels'],
      kernel: '6.1',
    },
  ],
  parameters: {
    queues: hardware('pairs of queues that the physical function grants', 1, 256, 4),
    vectors: msixTable('MSI-X vectors that the physical function grants (max_vectors)', 5),
    channels: channels(256),
  },
  capabilities: (parameter) => ({ msix: parameter('vectors') || undefined }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const most = device.parameter('queues');
    const state: IavfState = {
      queues: Math.min(most, device.online.size),
      vectors: 0,
      misc: [],
      traffic: [],
    };
    let err = initInterruptScheme(device, state);
    const wanted = device.parameter('channels');
    if (err === 0 && wanted > 0 && wanted <= most && wanted !== state.queues) {
      giveBack(device, state);
      // It may have more queues than there are CPUs then.
      state.queues = wanted;
      err = initInterruptScheme(device, state);
    }
    if (err === 0) return state;
    giveBack(device, state);
    device.disable();
    return err;
  },

  /** After a refusal everything is freed once more. */
  open(device, state) {
    const traffic = trafficOf(device, state);
    const ret = requestHandlers(device, traffic);
    if (ret === 0) state.traffic = traffic;
    else freeHandlers(device, traffic);
    return ret;
  },

  stop: closeTraffic,

  suspend: giveBack,

  resume(device, state) {
    const ret = acquire(device, state);
    if (ret < 0) {
      print(device, 'Cannot enable MSI-X interrupts.');
      return ret;
    }
    const err = requestMisc(device, state);
    if (err < 0) print(device, 'Cannot get interrupt vector.');
    return err;
  },

  remove(device, state) {
    closeTraffic(device, state);
    giveBack(device, state);
    device.disable();
  },
});

function print(device: DriverDevice, text: string): void {
  device.print('err', `iavf ${device.fn.address}: ${text}`);
}

function initInterruptScheme(device: DriverDevice, state: IavfState): number {
  const ret = acquire(device, state);
  if (ret >= 0) return requestMisc(device, state);
  print(device, 'Unable to setup interrupt capabilities');
  return ret;
}

function acquire(device: DriverDevice, state: IavfState): number {
  const wanted = Math.min(state.queues + OTHER, device.parameter('vectors'));
  const granted = device.allocIrqVectors({ min: 1 + OTHER, max: wanted, types: ['msix'] });
  if (granted < 0) {
    print(device, 'Unable to allocate MSI-X interrupts');
    return granted;
  }
  state.vectors = granted;
  return 0;
}

/** Where it is refused it is freed, although it was not had. */
function requestMisc(device: DriverDevice, state: IavfState): number {
  const misc = [{ message: 0, action: `iavf-${device.fn.address}:mbx` }];
  const ret = requestHandlers(device, misc);
  if (ret === 0) {
    state.misc = misc;
    return 0;
  }
  print(device, `request_irq for ${misc[0]?.action} failed: ${ret}`);
  freeHandlers(device, misc);
  return ret;
}

function trafficOf(device: DriverDevice, { vectors }: IavfState): QueueHandler[] {
  const count = vectors - OTHER;
  return txRxHandlers(count, OTHER, `iavf-${device.name}`, localSpread(device, count, -1));
}

function closeTraffic(device: DriverDevice, state: IavfState): void {
  freeHandlers(device, state.traffic);
  state.traffic = [];
}

function giveBack(device: DriverDevice, state: IavfState): void {
  freeHandlers(device, state.misc);
  state.misc = [];
  device.freeIrqVectors();
}
