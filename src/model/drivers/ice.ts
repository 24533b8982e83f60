import { CpuSet } from '../../base/cpu-set.ts';
import { EIO, ENOMEM, ENOSPC, EOPNOTSUPP, ERANGE } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { ICE_MIN_MSIX, type IceUses, iceReduced, iceVfShare, iceWish } from './ice-vectors.ts';
import { channels, hardware, msixTable } from './parameters.ts';
import { freeHandlers, type QueueHandler, requestHandlers } from './queue-handlers.ts';

/** Consecutive vectors of one use. */
interface Lump {
  readonly base: number;
  /** Of each vector, the CPU that is its hint: its own number, where that was online; -1 for none at all. */
  readonly cpus: readonly number[];
}

interface IceState {
  /** `irq_tracker::num_entries`: virtual functions get what is beyond. */
  granted: number;
  hasRdma: boolean;
  /** Queues of the LAN; undefined where there was no place for them. */
  lan: Lump | undefined;
  /** The control queue of the Flow Director. */
  control: Lump | undefined;
  misc: QueueHandler[];
  open: { lan: QueueHandler[]; control: QueueHandler[] };
  /** Handlers that a failed open could not take back. */
  leaked: QueueHandler[];
  running: boolean;
  /** ICE_NEEDS_RESTART: the reset after sleep failed. */
  mustReload: boolean;
  vfs: number;
}

