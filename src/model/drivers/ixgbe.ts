import { CpuSet } from '../../base/cpu-set.ts';
import { EPERM } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { localSpread } from './local-spread.ts';
import { channels, hardware, msixTable } from './parameters.ts';
import {
  closeInterface,
  type Interface,
  openAndStop,
  type QueueHandler,
  requestHandlers,
  txRxHandlers,
} from './queue-handlers.ts';

interface IxgbeState extends Interface {
  /** `ring_feature[RING_F_RSS].limit`, and RING_F_FDIR's. */
  rssLimit: number;
  fdirLimit: number;
  /** `num_q_vectors`; the vector for everything else follows them. */
  queueVectors: number;
  /** Of each queue's vector, the CPU that is its hint; undefined where the flows are not steered. */
  hints: readonly number[] | undefined;
  vfs: number;
}

/** MAX_MSIX_VECTORS_82599. */
const MOST_VECTORS = 64;
/** IXGBE_MAX_FDIR_INDICES. */
const MOST_QUEUES = 63;
/** For everything else: NON_Q_VECTORS. */
const OTHER = 1;
const MIN_MSIX = 1 + OTHER;

/** The rest's vector is requested last. */
export const ixgbe: Driver = defineDriver<IxgbeState>({
  name: 'ixgbe',
  instance: 'eth',
  summary:
    'One vector per queue (by online CPUs, at most 63) and one for the rest; allocated at probe, ' +
    'requested while the link is up, not managed. Virtual functions leave it four queues at most; ' +
    'suspend gives all vectors back.',
  sources: [
    {
      file: 'drivers/net/ethernet/intel/ixgbe/ixgbe_main.c',
      functions: [
        'ixgbe_sw_init',
        'ixgbe_open',
        'ixgbe_request_msix_irqs',
        'ixgbe_free_irq',
        'ixgbe_setup_tc',
        '__ixgbe_shutdown',
        'ixgbe_resume',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/intel/ixgbe/ixgbe_lib.c',
      functions: [
        'ixgbe_set_sriov_queues',
        'ixgbe_set_rss_queues',
        'ixgbe_acquire_msix_vectors',
        'ixgbe_set_interrupt_capability',
        'ixgbe_alloc_q_vector',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/intel/ixgbe/ixgbe_sriov.c',
      functions: ['ixgbe_pci_sriov_enable', 'ixgbe_disable_sriov'],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/intel/ixgbe/ixgbe_ethtool.c',
      functions: ['ixgbe_set_channels', 'ixgbe_max_channels'],
      kernel: '6.1',
    },
  ],
  parameters: {
    vectors: msixTable('MSI-X vectors of the function: 64, 19 on the 82598', MOST_VECTORS),
    rssQueues: hardware('queues that RSS reaches: 16, 63 on the X550', 1, 63, 16),
    flowDirector: hardware('1: it steers flows, all but the 82598', 0, 1, 1),
    channels: channels(MOST_QUEUES),
  },
  capabilities: (parameter) => ({
    msix: parameter('vectors') || undefined,
    msi: { log2Count: 0, maskable: true, is64Bit: true },
  }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const cpus = device.online.size;
    const state: IxgbeState = {
      rssLimit: Math.min(device.parameter('rssQueues'), cpus),
      fdirLimit: Math.min(MOST_QUEUES, cpus),
      queueVectors: 0,
      hints: undefined,
      handlers: [],
      running: false,
      vfs: 0,
    };
    initInterruptScheme(device, state);
    setChannels(device, state, device.parameter('channels'));
    return state;
  },

  ...openAndStop(openQueues),

  suspend(device, state) {
    closeInterface(device, state);
    device.freeIrqVectors();
    device.disable();
  },

  resume(device, state) {
    const ret = device.enable();
    if (ret < 0) return ret;
    initInterruptScheme(device, state);
    return state.running ? openQueues(device, state) : 0;
  },

  remove(device, state) {
    if (state.vfs > 0) device.setVfs(0);
    closeInterface(device, state);
    device.freeIrqVectors();
    device.disable();
  },

  configureVfs(device, state, count) {
    if (count > MOST_VFS) {
      const what = `Currently configured with 0 TCs, and 0 offloaded macvlans. Creating more than ${MOST_VFS} VFs is not allowed`;
      device.print('err', `ixgbe ${device.fn.address}: ${what}`);
      return -EPERM;
    }
    if (count === 0) {
      disableVfs(device, state);
      reinit(device, state);
      return 0;
    }
    // Its own queues first; they stay few when the functions do not come.
    state.vfs = count;
    reinit(device, state);
    const ret = device.setVfs(count);
    return ret < 0 ? ret : count;
  },

  vf: { driver: 'ixgbevf', max: () => MOST_VFS },
});

/** IXGBE_MAX_VFS_1TC without the function's own pool. */
const MOST_VFS = 63;

function warn(device: DriverDevice, text: string): void {
  device.print('warn', `ixgbe ${device.fn.address}: ${text}`);
}

/** `ixgbe_init_interrupt_scheme()`. */
function initInterruptScheme(device: DriverDevice, state: IxgbeState): void {
  const { queues, steered } = queuesOf(device, state);
  const most = Math.min(Math.min(queues, device.online.size) + OTHER, device.parameter('vectors') || 1);
  const granted = device.allocIrqVectors({ min: MIN_MSIX, max: most, types: ['msix'] });
  if (granted >= 0) {
    state.queueVectors = Math.min(
      granted - OTHER,
      device.parameter('flowDirector') === 1 ? MOST_VECTORS : 16,
    );
    state.hints = steered ? hintsOf(device, state.queueVectors) : undefined;
    return;
  }
  warn(device, `Failed to allocate MSI-X interrupts. Err: ${granted}`);
  warn(device, 'Disabling SR-IOV support');
  if (state.vfs > 0) disableVfs(device, state);
  warn(device, 'Disabling RSS support');
  Object.assign(state, { rssLimit: 1, queueVectors: 1, hints: undefined });
  const ret = device.allocIrqVectors({ min: 1, max: 1, types: ['msi'] });
  if (ret < 0) {
    warn(device, `Failed to allocate MSI interrupt, falling back to legacy. Error: ${ret}`);
  }
}

/** `ixgbe_set_num_queues()`, without traffic classes. */
function queuesOf(device: DriverDevice, { rssLimit, fdirLimit, vfs }: IxgbeState) {
  if (vfs > 0) {
    // 64 pools of two queues, or 32 of four.
    const fitting = rssLimit > 3 ? 4 : rssLimit > 1 ? 2 : 1;
    return { queues: vfs + 1 > 32 ? Math.min(rssLimit, 2) : fitting, steered: false };
  }
  const steered = rssLimit > 1 && device.parameter('flowDirector') === 1;
  return { queues: steered ? fdirLimit : rssLimit, steered };
}

function hintsOf(device: DriverDevice, count: number): number[] {
  return localSpread(device, count, device.fn.node).map((mask) => mask.first ?? 0);
}

/** More than there may be is refused, and changes nothing. */
function setChannels(device: DriverDevice, state: IxgbeState, count: number): void {
  const rss = device.parameter('rssQueues');
  const most = device.mode !== 'msix' ? 1 : device.parameter('flowDirector') === 1 ? MOST_QUEUES : rss;
  if (count === 0 || count > Math.min(most, device.online.size)) return;
  state.fdirLimit = count;
  state.rssLimit = Math.min(count, rss);
  reinit(device, state);
}

/** `ixgbe_setup_tc()`, `ixgbe_sriov_reinit()`. */
function reinit(device: DriverDevice, state: IxgbeState): void {
  closeInterface(device, state);
  device.freeIrqVectors();
  initInterruptScheme(device, state);
  if (state.running) openQueues(device, state);
}

/** It counts CPUs anew then. */
function disableVfs(device: DriverDevice, state: IxgbeState): void {
  device.setVfs(0);
  state.vfs = 0;
  state.rssLimit = Math.min(device.parameter('rssQueues'), device.online.size);
}

/** Where one of MSI-X is refused, MSI-X is given up: the next time its line is shared. */
function openQueues(device: DriverDevice, state: IxgbeState): number {
  const { name, mode } = device;
  const only = { message: 0, action: name, how: { shared: mode === 'intx' } };
  const handlers = mode === 'msix' ? handlersOf(name, state) : [only];
  const ret = requestHandlers(device, handlers);
  if (ret === 0) state.handlers = handlers;
  else if (mode === 'msix') device.freeIrqVectors();
  return ret;
}

function handlersOf(name: string, { queueVectors, hints }: IxgbeState): QueueHandler[] {
  const cpus = hints?.map((cpu) => CpuSet.of(cpu));
  return [...txRxHandlers(queueVectors, 0, name, cpus), { message: queueVectors, action: name }];
}
