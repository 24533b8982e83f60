import { CpuSet } from '../../base/cpu-set.ts';
import { EFAULT, ENOSPC } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { channels, hardware, msixTable } from './parameters.ts';
import { freeHandlers, type QueueHandler, requestHandlers } from './queue-handlers.ts';

interface EnaState {
  /** `max_num_io_queues`, of probe. */
  readonly most: number;
  /** `num_io_queues`. */
  queues: number;
  /** The hint of each queue's vector: CPUs are added each time the link comes up, and never taken away. */
  readonly hints: number[][];
  management: QueueHandler[];
  io: QueueHandler[];
  running: boolean;
}

/** ENA_MAX_NUM_IO_QUEUES. */
const MOST_QUEUES = 128;
const MANAGEMENT = 1;

export const ena: Driver = defineDriver<EnaState>({
  name: 'ena',
  instance: 'eth',
  summary:
    'One vector for management, requested at probe, and one per online CPU for queues, requested when ' +
    'the link comes up; each is steered to a CPU, none is managed. Suspend gives all of them back.',
  sources: [
    {
      file: 'drivers/net/ethernet/amazon/ena/ena_netdev.c',
      functions: [
        'ena_calc_max_io_queue_num',
        'ena_enable_msix',
        'ena_setup_mgmnt_intr',
        'ena_request_mgmnt_irq',
        'ena_setup_io_intr',
        'ena_request_io_irq',
        'ena_up',
        'ena_down',
        'ena_destroy_device',
        'ena_restore_device',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/net/ethernet/amazon/ena/ena_ethtool.c',
      functions: ['ena_set_channels'],
      kernel: '6.1',
    },
  ],
  parameters: {
    vectors: msixTable('MSI-X vectors of the function', 33),
    queues: hardware('pairs of queues of the function (max_tx_sq_num and the like)', 1, MOST_QUEUES, 32),
    channels: channels(MOST_QUEUES),
  },
  capabilities: (parameter) => ({ msix: parameter('vectors') || undefined }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    // Without a table its size is an errno, which as an unsigned number limits nothing.
    const table = device.fn.msix?.tableSize ?? Number.POSITIVE_INFINITY;
    const most = Math.min(device.online.size, MOST_QUEUES, device.parameter('queues'), table - MANAGEMENT);
    const state: EnaState = { most, queues: most, hints: [], management: [], io: [], running: false };
    const err = most === 0 ? -EFAULT : enableMsix(device, state);
    if (err < 0) {
      device.disable();
      return err;
    }
    const wanted = device.parameter('channels');
    if (wanted > 0 && wanted <= most) state.queues = wanted;
    return state;
  },

  open(device, state) {
    const ret = up(device, state);
    state.running = ret === 0;
    return ret;
  },

  stop(device, state) {
    state.running = false;
    down(device, state);
  },

  suspend: giveBack,

  resume(device, state) {
    const ret = enableMsix(device, state);
    if (ret < 0) return failed(device, ret);
    const err = state.running ? up(device, state) : 0;
    if (err === 0) return 0;
    giveBack(device, state);
    return failed(device, err);
  },

  remove(device, state) {
    giveBack(device, state);
    device.disable();
  },
});

function print(device: DriverDevice, text: string): void {
  device.print('err', `ena ${device.fn.address}: ${text}`);
}

function failed(device: DriverDevice, errno: number): number {
  print(device, 'Reset attempt failed. Can not reset the device');
  return errno;
}

/** `ena_enable_msix_and_set_admin_interrupts()`: 0, or a negative errno and nothing is held. */
function enableMsix(device: DriverDevice, state: EnaState): number {
  const most = state.most + MANAGEMENT;
  const granted = device.allocIrqVectors({ min: 1 + MANAGEMENT, max: most, types: ['msix'] });
  if (granted < 0) {
    print(device, 'Can not reserve msix vectors');
    return -ENOSPC;
  }
  if (granted !== most) state.queues = granted - MANAGEMENT;
  const hint = { mask: CpuSet.of(device.online.first ?? 0), sets: true };
  const management = [{ message: 0, action: `ena-mgmnt@pci:${device.fn.address}`, hint }];
  const ret = requestHandlers(device, management);
  if (ret === 0) {
    state.management = management;
    return 0;
  }
  print(device, 'Can not setup management interrupts');
  device.freeIrqVectors();
  return ret;
}

/** CPUs are counted off, whether they are online or not; where one is refused, those before it keep their hints. */
function up(device: DriverDevice, state: EnaState): number {
  const cpus = device.online.size;
  for (let n = 0; n < state.queues; n++) {
    state.hints[n] = [...new Set([...(state.hints[n] ?? []), n % cpus])];
  }
  const io = state.hints.slice(0, state.queues).map((hint, n) => ({
    message: MANAGEMENT + n,
    action: `${device.name}-Tx-Rx-${n}`,
    hint: { mask: CpuSet.from(hint), sets: true },
  }));
  const ret = requestHandlers(device, io, (installed) => {
    for (const { message } of [...installed].reverse()) device.freeIrq(message);
  });
  if (ret === 0) state.io = io;
  return ret;
}

function down(device: DriverDevice, state: EnaState): void {
  freeHandlers(device, state.io);
  state.io = [];
}

/** `ena_destroy_device()`. */
function giveBack(device: DriverDevice, state: EnaState): void {
  down(device, state);
  freeHandlers(device, state.management);
  state.management = [];
  device.freeIrqVectors();
}