export const ice: Driver = defineDriver<IceState>({
  name: 'ice',
  instance: 'eth',
  summary:
    'One vector for everything else, requested at probe, one per online CPU for pairs of queues, ' +
    'requested when the link comes up, and about as many held for RDMA; MSI-X only, not managed. ' +
    'Suspend gives all back, and resume deals them out in another order.',
  sources: [
    {
      file: 'drivers/net/ethernet/intel/ice/ice_main.c',
      functions: [
        'ice_probe',
        'ice_ena_msix_range',
        'ice_reduce_msix_usage',
        'ice_req_irq_msix_misc',
        'ice_vsi_req_irq_msix',
        'ice_init_fdir',
        'ice_suspend',
        'ice_resume',
        'ice_rebuild',
        'ice_remove',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/intel/ice/ice_lib.c',
      functions: ['ice_vsi_set_num_qs', 'ice_vsi_setup_vector_base', 'ice_vsi_rebuild', 'ice_vsi_free_irq'],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/intel/ice/ice_base.c',
      functions: ['ice_vsi_alloc_q_vector'],
      kernel: '6.1',
    },
    { file: 'drivers/net/ethernet/intel/ice/ice_idc.c', functions: ['ice_init_rdma'], kernel: '6.1' },
    {
      file: 'drivers/net/ethernet/intel/ice/ice_sriov.c',
      functions: ['ice_sriov_configure', 'ice_set_per_vf_res'],
      kernel: '6.1',
    },
  ],
  parameters: {
    vectors: msixTable('MSI-X vectors of the function (num_msix_vectors)', 1024),
    queues: hardware('pairs of queues of the function (num_txq, num_rxq)', 1, 2048, 512),
    flowDirector: hardware('1: it has a Flow Director', 0, 1, 1),
    rdma: hardware('1: it has RDMA', 0, 1, 1),
    package: hardware('1: its DDP package was loaded; 0: safe mode, one queue and two vectors', 0, 1, 1),
    vfs: hardware('virtual functions of the function (num_allocd_vfs)', 0, 256, 128),
    channels: channels(2048),
  },
  capabilities: (parameter) => ({ msix: parameter('vectors') || undefined }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const state: IceState = {
      granted: 0,
      hasRdma: hasPackage(device) && device.parameter('rdma') === 1,
      lan: undefined,
      control: undefined,
      misc: [],
      open: { lan: [], control: [] },
      leaked: [],
      running: false,
      mustReload: false,
      vfs: 0,
    };
    const err = setUp(device, state);
    if (err === 0) return state;
    giveBack(device, state);
    device.disable();
    return err;
  },

  open(device, state) {
    if (state.mustReload) return -EIO;
    const ret = openQueues(device, state, 'lan');
    state.running = ret === 0;
    return ret;
  },

  stop(device, state) {
    state.running = false;
    close(device, state, 'lan');
  },

  suspend(device, state) {
    giveBack(device, state);
  },

  /** Errors are printed and dropped. */
  resume(device, state) {
    const uses = enableMsix(device, state);
    if (typeof uses === 'number') {
      print(device, 'err', `Failed to re-initialize interrupt ${uses}`);
      print(device, 'err', `Cannot restore interrupt scheme: ${uses}`);
      state.mustReload = true;
      return 0;
    }
    const err = requestMisc(device, state);
    if (err < 0) print(device, 'err', `Cannot restore interrupt scheme: ${err}`);
    // Those of RDMA are taken before the reset that sets up the queues again.
    const place = placer(device, state.granted);
    place(1);
    if (state.hasRdma) place(uses.rdma);
    state.mustReload = !rebuild(device, state, uses, place);
    return 0;
  },

  remove(device, state) {
    if (state.vfs > 0) device.setVfs(0);
    giveBack(device, state);
    device.disable();
  },

  configureVfs(device, state, count) {
    if (!hasPackage(device)) {
      print(device, 'err', 'SR-IOV cannot be configured - Device is in Safe Mode');
      return -EOPNOTSUPP;
    }
    if (count === 0) {
      state.vfs = 0;
      device.setVfs(0);
      return 0;
    }
    const most = device.parameter('vfs');
    if (count > most) {
      print(device, 'err', `Can't enable ${count} VFs, max VFs supported is ${most}`);
      return -EOPNOTSUPP;
    }
    // The kernel enables them before it looks, and takes them back.
    if (iceVfShare(leftForVfs(device, state), count) === undefined) {
      const what = `Not enough resources for ${count} VFs, err ${-ENOSPC}. Try with fewer number of VFs`;
      print(device, 'err', what);
      return -ENOSPC;
    }
    const ret = device.setVfs(count);
    if (ret >= 0) state.vfs = count;
    return ret < 0 ? ret : count;
  },

  vf: { driver: 'iavf', max: (parameter) => parameter('vfs') },
  vfParameters: (device, state, count) => ({ ...iceVfShare(leftForVfs(device, state), count) }),
});

function hasPackage(device: DriverDevice): boolean {
  return device.parameter('package') === 1;
}

function hasFlowDirector(device: DriverDevice): boolean {
  return hasPackage(device) && device.parameter('flowDirector') === 1;
}

function print(device: DriverDevice, level: 'err' | 'warn', text: string): void {
  device.print(level, `ice ${device.fn.address}: ${text}`);
}

function leftForVfs(device: DriverDevice, { granted, lan, control }: IceState) {
  const used = (lan?.cpus.length ?? 0) + (control === undefined ? 0 : 1);
  return { vectors: device.parameter('vectors') - granted, queues: device.parameter('queues') - used };
}

/** Everything up to the netdev, and RDMA at last: 0 or a negative errno. */
function setUp(device: DriverDevice, state: IceState): number {
  const uses = enableMsix(device, state);
  if (typeof uses === 'number') {
    print(device, 'err', `ice_init_interrupt_scheme failed: ${uses}`);
    return -EIO;
  }
  const place = placer(device, state.granted);
  place(1);
  const err = requestMisc(device, state);
  if (err < 0) return err;
  const lan = place(queuesOf(device, uses, 0));
  if (lan === undefined) return -ENOMEM;
  const wanted = queuesOf(device, uses);
  state.lan = { ...lan, cpus: lan.cpus.slice(0, wanted) };
  if (hasFlowDirector(device)) state.control = place(1);
  if (openQueues(device, state, 'control') < 0) state.control = undefined;
  return state.hasRdma && place(uses.rdma) === undefined ? -EIO : 0;
}

/** `ice_rebuild()`: false where something failed, and what came after it is left out. */
function rebuild(
  device: DriverDevice,
  state: IceState,
  uses: IceUses,
  place: (count: number) => Lump | undefined,
): boolean {
  const hadControl = state.control !== undefined;
  state.control = undefined;
  state.lan = place(queuesOf(device, uses));
  if (state.lan === undefined) return false;
  if (state.running && openQueues(device, state, 'lan') < 0) return false;
  if (!hadControl) return true;
  state.control = place(1);
  return state.control !== undefined && openQueues(device, state, 'control') === 0;
}

/** What it got and for what, or a negative errno. */
function enableMsix(device: DriverDevice, state: IceState): IceUses | number {
  const vectors = hasPackage(device) ? device.parameter('vectors') : ICE_MIN_MSIX;
  const has = { rdma: state.hasRdma, flowDirector: hasFlowDirector(device) };
  const wish = iceWish(vectors, device.online.size, has);
  if (wish === undefined) return -ERANGE;
  const { other, unmet } = wish;
  if (unmet !== undefined) {
    const what = `not enough device MSI-X vectors. wanted = ${unmet}, available = ${vectors}`;
    print(device, 'warn', what);
  }
  const wanted = wish.lan + wish.rdma + other;
  let uses: IceUses = { lan: wish.lan, rdma: wish.rdma };
  const granted = device.allocIrqVectors({ min: ICE_MIN_MSIX, max: wanted, types: ['msix'] });
  if (granted < 0) {
    print(device, 'err', 'unable to reserve MSI-X vectors');
    return granted;
  }
  if (granted < wanted) {
    const what = `not enough OS MSI-X vectors. requested = ${wanted}, obtained = ${granted}`;
    print(device, 'warn', what);
    uses = iceReduced(Math.max(granted - other, 1), state.hasRdma && uses.rdma > 0);
  }
  state.granted = granted;
  if (uses.rdma === 0) state.hasRdma = false;
  return uses;
}

/** `ice_vsi_set_num_qs()`; more channels than there may be are refused, and change nothing. */
function queuesOf(device: DriverDevice, { lan }: IceUses, wanted = device.parameter('channels')): number {
  const most = Math.min(lan, device.parameter('queues'), device.online.size);
  return wanted > 0 && wanted <= most ? wanted : most;
}

/** Each lump follows the last (`ice_get_res()` of a pool that nothing was given back to); undefined beyond the end. */
function placer(device: DriverDevice, granted: number): (count: number) => Lump | undefined {
  let next = 0;
  return (count) => {
    if (next + count > granted) return undefined;
    const base = next;
    next += count;
    return { base, cpus: Array.from({ length: count }, (_, n) => (device.online.has(n) ? n : -1)) };
  };
}

function requestMisc(device: DriverDevice, state: IceState): number {
  const misc = [{ message: 0, action: `ice-${device.fn.address}:misc` }];
  const ret = requestHandlers(device, misc);
  if (ret === 0) state.misc = misc;
  else print(device, 'err', `devm_request_threaded_irq for ${misc[0]?.action} failed: ${ret}`);
  return ret;
}

/** ICE_MAX_RXQS_PER_TC: what is beyond only sends. */
const MAX_RX_QUEUES = 256;

/** 0, also where there is nothing to open; where one is refused, those before it stay: they are freed by a wrong name. */
function openQueues(device: DriverDevice, state: IceState, what: 'lan' | 'control'): number {
  const lump = state[what];
  if (lump === undefined) return 0;
  const prefix = what === 'lan' ? `ice-${device.name}` : `ice-${device.fn.address}:ctrl`;
  const handlers = lump.cpus.map((cpu, n) => ({
    message: lump.base + n,
    action: `${prefix}-${n < MAX_RX_QUEUES ? 'TxRx' : 'tx'}-${n}`,
    hint: { mask: cpu < 0 ? new CpuSet() : CpuSet.of(cpu), sets: true },
  }));
  const ret = requestHandlers(device, handlers, (installed) => {
    for (const { message } of installed) device.setAffinityAndHint(message, undefined);
    state.leaked.push(...installed.map(({ message, action }) => ({ message, action })));
  });
  if (ret === 0) state.open[what] = handlers;
  return ret;
}

function close(device: DriverDevice, state: IceState, what: 'lan' | 'control'): void {
  freeHandlers(device, state.open[what]);
  state.open[what] = [];
}

/** What leaked goes with its vectors. */
function giveBack(device: DriverDevice, state: IceState): void {
  close(device, state, 'lan');
  close(device, state, 'control');
  freeHandlers(device, state.misc);
  freeHandlers(device, state.leaked);
  state.misc = [];
  state.leaked = [];
  device.freeIrqVectors();
}
