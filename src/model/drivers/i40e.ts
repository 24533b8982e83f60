import { EFAULT, EPERM } from '../failures.ts';
import type { IrqVectorsRequest } from '../msi/irq-vectors.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import {
  type I40eCaps,
  type I40eUses,
  i40eBudget,
  i40eRedistribute,
  i40eUses,
  i40eWithoutMsix,
  MIN_MSIX,
} from './i40e-vectors.ts';
import { localSpread } from './local-spread.ts';
import { channels, flag, hardware, msixTable } from './parameters.ts';
import { freeHandlers, type QueueHandler, requestHandlers, txRxHandlers } from './queue-handlers.ts';

interface I40eState {
  uses: I40eUses;
  /** Vectors of the LAN from 1 on, and of the Flow Director after them: of probe, whatever is granted at resume. */
  readonly lanVectors: number;
  readonly fdirVectors: number;
  misc: QueueHandler[];
  lan: QueueHandler[];
  fdir: QueueHandler[];
  running: boolean;
  /** The switch bridges to virtual functions: its change resets the function. */
  veb: boolean;
}

type Group = 'misc' | 'lan' | 'fdir';

export const i40e: Driver = defineDriver<I40eState>({
  name: 'i40e',
  instance: 'eth',
  summary:
    'One vector for everything else, requested at probe, and one per online CPU for pairs of queues, ' +
    'requested when the link comes up; more are held for the Flow Director, VMDq and RDMA. None is ' +
    'managed, and suspend gives all of them back.',
  sources: [
    {
      file: 'drivers/net/ethernet/intel/i40e/i40e_main.c',
      functions: [
        'i40e_sw_init',
        'i40e_determine_queue_usage',
        'i40e_init_msix',
        'i40e_reserve_msix_vectors',
        'i40e_init_interrupt_scheme',
        'i40e_probe',
        'i40e_setup_misc_vector',
        'i40e_vsi_open',
        'i40e_vsi_request_irq_msix',
        'i40e_rebuild',
        'i40e_suspend',
        'i40e_resume',
        'i40e_remove',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/intel/i40e/i40e_virtchnl_pf.c',
      functions: ['i40e_pci_sriov_configure', 'i40e_pci_sriov_enable', 'i40e_vc_get_vf_resources_msg'],
      kernel: '6.1',
    },
  ],
  parameters: {
    vectors: msixTable('MSI-X vectors of the function (num_msix_vectors)', 129),
    queues: hardware('pairs of queues of the function (num_tx_qp): 1536 divided by the ports', 1, 1536, 384),
    rssQueues: hardware('queues that RSS reaches: 64, 128 on the X722', 1, 512, 64),
    flowDirector: hardware('1: it has a Flow Director', 0, 1, 1),
    vmdq: hardware('1: it has VMDq', 0, 1, 1),
    vmdqQueues: hardware('pairs of queues per VMDq VSI: 1, 4 on the X722', 1, 4, 1),
    iwarp: hardware('1: it has RDMA, as the X722', 0, 1, 0),
    vfs: hardware('virtual functions of the function', 0, 128, 32),
    vfVectors: hardware('MSI-X vectors of each virtual function (num_msix_vectors_vf)', 2, 129, 5),
    channels: channels(1536),
    keepsVectors: flag('1: it keeps its vectors while the machine sleeps, as before 4.15'),
    managed: flag('1: as no release does, the kernel spreads the interrupts of its queues and keeps them'),
  },
  capabilities: (parameter) => ({
    msix: parameter('vectors') || undefined,
    msi: { log2Count: 0, maskable: true, is64Bit: true },
  }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const uses = i40eUses(capsOf(device), device.online.size);
    const none = { misc: [], lan: [], fdir: [], running: false, veb: false };
    const granted = enableMsix(device, uses);
    if (granted < 0) {
      return { uses: i40eWithoutMsix(uses), lanVectors: 1, fdirVectors: 0, ...none };
    }
    // Where nothing is left for the Flow Director or iWARP, it is switched off (i40e_get_lump()).
    if (1 + uses.lan + uses.fdir > granted) uses.fdir = 0;
    if (1 + uses.lan + uses.fdir + uses.iwarp > granted) uses.iwarp = 0;
    const state: I40eState = { uses, lanVectors: uses.lan, fdirVectors: uses.fdir, ...none };
    openFdir(device, state);
    if (requestMisc(device, state) === 0) return state;
    close(device, state, 'fdir');
    device.freeIrqVectors();
    device.disable();
    return -EFAULT;
  },

  open(device, state) {
    const ret = openLan(device, state);
    state.running = ret === 0;
    // i40e_vsi_open() resets the function then, and with it what was running.
    if (ret < 0) resetAndRebuild(device, state);
    return ret;
  },

  stop(device, state) {
    state.running = false;
    close(device, state, 'lan');
  },

  /** "i40e: shutdown all IRQs and disable MSI-X when suspended", in v4.15: so that hibernation need not fail. */
  suspend(device, state) {
    if (keepsVectors(device)) return;
    for (const what of ['lan', 'fdir', 'misc'] as const) close(device, state, what);
    device.freeIrqVectors();
  },

  /** Without a vector for everything else nothing runs; no error is passed on. */
  resume(device, state) {
    if (keepsVectors(device)) return 0;
    if (enableMsix(device, state.uses) < 0) {
      state.uses = i40eWithoutMsix(state.uses);
      reopen(device, state);
    } else if (requestMisc(device, state) === 0) {
      reopen(device, state);
    } else {
      print(device, `Cannot restore interrupt scheme: ${-EFAULT}`, 'err');
      if (requestMisc(device, state) === 0) reopen(device, state);
    }
    return 0;
  },

  remove(device, state) {
    if (state.veb) device.setVfs(0);
    for (const what of ['fdir', 'lan', 'misc'] as const) close(device, state, what);
    device.freeIrqVectors();
    device.disable();
  },

  configureVfs(device, state, count) {
    if (count === 0) device.setVfs(0);
    if (count === 0 || !state.veb) resetAndRebuild(device, state);
    state.veb = count > 0;
    if (count === 0) return 0;
    const { vfs } = state.uses;
    if (count > vfs) {
      const limited = `Limited to ${vfs} VFs due to device resource constraints.`;
      print(device, `Unable to enable ${count} VFs. ${limited}`, 'warn');
      return -EPERM;
    }
    print(device, `Allocating ${count} VFs.`);
    const ret = device.setVfs(count);
    if (ret >= 0) return count;
    state.veb = false;
    print(device, `Failed to enable SR-IOV: ${ret}`, 'warn');
    return ret;
  },

  vf: { driver: 'iavf', max: (parameter) => parameter('vfs') },
  vfParameters: (device) => ({ queues: QUEUES_OF_VF, vectors: device.parameter('vfVectors') }),
});

function keepsVectors(device: DriverDevice): boolean {
  return device.parameter('keepsVectors') === 1 || !device.profile.i40eSleepsWithoutVectors;
}

/**
 * What the mail asks for: queues of the LAN are managed, the interrupt for everything else and those behind are not. Then
 * one queue at least has to be left for the spread (`irq_calc_affinity_vectors()`).
 */
function rangeOf(device: DriverDevice, { lan }: I40eUses, wanted: number): IrqVectorsRequest {
  const range = { min: MIN_MSIX, max: wanted, types: ['msix'] } as const;
  if (!isManaged(device)) return range;
  const affinity = { preVectors: 1, postVectors: wanted - 1 - lan };
  return { ...range, min: wanted - lan + 1, spread: true, affinity };
}

function isManaged(device: DriverDevice): boolean {
  return device.parameter('managed') === 1;
}

/** I40E_DEFAULT_QUEUES_PER_VF. */
const QUEUES_OF_VF = 4;

function capsOf(device: DriverDevice): I40eCaps {
  const flag = (name: string): boolean => device.parameter(name) === 1;
  return {
    vectors: device.parameter('vectors'),
    queues: device.parameter('queues'),
    rssQueues: device.parameter('rssQueues'),
    flowDirector: flag('flowDirector'),
    vmdq: flag('vmdq'),
    vmdqQueues: device.parameter('vmdqQueues'),
    iwarp: flag('iwarp'),
    vfs: device.parameter('vfs'),
  };
}

function print(device: DriverDevice, text: string, level: 'info' | 'warn' | 'err' = 'info'): void {
  device.print(level, `i40e ${device.fn.address}: ${text}`);
}

/** How many were granted; negative where it has to do with MSI or its line, and one vector for all. */
function enableMsix(device: DriverDevice, uses: I40eUses): number {
  const before = { ...uses };
  const wanted = i40eBudget(capsOf(device), uses, device.online.size);
  const granted = device.allocIrqVectors(rangeOf(device, uses, wanted));
  if (granted >= 0) {
    if (granted < wanted && granted !== MIN_MSIX) {
      print(
        device,
        `MSI-X vector limit reached with ${granted}, wanted ${wanted}, attempting to redistribute vectors`,
      );
    }
    if (granted < wanted || granted === MIN_MSIX) i40eRedistribute(uses, granted, before.iwarp);
    const lost = (what: string): void => print(device, `${what} disabled, not enough MSI-X vectors`);
    if (before.fdir > 0 && uses.fdir === 0) lost('Sideband Flowdir');
    if (before.vmdqQueues > 0 && uses.vmdqVectors === 0) lost('VMDq');
    if (before.iwarp > 0 && uses.iwarp === 0) lost('IWARP');
    return granted;
  }
  print(device, `MSI-X vector reservation failed: ${granted}`);
  print(device, 'MSI-X not available, trying MSI');
  const ret = device.allocIrqVectors({ min: 1, max: 1, types: ['msi'] });
  if (ret < 0) {
    print(device, `MSI init failed - ${ret}`);
    print(device, 'MSI-X and MSI not available, falling back to Legacy IRQ');
  }
  return granted;
}

function install(device: DriverDevice, state: I40eState, what: Group, handlers: QueueHandler[]): number {
  const ret = requestHandlers(device, handlers);
  if (ret === 0) state[what] = handlers;
  return ret;
}

function close(device: DriverDevice, state: I40eState, what: Group): void {
  freeHandlers(device, state[what]);
  state[what] = [];
}

/** Name of the vector for everything else, and of the only one. */
function miscName(device: DriverDevice): string {
  return `i40e-${device.fn.address}:misc`;
}

function requestMisc(device: DriverDevice, state: I40eState): number {
  const ret = install(device, state, 'misc', [{ message: 0, action: miscName(device) }]);
  if (ret < 0) print(device, `request_irq for ${miscName(device)} failed: ${ret}`);
  return ret;
}

/** Vectors that `ethtool -L` left without a queue have no handler (`i40e_vsi_map_rings_to_vectors()`). */
function openLan(device: DriverDevice, state: I40eState): number {
  if (device.mode !== 'msix') {
    const how = { shared: device.mode === 'intx' };
    return install(device, state, 'lan', [{ message: 0, action: miscName(device), how }]);
  }
  const queues = Math.min(device.parameter('channels') || state.lanVectors, state.lanVectors);
  const hints = isManaged(device) ? [] : localSpread(device, queues, -1);
  return install(device, state, 'lan', txRxHandlers(queues, 1, `i40e-${device.name}`, hints));
}

/** What comes of it is not looked at. */
function openFdir(device: DriverDevice, state: I40eState): void {
  const { fdirVectors, lanVectors } = state;
  const hints = localSpread(device, fdirVectors, -1);
  const prefix = `i40e-${device.fn.address}:fdir`;
  install(device, state, 'fdir', txRxHandlers(fdirVectors, 1 + lanVectors, prefix, hints));
}

/** What was open is opened again (`i40e_pf_unquiesce_all_vsi()`). */
function reopen(device: DriverDevice, state: I40eState): void {
  if (state.running) openLan(device, state);
  if (device.mode === 'msix') openFdir(device, state);
}

/** `i40e_do_reset()`: the vector for everything else stays. */
function resetAndRebuild(device: DriverDevice, state: I40eState): void {
  close(device, state, 'lan');
  close(device, state, 'fdir');
  reopen(device, state);
}
