import { CpuSet } from '../../base/cpu-set.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { localSpread } from './local-spread.ts';
import { channels, hardware, msixTable } from './parameters.ts';
import { freeHandlers, type QueueHandler, requestHandlers } from './queue-handlers.ts';

interface Mlx5State {
  /** For events; with a single vector for all. */
  async: QueueHandler[];
  completions: QueueHandler[];
  /** How many interrupts for completions there may be. */
  most: number;
  running: boolean;
  vfs: number;
}

/** Event queues that are not for completions: MLX5_MAX_ASYNC_EQS with on-demand paging. */
const ASYNC_EQS = 4;
/** MLX5_IRQ_CTRL_SF_MAX and MLX5_COMP_EQS_PER_SF. */
const CONTROL_OF_SUBFUNCTIONS = 8;
const PER_SUBFUNCTION = 8;
/** MLX5E_MAX_NUM_CHANNELS; without being told half of it (`mlx5e_build_nic_params()`). */
const MOST_CHANNELS = 256;

/**
 * Newer kernels take messages one by one, and those for completions only when the link comes up the first time; what
 * else may ask for them earlier, such as RDMA, is not known here. Before 5.3 events had four vectors, which is not
 * modelled.
 */
export const mlx5Core: Driver = defineDriver<Mlx5State>({
  name: 'mlx5_core',
  instance: 'eth',
  summary:
    'One vector per online CPU and port for completions, each steered to a CPU, and one for events; ' +
    'requested at probe, since 6.6 when the link comes up first, and not managed. More are held for ' +
    'subfunctions; suspend gives all of them back.',
  sources: [
    {
      file: 'drivers/net/ethernet/mellanox/mlx5/core/pci_irq.c',
      functions: [
        'mlx5_irq_table_create',
        'mlx5_irq_alloc',
        'mlx5_ctrl_irq_request',
        'mlx5_irqs_request_vectors',
        'irq_set_name',
        'mlx5_get_default_msix_vec_count',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/mellanox/mlx5/core/eq.c',
      functions: ['mlx5_eq_table_create', 'create_async_eqs', 'comp_irqs_request', 'mlx5_eq_table_destroy'],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/mellanox/mlx5/core/main.c',
      functions: ['mlx5_load', 'mlx5_unload', 'mlx5_suspend', 'mlx5_resume', 'remove_one'],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/mellanox/mlx5/core/sriov.c',
      functions: ['mlx5_core_sriov_configure', 'mlx5_device_enable_sriov'],
      kernel: '6.1',
    },
  ],
  parameters: {
    vectors: msixTable('MSI-X vectors of the function (NUM_PF_MSIX of the firmware, and one)', 64),
    ports: hardware('ports of the function (num_ports)', 1, 2, 1),
    eventQueues: hardware('event queues of the function (max_num_eqs)', ASYNC_EQS + 1, 0x1_0000, 1024),
    subfunctions: hardware('subfunctions that the firmware allows (PF_TOTAL_SF)', 0, 4096, 0),
    vfs: hardware('virtual functions (NUM_OF_VFS of the firmware)', 0, 1000, 8),
    vfVectors: hardware('MSI-X vectors of each virtual function (NUM_VF_MSIX, and one)', 1, 2048, 12),
    vfPool: hardware(
      'vectors that virtual functions share (num_total_dynamic_vf_msix); 0: fixed',
      0,
      0x1_0000,
      0,
    ),
    vfMin: hardware('at least, of those that are shared (min_dynamic_vf_msix_table_size)', 1, 2048, 2),
    vfMax: hardware('at most, of those that are shared (max_dynamic_vf_msix_table_size)', 1, 2048, 256),
    channels: channels(MOST_CHANNELS),
  },
  capabilities: (parameter) => ({ msix: parameter('vectors') || undefined }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const state: Mlx5State = { async: [], completions: [], most: 0, running: false, vfs: 0 };
    const err = load(device, state);
    if (err === 0) return state;
    device.disable();
    return err;
  },

  open(device, state) {
    const ret = openChannels(device, state);
    state.running = ret === 0;
    return ret;
  },

  /** The interrupts for completions stay. */
  stop(_device, state) {
    state.running = false;
  },

  suspend: unload,

  resume(device, state) {
    const ret = load(device, state);
    return ret === 0 && state.running ? openChannels(device, state) : ret;
  },

  remove(device, state) {
    if (state.vfs > 0) device.setVfs(0);
    unload(device, state);
    device.disable();
  },

  configureVfs(device, state, count) {
    const ret = device.setVfs(count);
    if (ret < 0) return ret;
    state.vfs = count;
    return count;
  },

  vf: { driver: 'mlx5_core', max: (parameter) => parameter('vfs') },

  /** Of a pool only half is given without being asked, so that some can be given more. */
  vfParameters(device, _state, count) {
    const pool = device.parameter('vfPool');
    if (pool === 0) return { vectors: device.parameter('vfVectors') };
    const share = Math.min(Math.floor(pool / count), Math.floor(device.parameter('vfMax') / 2));
    return { vectors: Math.max(share, device.parameter('vfMin')) };
  },
});

/** The kernel also prints function, line and process, which are left out. */
function print(device: DriverDevice, text: string): void {
  device.print('err', `mlx5_core ${device.fn.address}: ${text}`);
}

/** `mlx5_load()`: 0, or a negative errno and nothing is held. */
function load(device: DriverDevice, state: Mlx5State): number {
  const { mlx5Events, mlx5RequestsOnDemand } = device.profile;
  const sfs = device.parameter('subfunctions');
  const held = sfs === 0 ? 0 : CONTROL_OF_SUBFUNCTIONS + PER_SUBFUNCTION * sfs;
  const wanted = Math.min(
    device.parameter('ports') * device.online.size + 1,
    device.parameter('eventQueues'),
  );
  const few = mlx5Events === 'first-of-few';
  const min = mlx5Events === 'first' ? 2 : 1;
  const granted = device.allocIrqVectors({ min, max: few ? 1 : wanted + held, types: ['msix'] });
  if (granted < 0) {
    print(device, 'Failed to alloc IRQs');
    return granted;
  }
  const vectors = Math.min(wanted, few ? (device.fn.msix?.tableSize ?? 1) : granted);
  const completions = Math.min(vectors - 1, device.parameter('eventQueues') - ASYNC_EQS);
  state.most = completions;
  const atProbe = mlx5RequestsOnDemand ? 0 : completions;
  const err = requestEvents(device, state, vectors) || requestCompletions(device, state, atProbe);
  if (err === 0 || state.completions.length > 0) return 0;
  print(device, 'Failed to create EQs');
  unload(device, state);
  return err;
}

/** One interrupt alone is for everything. */
function requestEvents(device: DriverDevice, state: Mlx5State, vectors: number): number {
  const { online, profile } = device;
  const alone = vectors === 1;
  const message = profile.mlx5Events === 'last' ? vectors - 1 : 0;
  const mask = alone ? CpuSet.of(online.first ?? 0) : online.clone();
  // Before, the mask of events was left alone.
  const bound = profile.mlx5Events !== 'first';
  const what = alone ? 'combined' : 'async';
  const events = [handler(device, message, `${what}${message}`, bound ? mask : undefined)];
  const ret = requestHandlers(device, events);
  if (ret === 0) state.async = events;
  else print(device, 'Failed to create async EQs');
  return ret;
}

/** Up to `count` of them: where one is refused, those before it stay. */
function requestCompletions(device: DriverDevice, state: Mlx5State, count: number): number {
  const { mlx5Events } = device.profile;
  const masks = localSpread(device, count, device.fn.node);
  for (const [n, mask] of masks.entries()) {
    if (n < state.completions.length) continue;
    const message = mlx5Events === 'last' ? n : mlx5Events === 'first' ? n + 1 : device.allocIrqAt(mask);
    const wanted = [handler(device, message, `comp${n}`, mask)];
    const ret = message < 0 ? message : requestHandlers(device, wanted);
    if (ret === 0) {
      state.completions.push(...wanted);
      continue;
    }
    if (message >= 0 && mlx5Events === 'first-of-few') device.freeIrqAt(message);
    if (n === 0) print(device, 'Failed to create completion EQs');
    return ret;
  }
  return 0;
}

/** More than there may be is refused, and changes nothing. */
function openChannels(device: DriverDevice, state: Mlx5State): number {
  if (!device.profile.mlx5RequestsOnDemand) return 0;
  const told = device.parameter('channels');
  const usual = Math.min(MOST_CHANNELS / 2, state.most);
  return requestCompletions(device, state, told > 0 && told <= state.most ? told : usual);
}

function handler(
  device: DriverDevice,
  message: number,
  what: string,
  mask: CpuSet | undefined,
): QueueHandler {
  const action = `mlx5_${what}@pci:${device.fn.address}`;
  return { message, action, hint: mask === undefined ? undefined : { mask, sets: true } };
}

function unload(device: DriverDevice, state: Mlx5State): void {
  for (const completion of state.completions) {
    freeHandlers(device, [completion]);
    if (device.profile.mlx5Events === 'first-of-few') device.freeIrqAt(completion.message);
  }
  freeHandlers(device, state.async);
  Object.assign(state, { completions: [], async: [] });
  device.freeIrqVectors();
}
