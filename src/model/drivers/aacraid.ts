import { ENODEV } from '../failures.ts';
import { devPrint } from './dev-print.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { freeMessages, requestMessages } from './message-handlers.ts';
import { hardware, option } from './parameters.ts';

interface AacraidState {
  /** `max_msix`: 1 for the line and for MSI; never more than it was. */
  maxMsix: number;
  /** Handlers that are installed; 0 while the machine sleeps. */
  handlers: number;
}

const NAME = 'aacraid';
/** AAC_MAX_MSIX. */
const MAX_MSIX = 32;
const SERIES = { rx: 5, six: 6, seven: 7 } as const;

/** All vectors have one name. Some kernels did manage them: specification 10.3, 23. */
export const aacraid: Driver = defineDriver<AacraidState>({
  name: NAME,
  instance: NAME,
  summary:
    'From Series 7 on one vector per online CPU (at most 32), requested at probe, not managed; older ' +
    'boards have one of MSI or their line. All are given back before the machine sleeps, and older ' +
    'boards wake with their line.',
  sources: [
    { file: 'drivers/scsi/aacraid/comminit.c', functions: ['aac_define_int_mode'], kernel: '6.1' },
    { file: 'drivers/scsi/aacraid/commsup.c', functions: ['aac_acquire_irq', 'aac_free_irq'], kernel: '6.1' },
    { file: 'drivers/scsi/aacraid/src.c', functions: ['aac_src_init', 'aac_srcv_init'], kernel: '6.1' },
    { file: 'drivers/scsi/aacraid/rx.c', functions: ['_aac_rx_init'], kernel: '6.1' },
    {
      file: 'drivers/scsi/aacraid/linit.c',
      functions: ['aac_probe_one', 'aac_suspend', 'aac_resume', 'aac_acquire_resources', 'aac_remove_one'],
      kernel: '6.1',
    },
  ],
  parameters: {
    series: hardware('7 and 8: MSI-X; 6; 5 for all before', 5, 8, 8),
    vectors: hardware('MSI-X vectors that the firmware supports', 0, 0xffff, MAX_MSIX),
    msi: option('before Series 6: 1 with MSI', 0, 1, 0),
    aac_sync_mode: option('1: one interrupt', 0, 1, 0),
  },
  capabilities: (parameter) => ({
    msix: parameter('series') >= SERIES.seven ? MAX_MSIX : undefined,
    msi: { log2Count: 0, maskable: false, is64Bit: true },
  }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const state = { maxMsix: device.parameter('vectors'), handlers: 0 };
    const series = device.parameter('series');
    const wantsMsi = series === SERIES.six || (series === SERIES.rx && device.parameter('msi') !== 0);
    if (wantsMsi) device.allocIrqVectors({ min: 1, max: 1, types: ['msi'] });
    if (acquire(device, state)) return state;
    device.disable();
    return -ENODEV;
  },

  suspend(device, state) {
    release(device, state);
  },

  resume(device, state) {
    if (acquire(device, state)) return 0;
    device.print('info', `${device.name}: resume failed.`);
    return -ENODEV;
  },

  remove(device, state) {
    release(device, state);
    device.disable();
  },
});

/** `aac_define_int_mode()`, `aac_acquire_irq()`. */
function acquire(device: DriverDevice, state: AacraidState): boolean {
  const enabled = defineIntMode(device, state);
  if (!enabled) {
    if (device.requestIrq(0, NAME, { shared: true }) >= 0) {
      state.handlers = 1;
      return true;
    }
    device.freeIrqVectors();
    device.print('err', `${device.name}: Interrupt unavailable.`);
    return false;
  }
  const refusal = requestMessages(device, Array(state.maxMsix).fill(NAME));
  if (refusal === undefined) {
    state.handlers = state.maxMsix;
    return true;
  }
  device.freeIrqVectors();
  // It tries the rest, of which there is none any more.
  for (let vector = refusal.message; vector < state.maxMsix; vector++) {
    device.print('err', `${device.name}: Failed to register IRQ for vector ${vector}.`);
  }
  return false;
}

/** Whether MSI-X is enabled. */
function defineIntMode(device: DriverDevice, state: AacraidState): boolean {
  const single = device.parameter('series') < SERIES.seven || device.parameter('aac_sync_mode') !== 0;
  const max = single ? 1 : Math.min(state.maxMsix, device.online.size, MAX_MSIX);
  let granted = 0;
  if (max > 1 && device.fn.msix !== undefined) {
    granted = device.allocIrqVectors({ min: 2, max, types: ['msix'] });
    if (granted < 0) {
      const code = (granted >>> 0).toString(16);
      devPrint(device, NAME, 'err', `MSIX not supported!! Will try INTX 0x${code}.`);
    }
  }
  state.maxMsix = Math.max(1, granted);
  return granted > 0;
}

function release(device: DriverDevice, state: AacraidState): void {
  freeMessages(device, state.handlers);
  state.handlers = 0;
  device.freeIrqVectors();
}
