import { EPERM } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware, option } from './parameters.ts';

interface IgbState {
  /** `rss_queues`: what comes of it where there are virtual functions is worked out anew each time. */
  rss: number;
  /** A vector serves a receive and a transmit queue (IGB_FLAG_QUEUE_PAIRS). */
  pairs: boolean;
  rxQueues: number;
  txQueues: number;
  /** `vfs_allocated_count`. */
  vfs: number;
  /** The link is up: handlers are installed, but not during suspend. */
  open: boolean;
}

const MAX_VFS = 7;

export const igb: Driver = defineDriver<IgbState>({
  name: 'igb',
  instance: 'eth',
  summary:
    'One vector per queue or pair of queues (by online CPUs, at most 8) and one for the link; allocated ' +
    'at probe, requested while the link is up, not managed. All are given back for suspend, and ' +
    'whenever virtual functions, which cost most queues, come or go.',
  sources: [
    {
      file: 'drivers/net/ethernet/intel/igb/igb_main.c',
      functions: [
        'igb_sw_init',
        'igb_probe_vfs',
        'igb_init_queue_configuration',
        'igb_set_interrupt_capability',
        'igb_alloc_q_vectors',
        'igb_request_irq',
        'igb_enable_sriov',
        'igb_sriov_reinit',
        '__igb_shutdown',
        '__igb_resume',
        'igb_remove',
      ],
      kernel: '6.1',
    },
  ],
  parameters: {
    queues: hardware(
      'receive queues without virtual functions: 8 on 82576 and i350, 4 on 82575 and i210, 2 on i211',
      1,
      8,
      8,
    ),
    queuesWithVfs: hardware(
      'receive queues with virtual functions: 2 on 82576, 1 on i350; 0 on controllers without any',
      0,
      8,
      2,
    ),
    pairs: hardware('pairs its queues where it uses more than half of them: not on 82575 and i211', 0, 1, 1),
    max_vfs: option('virtual functions that come with the probe', 0, MAX_VFS, 0),
  },
  capabilities: () => ({ msix: 10, msi: { log2Count: 0, maskable: false, is64Bit: true } }),
  vf: { driver: 'igbvf', max: (parameter) => (parameter('queuesWithVfs') > 0 ? MAX_VFS : 0) },

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const state: IgbState = { rss: 0, pairs: false, rxQueues: 0, txQueues: 0, vfs: 0, open: false };
    if (device.parameter('queuesWithVfs') > 0) probeVfs(device, state);
    initQueueConfiguration(device, state);
    setMsix(device, state);
    return state;
  },

  open(device, state) {
    const ret = requestIrq(device, state);
    state.open = ret >= 0;
    return ret;
  },

  stop(device, state) {
    freeIrq(device, state);
    state.open = false;
  },

  suspend(device, state) {
    if (state.open) freeIrq(device, state);
    device.freeIrqVectors();
    device.disable();
  },

  resume(device, state) {
    const ret = device.enable();
    if (ret < 0) return ret;
    setMsix(device, state);
    return state.open ? reopen(device, state) : 0;
  },

  remove(device, state) {
    disableSriov(device, state);
    if (state.open) freeIrq(device, state);
    device.freeIrqVectors();
    device.disable();
  },

  configureVfs(device, state, count) {
    if (count === 0) {
      disableSriov(device, state);
      reinit(device, state);
      return 0;
    }
    if (device.mode !== 'msix') return -EPERM;
    const first = device.profile.igbMakesRoomFirst;
    if (first) {
      state.vfs = count;
      reinit(device, state);
    }
    const ret = enableSriov(device, state, count);
    if (ret < 0) return ret;
    if (!first) reinit(device, state);
    return count;
  },
});

/** `igb_probe_vfs()`: tries MSI-X with a single message, as no queues are counted yet; with it there may be VFs. */
function probeVfs(device: DriverDevice, state: IgbState): void {
  setMsix(device, state);
  const { mode } = device;
  device.freeIrqVectors();
  if (mode === 'msix') enableSriov(device, state, device.parameter('max_vfs'));
}

