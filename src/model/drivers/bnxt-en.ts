import { ENODEV } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { defaultRssQueues, localSpread } from './local-spread.ts';
import { channels, hardware, msixTable } from './parameters.ts';
import {
  closeInterface,
  freeHandlers,
  type Interface,
  openAndStop,
  requestHandlers,
} from './queue-handlers.ts';

interface BnxtState extends Interface {
  /** Pairs of rings, which share a completion ring and its vector (`cp_nr_rings`). */
  rings: number;
  vfs: number;
}

/** BNXT_MIN_ROCE_CP_RINGS: left for RDMA where there are more. */
const FOR_RDMA = 2;

export const bnxtEn: Driver = defineDriver<BnxtState>({
  name: 'bnxt_en',
  instance: 'eth',
  summary:
    'One vector per pair of rings (by default for half of the cores), and none besides: events come ' +
    'with the first. They are requested when the link comes up, each steered to a CPU, none managed. ' +
    'Suspend gives the handlers back and keeps the vectors.',
  sources: [
    {
      file: 'drivers/net/ethernet/broadcom/bnxt/bnxt.c',
      functions: [
        'bnxt_set_dflt_rings',
        'bnxt_get_dflt_rings',
        'bnxt_init_msix',
        'bnxt_init_inta',
        'bnxt_init_int_mode',
        'bnxt_reserve_rings',
        'bnxt_setup_msix',
        'bnxt_request_irq',
        'bnxt_free_irq',
        'bnxt_suspend',
        'bnxt_resume',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/broadcom/bnxt/bnxt_ethtool.c',
      functions: ['bnxt_set_channels'],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/broadcom/bnxt/bnxt_sriov.c',
      functions: ['bnxt_sriov_configure'],
      kernel: '6.1',
    },
  ],
  parameters: {
    vectors: msixTable('MSI-X vectors of the function', 74),
    queues: hardware('pairs of rings that the firmware grants the function', 1, 2048, 74),
    ports: hardware('ports of the adapter (port_count)', 1, 8, 2),
    rdma: hardware('1: it has RDMA (RoCE), for which two vectors are left', 0, 1, 1),
    virtual: hardware('1: it is a virtual function, which has no line to fall back to', 0, 1, 0),
    vfs: hardware('virtual functions of the function', 0, 256, 16),
    vfVectors: hardware('MSI-X vectors of each virtual function', 1, 2048, 9),
    vfQueues: hardware('pairs of rings of each virtual function', 1, 2048, 8),
    channels: channels(2048),
  },
  capabilities: (parameter) => ({ msix: parameter('vectors') || undefined }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const state: BnxtState = { rings: defaultRings(device), handlers: [], running: false, vfs: 0 };
    const err = initIntMode(device, state);
    if (err < 0) {
      device.disable();
      return err;
    }
    setChannels(device, state, device.parameter('channels'));
    return state;
  },

  ...openAndStop(openRings),

  /** It is disabled, for which its vectors need not go. */
  suspend(device, state) {
    closeInterface(device, state);
    device.disable();
  },

  resume(device, state) {
    const ret = device.enable();
    if (ret < 0) return ret;
    return state.running ? openRings(device, state) : 0;
  },

  remove(device, state) {
    if (state.vfs > 0) device.setVfs(0);
    closeInterface(device, state);
    device.freeIrqVectors();
    device.disable();
  },

  /** An error of the bus is not passed on. */
  configureVfs(device, state, count) {
    const refusal =
      device.mode !== 'msix'
        ? 'Not allow SRIOV if the irq mode is not MSIX'
        : state.running
          ? undefined
          : 'Reject SRIOV config request since if is down!';
    if (refusal !== undefined) {
      device.print('warn', `bnxt_en ${device.fn.address} ${device.name}: ${refusal}`);
      return 0;
    }
    if (state.vfs > 0) device.setVfs(0);
    state.vfs = count > 0 && device.setVfs(count) >= 0 ? count : 0;
    return count;
  },

  vf: { driver: 'bnxt_en', max: (parameter) => parameter('vfs') },
  vfParameters: (device) => ({
    virtual: 1,
    vectors: device.parameter('vfVectors'),
    queues: device.parameter('vfQueues'),
    ports: device.parameter('ports'),
    rdma: device.parameter('rdma'),
  }),
});

function mostRings(device: DriverDevice): number {
  return Math.min(device.parameter('queues'), Math.max(device.parameter('vectors'), 1));
}

/** Adapters with several ports have as many together as there are CPUs. */
function defaultRings(device: DriverDevice): number {
  const ports = device.parameter('ports');
  const perPort = ports > 1 ? Math.max(Math.floor(device.online.size / ports), 1) : Number.POSITIVE_INFINITY;
  const most = mostRings(device);
  const left = device.parameter('rdma') === 1 && most > FOR_RDMA ? most - FOR_RDMA : most;
  return Math.min(defaultRssQueues(device), perPort, left);
}

/** 0, or -ENODEV of a virtual function; others have one pair of rings and their line then. */
function initIntMode(device: DriverDevice, state: BnxtState): number {
  if (device.fn.msix !== undefined) {
    const granted = device.allocIrqVectors({ min: 1, max: state.rings, types: ['msix'] });
    if (granted > 0) {
      state.rings = granted;
      return 0;
    }
  }
  if (device.parameter('virtual') === 1) return -ENODEV;
  state.rings = 1;
  return 0;
}

/** More than there may be is refused, and changes nothing. */
function setChannels(device: DriverDevice, state: BnxtState, count: number): void {
  if (count === 0 || count === state.rings || device.mode !== 'msix' || count > mostRings(device)) return;
  device.freeIrqVectors();
  state.rings = count;
  initIntMode(device, state);
}

function openRings(device: DriverDevice, state: BnxtState): number {
  const how = { shared: device.mode !== 'msix' };
  const handlers = localSpread(device, state.rings, device.fn.node).map((mask, n) => ({
    message: n,
    action: `${device.name}-TxRx-${n}`,
    how,
    hint: { mask, sets: true },
  }));
  const ret = requestHandlers(device, handlers, (installed) => {
    freeHandlers(device, [...installed].reverse());
  });
  if (ret === 0) state.handlers = handlers;
  return ret;
}
