import { EINVAL } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware } from './parameters.ts';

interface XhciState {
  /** Messages that have a handler, from 0 on; the line is message 0. */
  handlers: number;
}

export const xhciHcd: Driver = defineDriver<XhciState>({
  name: 'xhci_hcd',
  instance: 'usb',
  summary:
    'One vector per online CPU and one more, at most as many as there are interrupters, or one, or the ' +
    'line; requested at probe, not managed, and the first alone is used. Suspend keeps them; ' +
    'before 6.4 a controller that is reset when it wakes up takes new ones.',
  sources: [
    {
      file: 'drivers/usb/host/xhci.c',
      functions: [
        'xhci_try_enable_msi',
        'xhci_setup_msix',
        'xhci_setup_msi',
        'xhci_cleanup_msix',
        'xhci_stop',
        'xhci_resume',
      ],
      kernel: '6.1',
    },
  ],
  parameters: {
    interrupters: hardware('interrupters of the controller (HCSPARAMS1.MaxIntrs)', 1, 1024, 8),
    resets: hardware('is reset when it resumes: lost power, hibernated, or has the quirk for it', 0, 1, 0),
  },
  capabilities: (parameter) => ({
    msix: parameter('interrupters'),
    msi: { log2Count: 0, maskable: false, is64Bit: true },
  }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const handlers = tryEnableMsi(device);
    if (handlers > 0) return { handlers };
    device.disable();
    return handlers;
  },

  resume(device, state) {
    if (device.parameter('resets') === 0 || device.profile.xhciKeepsMessages) return 0;
    cleanupMsix(device, state);
    const handlers = tryEnableMsi(device);
    state.handlers = Math.max(handlers, 0);
    return Math.min(handlers, 0);
  },

  remove(device, state) {
    cleanupMsix(device, state);
    device.disable();
  },
});

/** `xhci_try_enable_msi()`: how many handlers, or a negative errno. */
function tryEnableMsi(device: DriverDevice): number {
  const messages = Math.min(device.online.size + 1, device.parameter('interrupters'));
  if (device.profile.xhciHasOneHandler) {
    const granted = device.allocIrqVectors({ min: 1, max: messages, types: ['msix', 'msi'] });
    if (granted > 0 && device.requestIrq(0, 'xhci_hcd') >= 0) return 1;
    device.freeIrqVectors();
  } else {
    if (setUp(device, 'msix', messages)) return messages;
    if (setUp(device, 'msi', 1)) return 1;
  }
  if (device.fn.line === undefined) return -EINVAL;
  const ret = device.requestIrq(0, `xhci_hcd:${device.name}`, { shared: true });
  return ret < 0 ? ret : 1;
}

/** `xhci_setup_msix()` and `xhci_setup_msi()`: all of it or nothing. */
function setUp(device: DriverDevice, type: 'msix' | 'msi', messages: number): boolean {
  if (device.allocIrqVectors({ min: messages, max: messages, types: [type] }) < 0) return false;
  for (let message = 0; message < messages; message++) {
    if (device.requestIrq(message, 'xhci_hcd') >= 0) continue;
    for (let earlier = message - 1; earlier >= 0; earlier--) device.freeIrq(earlier);
    device.freeIrqVectors();
    return false;
  }
  return true;
}

/** `xhci_cleanup_msix()`, and `usb_remove_hcd()` for the line. */
function cleanupMsix(device: DriverDevice, { handlers }: XhciState): void {
  for (let message = 0; message < handlers; message++) device.freeIrq(message);
  device.freeIrqVectors();
}
