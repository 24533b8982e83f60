import { CpuSet } from '../../base/cpu-set.ts';
import { EIO, ENODEV } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { INTR, type LpfcChannels, lpfcChannels, MAKER, nextOnline } from './lpfc-channels.ts';
import { freeMessages, requestMessages } from './message-handlers.ts';
import { hardware, msixTable, option } from './parameters.ts';

interface LpfcState extends LpfcChannels {
  /** `intr_mode`: what it got last, and asks for when it resumes. */
  mode: number;
  /** Handlers that are installed; 0 while the machine sleeps. */
  handlers: number;
  /** The CPU that each message is pinned to. */
  pinned: (number | undefined)[];
  /** CPUs of `pinTo` that went. */
  gone: number[];
}

const NAME = 'lpfc';

/** Those that are pinned it moves itself when their CPU goes. CPUs that are offline at probe are left out. */
export const lpfc: Driver = defineDriver<LpfcState>({
  name: NAME,
  instance: NAME,
  summary:
    'On Intel one vector per core, on AMD one per CPU of the node, requested at probe, not managed but ' +
    'pinned by the driver: user space cannot move them. Elsewhere, or with options, one per CPU, ' +
    'managed; two before SLI-4. Suspend gives all of them back.',
  sources: [
    {
      file: 'drivers/scsi/lpfc/lpfc_init.c',
      functions: [
        'lpfc_pci_probe_one_s4',
        'lpfc_sli4_enable_intr',
        'lpfc_sli4_enable_msix',
        'lpfc_sli4_enable_msi',
        'lpfc_sli4_disable_intr',
        'lpfc_sli_enable_msix',
        'lpfc_sli_enable_msi',
        'lpfc_irq_rebalance',
        'lpfc_cpu_offline',
        'lpfc_cpu_online',
        'lpfc_pci_suspend_one_s4',
        'lpfc_pci_resume_one_s4',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/scsi/lpfc/lpfc_attr.c',
      functions: ['lpfc_irq_chann_init', 'lpfc_cpumask_irq_mode_init', 'lpfc_nvme_mod_param_dep'],
      kernel: '6.1',
    },
  ],
  parameters: {
    sli: hardware('interface of the board: 3 (LPe12000 and before) or 4', 3, 4, 4),
    cpuMaker: hardware('of the machine: 1 Intel, 2 AMD, 0 another', 0, 2, MAKER.intel),
    msixTable: msixTable('entries of the MSI-X table', 256),
    queues: hardware('queues that the firmware supports: the least of its EQs, CQs and WQs', 5, 0xffff, 1024),
    lpfc_use_msi: option('0 the line, 1 MSI, 2 MSI-X', 0, 2, INTR.msix),
    lpfc_irq_chann: option('vectors; 0 by itself', 0, 256, 0),
    lpfc_hdw_queue: option('queues, and at most as many vectors; 0 by itself', 0, 256, 0),
  },
  capabilities: (parameter) => ({
    msix: parameter('msixTable') || undefined,
    msi: { log2Count: 4, maskable: false, is64Bit: true },
  }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return -ENODEV;
    const mode = device.parameter('lpfc_use_msi');
    const state: LpfcState = { ...lpfcChannels(device), mode, handlers: 0, pinned: [], gone: [] };
    if (enableIntr(device, state)) {
      if (state.mode !== INTR.msix) state.channels = 1;
      return state;
    }
    device.disable();
    return -ENODEV;
  },

  /** Its own go to the next CPU of its list; where none is left there, all are left to the kernel. */
  cpuGoes(device, state, cpu) {
    if (channelOf(state, cpu) === undefined) return;
    state.gone.push(cpu);
    const next = nextOnline(state.pinTo, cpu + 1, device.online);
    for (const [message, at] of state.pinned.entries()) {
      if (next === cpu || next === undefined) unpin(device, state, message);
      else if (at === cpu) pin(device, state, message, next);
    }
  },

  cpusChanged(device, state) {
    for (const cpu of state.gone.filter((one) => device.online.has(one))) {
      const message = channelOf(state, cpu);
      if (message !== undefined) pin(device, state, message, cpu);
    }
    state.gone = state.gone.filter((one) => !device.online.has(one));
  },

  suspend(device, state) {
    disableIntr(device, state);
  },

  resume(device, state) {
    return enableIntr(device, state) ? 0 : -EIO;
  },

  remove(device, state) {
    disableIntr(device, state);
    device.disable();
  },
});

/** MSI-X, MSI, the line, from what is asked for down. */
function enableIntr(device: DriverDevice, state: LpfcState): boolean {
  const wanted = state.mode;
  const sli4 = device.parameter('sli') === 4;
  const handlers =
    (wanted === INTR.msix ? (sli4 ? enableChannels(device, state) : enableTwo(device)) : 0) ||
    (wanted >= INTR.msi ? enableMsi(device, sli4) : 0) ||
    (device.requestIrq(0, NAME, { shared: true }) < 0 ? 0 : 1);
  if (handlers === 0) return false;
  state.handlers = handlers;
  state.mode = INTR[device.mode === 'intx' ? 'line' : device.mode];
  return true;
}

/** `lpfc_sli4_enable_msix()`: how many have their handlers. */
function enableChannels(device: DriverDevice, state: LpfcState): number {
  const { channels, pinTo } = state;
  const pins = pinTo.length > 0;
  const max = pins ? Math.min(channels, pinTo.length) : channels;
  const vectors = device.allocIrqVectors({ min: 1, max, types: ['msix'], spread: !pins });
  for (let message = 0; message < vectors; message++) {
    if (device.requestIrq(message, `${NAME}:${message}`) < 0) {
      while (--message >= 0) release(device, state, message);
      device.freeIrqVectors();
      return 0;
    }
    const cpu = pins ? nextOnline(pinTo, pinTo[message] ?? 0, device.online) : undefined;
    if (cpu !== undefined) pin(device, state, message, cpu);
  }
  if (vectors > 0) state.channels = Math.min(channels, vectors);
  return Math.max(0, vectors);
}

/** `lpfc_sli_enable_msix()`. */
function enableTwo(device: DriverDevice): number {
  if (device.allocIrqVectors({ min: 2, max: 2, types: ['msix'] }) < 0) return 0;
  if (requestMessages(device, [`${NAME}:sp`, `${NAME}:fp`]) === undefined) return 2;
  device.freeIrqVectors();
  return 0;
}

/** From SLI-4 on even a single one is spread, and managed. */
function enableMsi(device: DriverDevice, spread: boolean): number {
  if (device.allocIrqVectors({ min: 1, max: 1, types: ['msi'], spread }) < 0) return 0;
  if (device.requestIrq(0, NAME) >= 0) return 1;
  device.freeIrqVectors();
  return 0;
}

function disableIntr(device: DriverDevice, state: LpfcState): void {
  if (state.mode === INTR.msix) {
    for (let message = 0; message < state.handlers; message++) release(device, state, message);
  } else {
    freeMessages(device, state.handlers);
  }
  device.freeIrqVectors();
  state.handlers = 0;
  state.pinned = [];
}

/** The message that was meant for a CPU. */
function channelOf({ pinTo, handlers, mode }: LpfcState, cpu: number): number | undefined {
  const message = pinTo.indexOf(cpu);
  return mode === INTR.msix && message >= 0 && message < handlers ? message : undefined;
}

function pin(device: DriverDevice, state: LpfcState, message: number, cpu: number): void {
  device.pinIrq(message, CpuSet.of(cpu));
  state.pinned[message] = cpu;
}

function unpin(device: DriverDevice, state: LpfcState, message: number): void {
  device.unpinIrq(message);
  state.pinned[message] = undefined;
}

function release(device: DriverDevice, state: LpfcState, message: number): void {
  unpin(device, state, message);
  device.freeIrq(message);
}
