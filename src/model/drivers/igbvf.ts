import { EPERM } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';

interface IgbvfState {
  /** The link is up: handlers are installed, but not during suspend. */
  open: boolean;
}

/** Transmit, receive and the mailbox. */
const MESSAGES = 3;

export const igbvf: Driver = defineDriver<IgbvfState>({
  name: 'igbvf',
  instance: 'eth',
  summary:
    'Three vectors (transmit, receive, mailbox), allocated at probe, requested while the link is up, ' +
    'not managed; without MSI-X the link does not come up. Suspend gives the handlers back and keeps ' +
    'the vectors.',
  sources: [
    {
      file: 'drivers/net/ethernet/intel/igbvf/netdev.c',
      functions: [
        'igbvf_set_interrupt_capability',
        'igbvf_request_msix',
        'igbvf_request_irq',
        'igbvf_open',
        'igbvf_close',
        'igbvf_suspend',
        'igbvf_resume',
        'igbvf_remove',
      ],
      kernel: '6.1',
    },
  ],
  parameters: {},
  capabilities: () => ({ msix: MESSAGES }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    if (device.allocIrqVectors({ min: MESSAGES, max: MESSAGES, types: ['msix'] }) < 0) {
      fail(device, 'Failed to initialize MSI-X interrupts.');
    }
    return { open: false };
  },

  open(device, state) {
    const ret = requestIrq(device);
    state.open = ret >= 0;
    return ret;
  },

  stop(device, state) {
    freeIrq(device);
    state.open = false;
  },

  suspend(device, state) {
    if (state.open) freeIrq(device);
  },

  resume(device, state) {
    if (!state.open) return 0;
    const ret = requestIrq(device);
    state.open = ret >= 0;
    return ret;
  },

  remove(device, state) {
    if (state.open) freeIrq(device);
    device.freeIrqVectors();
    device.disable();
  },
});

/** `igbvf_request_irq()`. */
function requestIrq(device: DriverDevice): number {
  const ret = device.mode === 'msix' ? requestMsix(device) : -EPERM;
  if (ret < 0) fail(device, `Unable to allocate interrupt, Error: ${ret}`);
  return ret;
}

/** `igbvf_request_msix()`: all or none. */
function requestMsix(device: DriverDevice): number {
  const { name } = device;
  for (const [message, action] of [`${name}-tx-0`, `${name}-rx-0`, name].entries()) {
    const ret = device.requestIrq(message, action);
    if (ret >= 0) continue;
    for (let earlier = message - 1; earlier >= 0; earlier--) device.freeIrq(earlier);
    return ret;
  }
  return 0;
}

function freeIrq(device: DriverDevice): void {
  for (let message = 0; message < MESSAGES; message++) device.freeIrq(message);
}

function fail(device: DriverDevice, text: string): void {
  device.print('err', `igbvf ${device.fn.address}: ${text}`);
}
