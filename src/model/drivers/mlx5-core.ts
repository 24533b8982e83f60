import { CpuSet } from '../../base/cpu-set.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { localSpread } from './local-spread.ts';
import { hardware, msixTable } from './parameters.ts';
import { freeHandlers, type QueueHandler, requestHandlers } from './queue-handlers.ts';

interface Mlx5State {
  /** For events; with a single vector for all. */
  async: QueueHandler[];
  completions: QueueHandler[];
  vfs: number;
}

/** Event queues that are not for completions: MLX5_MAX_ASYNC_EQS with on-demand paging. */
const ASYNC_EQS = 4;
/** MLX5_IRQ_CTRL_SF_MAX and MLX5_COMP_EQS_PER_SF. */
const CONTROL_OF_SUBFUNCTIONS = 8;
const PER_SUBFUNCTION = 8;

/**
 * A vector per online CPU and port for completions and one for events, all of them requested at probe and each bound to
 * a CPU: the link matters to none, nor does `ethtool -L`. Those of subfunctions are held until these come.
 */
export const mlx5Core: Driver = defineDriver<Mlx5State>({
  name: 'mlx5_core',
  instance: 'eth',
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
  },
  capabilities: (parameter) => ({ msix: parameter('vectors') || undefined }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const state: Mlx5State = { async: [], completions: [], vfs: 0 };
    const err = load(device, state);
    if (err === 0) return state;
    device.disable();
    return err;
  },

  suspend: unload,

  resume: load,

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

function print(device: DriverDevice, text: string): void {
  device.print('err', `mlx5_core ${device.fn.address}: ${text}`);
}

/** `mlx5_load()`: 0, or a negative errno and nothing is held. */
function load(device: DriverDevice, state: Mlx5State): number {
  const wanted = Math.min(
    device.parameter('ports') * device.online.size + 1,
    device.parameter('eventQueues'),
  );
  const sfs = device.parameter('subfunctions');
  const held = sfs === 0 ? 0 : CONTROL_OF_SUBFUNCTIONS + PER_SUBFUNCTION * sfs;
  const granted = device.allocIrqVectors({ min: 1, max: wanted + held, types: ['msix'] });
  if (granted < 0) {
    print(device, 'Failed to alloc IRQs');
    return granted;
  }
  const err = createEventQueues(device, state, Math.min(wanted, granted));
  if (err === 0) return 0;
  print(device, 'Failed to create EQs');
  device.freeIrqVectors();
  return err;
}

/** The event's is the last one, and requested first. */
function createEventQueues(device: DriverDevice, state: Mlx5State, vectors: number): number {
  const last = vectors - 1;
  const alone = last === 0;
  const { online } = device;
  const mask = alone ? CpuSet.of(online.first ?? 0) : online.clone();
  const events = [handler(device, last, alone ? 'combined' : 'async', mask)];
  const err = requestHandlers(device, events);
  if (err < 0) {
    print(device, 'Failed to create async EQs');
    return err;
  }
  state.async = events;
  if (alone) return 0;
  const count = Math.min(last, device.parameter('eventQueues') - ASYNC_EQS);
  const wanted = localSpread(device, count, device.fn.node).map((cpu, n) => handler(device, n, 'comp', cpu));
  // It makes do with those that it gets.
  const failed = requestHandlers(device, wanted, (installed) => {
    state.completions = [...installed].reverse();
  });
  if (failed === 0) state.completions = wanted;
  if (state.completions.length > 0) return 0;
  print(device, 'Failed to create completion EQs');
  release(device, state);
  return failed;
}

function handler(device: DriverDevice, message: number, what: string, mask: CpuSet): QueueHandler {
  const action = `mlx5_${what}${message}@pci:${device.fn.address}`;
  return { message, action, hint: { mask, sets: true } };
}

function release(device: DriverDevice, state: Mlx5State): void {
  freeHandlers(device, state.completions);
  freeHandlers(device, state.async);
  Object.assign(state, { completions: [], async: [] });
}

function unload(device: DriverDevice, state: Mlx5State): void {
  release(device, state);
  device.freeIrqVectors();
}
