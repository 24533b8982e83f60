import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { option } from './parameters.ts';

/** `e1000_adapter::int_mode`: 0 the line, 1 MSI, 2 MSI-X. It only ever falls. */
const LEGACY = 0;
const MSI = 1;
const MSIX = 2;

interface E1000eState {
  intMode: number;
  /** The link is up: handlers are installed, but not during suspend. */
  open: boolean;
}

/** Receive, transmit and everything else. */
const MESSAGES = 3;

export const e1000e: Driver = defineDriver<E1000eState>({
  name: 'e1000e',
  instance: 'eth',
  summary:
    'Three vectors (receive, transmit, everything else) where the device has MSI-X, otherwise one or ' +
    'the line; allocated at probe, requested while the link is up, not managed. Suspend gives all of ' +
    'them back.',
  sources: [
    {
      file: 'drivers/net/ethernet/intel/e1000e/netdev.c',
      functions: [
        'e1000e_set_interrupt_capability',
        'e1000_request_irq',
        'e1000_test_msi_interrupt',
        'e1000e_open',
        'e1000e_close',
        'e1000e_pm_freeze',
        'e1000e_pm_thaw',
        'e1000_remove',
      ],
      kernel: '6.1',
    },
    { file: 'drivers/net/ethernet/intel/e1000e/param.c', functions: ['e1000e_check_options'], kernel: '6.1' },
  ],
  parameters: {
    IntMode: option('interrupt mode: 0 the line, 1 MSI, 2 MSI-X where the device has it', LEGACY, MSIX, MSIX),
  },
  // As 82574, the one with MSI-X.
  capabilities: () => ({ msix: 5, msi: { log2Count: 0, maskable: false, is64Bit: true } }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const best = device.fn.msix === undefined ? MSI : MSIX;
    const state = { intMode: Math.min(best, device.parameter('IntMode')), open: false };
    // It has no name yet.
    setInterruptCapability(device, state, `${device.fn.address} (uninitialized)`);
    return state;
  },

  open(device, state) {
    const ret = requestIrq(device, state) || testMsi(device, state);
    state.open = ret >= 0;
    return ret;
  },

  stop(device, state) {
    freeIrq(device);
    state.open = false;
  },

  suspend(device, state) {
    if (state.open) freeIrq(device);
    device.freeIrqVectors();
  },

  resume(device, state) {
    setInterruptCapability(device, state);
    if (!state.open) return 0;
    const ret = requestIrq(device, state);
    state.open = ret >= 0;
    return ret;
  },

  remove(device, state) {
    if (state.open) freeIrq(device);
    device.freeIrqVectors();
    device.disable();
  },
});

/** `e1000e_set_interrupt_capability()`. */
function setInterruptCapability(device: DriverDevice, state: E1000eState, name = device.name): void {
  if (state.intMode === MSIX) {
    if (device.allocIrqVectors({ min: MESSAGES, max: MESSAGES, types: ['msix'] }) > 0) return;
    fail(device, name, 'Failed to initialize MSI-X interrupts.  Falling back to MSI interrupts.');
    state.intMode = MSI;
  }
  if (state.intMode === MSI && device.allocIrqVectors({ min: 1, max: 1, types: ['msi'] }) < 0) {
    state.intMode = LEGACY;
    fail(device, name, 'Failed to initialize MSI interrupts.  Falling back to legacy interrupts.');
  }
}

/** `e1000_request_irq()`: a handler that is refused costs the mode, too. */
function requestIrq(device: DriverDevice, state: E1000eState): number {
  const { name } = device;
  if (device.mode === 'msix') {
    // Those that were installed before the one that is refused are forgotten, and leave with their messages.
    const actions = [`${name}-rx-0`, `${name}-tx-0`, name];
    if (actions.every((action, message) => device.requestIrq(message, action) >= 0)) return 0;
    device.freeIrqVectors();
    state.intMode = MSI;
    setInterruptCapability(device, state);
  }
  if (device.mode === 'msi') {
    if (device.requestIrq(0, name) >= 0) return 0;
    device.freeIrqVectors();
    state.intMode = LEGACY;
  }
  const ret = device.requestIrq(0, name, { shared: true });
  if (ret < 0) fail(device, name, `Unable to allocate interrupt, Error: ${ret}`);
  return ret;
}

/** `e1000_free_irq()`. */
function freeIrq(device: DriverDevice): void {
  const handlers = device.mode === 'msix' ? MESSAGES : 1;
  for (let message = 0; message < handlers; message++) device.freeIrq(message);
}

/** `e1000_test_msi_interrupt()`: an MSI is tried out with a handler of its own, and is taken to arrive. */
function testMsi(device: DriverDevice, state: E1000eState): number {
  if (device.mode !== 'msi') return 0;
  freeIrq(device);
  device.freeIrqVectors();
  if (device.allocIrqVectors({ min: 1, max: 1, types: ['msi'] }) > 0) {
    if (device.requestIrq(0, device.name) >= 0) freeIrq(device);
    device.freeIrqVectors();
  }
  setInterruptCapability(device, state);
  return requestIrq(device, state);
}

/** `e_err()`. */
function fail(device: DriverDevice, name: string, text: string): void {
  device.print('err', `e1000e ${device.fn.address} ${name}: ${text}`);
}
