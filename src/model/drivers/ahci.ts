import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware } from './parameters.ts';

interface AhciState {
  /** Messages that have a handler, ascending. */
  readonly handlers: readonly number[];
}

/** INT_MAX: as many as the capability has. */
const ANY = 0x7fff_ffff;

export const ahci: Driver = defineDriver<AhciState>({
  name: 'ahci',
  instance: 'ahci',
  summary:
    'One vector per port where the controller has as many messages, otherwise one for all or the line; ' +
    'requested at probe, not managed. Suspend keeps them.',
  sources: [
    { file: 'drivers/ata/ahci.c', functions: ['ahci_init_one', 'ahci_init_msi'], kernel: '6.1' },
    {
      file: 'drivers/ata/libahci.c',
      functions: ['ahci_host_activate', 'ahci_host_activate_multi_irqs'],
      kernel: '6.1',
    },
    { file: 'drivers/ata/libata-core.c', functions: ['ata_host_activate'], kernel: '6.1' },
  ],
  parameters: {
    ports: hardware('ports of the controller (CAP.NP, or the highest one implemented)', 1, 32, 6),
    portMap: hardware('mask of the ports that are implemented (PI); 0 is all of them', 0, 0xffff_ffff, 0),
    mrsm: hardware(
      'the controller reverts to a single message although it was given several (GHC.MRSM)',
      0,
      1,
      0,
    ),
  },
  capabilities: () => ({ msi: { log2Count: 0, maskable: false, is64Bit: true } }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const handlers: number[] = [];
    const err = activate(device, initMsi(device), handlers);
    if (err >= 0) return { handlers };
    release(device, handlers);
    return err;
  },

  remove(device, { handlers }) {
    release(device, handlers);
  },
});

/** `ahci_init_msi()`: whether each port has a message of its own. */
function initMsi(device: DriverDevice): boolean {
  const ports = device.parameter('ports');
  if (ports > 1 && device.allocIrqVectors({ min: ports, max: ANY, types: ['msix', 'msi'] }) > 0) {
    if (device.parameter('mrsm') === 0) return true;
    device.print('info', 'ahci: MRSM is on, fallback to single MSI');
    device.freeIrqVectors();
  }
  if (device.allocIrqVectors({ min: 1, max: 1, types: ['msi'] }) < 0) {
    device.allocIrqVectors({ min: 1, max: 1, types: ['msix'] });
  }
  return false;
}

/** `ahci_host_activate()`. */
function activate(device: DriverDevice, each: boolean, handlers: number[]): number {
  if (!each) return request(device, 0, `ahci[${device.fn.address}]`, true, handlers);
  const map = device.parameter('portMap');
  for (let port = 0; port < device.parameter('ports'); port++) {
    if (map !== 0 && (map & (1 << port)) === 0) {
      device.disableIrq(port);
      continue;
    }
    const ret = request(device, port, `ahci${port}`, false, handlers);
    if (ret < 0) return ret;
  }
  return 0;
}

function request(
  device: DriverDevice,
  message: number,
  action: string,
  shared: boolean,
  handlers: number[],
): number {
  const ret = device.requestIrq(message, action, { shared });
  if (ret >= 0) handlers.push(message);
  return ret;
}

/** Everything is the device's own (`devres`), and goes in the reverse order. */
function release(device: DriverDevice, handlers: readonly number[]): void {
  for (const message of [...handlers].reverse()) device.freeIrq(message);
  device.freeIrqVectors();
  device.disable();
}