/** `igb_enable_sriov()`: the virtual functions bind before it returns. */
function enableSriov(device: DriverDevice, state: IgbState, count: number): number {
  if (count > MAX_VFS) return -EPERM;
  if (count === 0) return 0;
  const ret = device.setVfs(count);
  state.vfs = ret < 0 ? 0 : count;
  return ret;
}

function disableSriov(device: DriverDevice, state: IgbState): void {
  if (state.vfs > 0) device.setVfs(0);
  state.vfs = 0;
}

/** `igb_sriov_reinit()`. */
function reinit(device: DriverDevice, state: IgbState): void {
  if (state.open) freeIrq(device, state);
  device.freeIrqVectors();
  initQueueConfiguration(device, state);
  setMsix(device, state);
  // Its error is dropped.
  if (state.open) reopen(device, state);
}

function reopen(device: DriverDevice, state: IgbState): number {
  const ret = requestIrq(device, state);
  state.open = ret >= 0;
  return ret;
}

/** `igb_init_queue_configuration()`. */
function initQueueConfiguration(device: DriverDevice, state: IgbState): void {
  const max = device.parameter(state.vfs > 0 ? 'queuesWithVfs' : 'queues');
  state.rss = Math.min(max, device.online.size);
  if (device.parameter('pairs') === 1) state.pairs = state.rss > Math.floor(max / 2);
}

/** `igb_set_interrupt_capability()` with MSI-X: a vector per queue or pair and one for the link, or no more than one. */
function setMsix(device: DriverDevice, state: IgbState): void {
  state.rxQueues = state.rss;
  state.txQueues = state.vfs > 0 ? 1 : state.rss;
  const messages = queueVectors(state) + 1;
  if (device.allocIrqVectors({ min: messages, max: messages, types: ['msix'] }) < 0) setMsi(device, state);
}

/** Without: a single queue, and no virtual functions. */
function setMsi(device: DriverDevice, state: IgbState): void {
  disableSriov(device, state);
  Object.assign(state, { rss: 1, pairs: true, rxQueues: 1, txQueues: 1 });
  device.allocIrqVectors({ min: 1, max: 1, types: ['msi'] });
}

/** `num_q_vectors`. */
function queueVectors({ pairs, rxQueues, txQueues }: IgbState): number {
  return pairs ? rxQueues : rxQueues + txQueues;
}

/** `igb_request_irq()`: a handler that is refused costs MSI-X, then MSI. */
function requestIrq(device: DriverDevice, state: IgbState): number {
  const { name } = device;
  if (device.mode === 'msix') {
    if (requestMsix(device, [name, ...queueNames(name, state)])) return 0;
    device.freeIrqVectors();
    setMsi(device, state);
  }
  if (device.mode === 'msi') {
    if (device.requestIrq(0, name) >= 0) return 0;
    device.freeIrqVectors();
  }
  const ret = device.requestIrq(0, name, { shared: true });
  if (ret < 0) device.print('err', `igb ${device.fn.address}: Error ${ret} getting interrupt`);
  return ret;
}

function requestMsix(device: DriverDevice, actions: readonly string[]): boolean {
  const refused = actions.findIndex((action, message) => device.requestIrq(message, action) < 0);
  for (let message = 0; message < refused; message++) device.freeIrq(message);
  return refused < 0;
}

/** `igb_alloc_q_vectors()`: with virtual functions there is one transmit queue and may be more to receive. */
function queueNames(name: string, { pairs, rxQueues, txQueues }: IgbState): string[] {
  const named = (what: string, count: number, from = 0): string[] =>
    Array.from({ length: count - from }, (_, n) => `${name}-${what}-${from + n}`);
  return pairs
    ? [...named('TxRx', txQueues), ...named('rx', rxQueues, txQueues)]
    : [...named('rx', rxQueues), ...named('tx', txQueues)];
}

/** `igb_free_irq()`. */
function freeIrq(device: DriverDevice, state: IgbState): void {
  const handlers = device.mode === 'msix' ? queueVectors(state) + 1 : 1;
  for (let message = 0; message < handlers; message++) device.freeIrq(message);
}
