import { EIO, ENODEV } from '../failures.ts';
import { type Driver, type DriverDevice, type DriverParameter, defineDriver } from './driver.ts';
import { hardware } from './parameters.ts';

interface PortState {
  /** The message of each service that has its handler, in the order in which they are taken back. */
  readonly handlers: readonly number[];
}

interface Service {
  /** Whether the port offers it, and with which Interrupt Message Number: parameters. */
  readonly offered: string;
  readonly message: string;
  readonly action: string;
}

const HOTPLUG: Service = { offered: 'hotplug', message: 'pmeMessage', action: 'pciehp' };
const BANDWIDTH: Service = { offered: 'bandwidth', message: 'pmeMessage', action: 'PCIe bwctrl' };
/** In the order of their bits: PCIE_PORT_SERVICE_PME, _AER, _HP, _DPC, _BWNOTIF (drivers/pci/pcie/portdrv.h). */
const SERVICES: readonly Service[] = [
  { offered: 'pme', message: 'pmeMessage', action: 'PCIe PME' },
  { offered: 'aer', message: 'aerMessage', action: 'aerdrv' },
  HOTPLUG,
  { offered: 'dpc', message: 'dpcMessage', action: 'pcie-dpc' },
  BANDWIDTH,
];

/** PCIE_PORT_MAX_MSI_ENTRIES. */
const MAX_MESSAGES = 32;

/** The port tells these numbers only once it has as many messages as it can get. */
export const pcieport: Driver = defineDriver<PortState>({
  name: 'pcieport',
  instance: 'port',
  summary:
    'As many vectors as the message numbers of its services reach up to, often one that all share; ' +
    'requested at probe, not managed. Suspend keeps them.',
  sources: [
    {
      file: 'drivers/pci/pcie/portdrv_core.c',
      functions: [
        'get_port_device_capability',
        'pcie_port_enable_irq_vec',
        'pcie_init_service_irqs',
        'pcie_port_device_register',
        'pcie_port_device_remove',
      ],
      kernel: '6.1',
    },
    { file: 'drivers/pci/pcie/pme.c', functions: ['pcie_pme_probe', 'pcie_pme_suspend'], kernel: '6.1' },
    { file: 'drivers/pci/pcie/aer.c', functions: ['aer_probe', 'aer_suspend'], kernel: '6.1' },
    { file: 'drivers/pci/pcie/dpc.c', functions: ['dpc_probe'], kernel: '6.1' },
  ],
  parameters: {
    pme: offers('power management events: root ports only', 1),
    aer: offers('advanced error reporting', 1),
    hotplug: offers('native hotplug: a slot, and no hotplug by ACPI', 0),
    dpc: offers('downstream port containment', 0),
    bandwidth: offers('link bandwidth notification: a handler from 6.13 on', 1),
    pmeMessage: messageNumber('events, hotplug and bandwidth'),
    aerMessage: messageNumber('errors'),
    dpcMessage: messageNumber('containment'),
  },
  capabilities: (parameter) => ({
    msi: {
      log2Count: Math.ceil(Math.log2(messagesOf(SERVICES, parameter))),
      maskable: false,
      is64Bit: true,
    },
  }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const offered = SERVICES.filter((service) => device.parameter(service.offered) === 1);
    if (offered.length === 0 || initServiceIrqs(device, offered) >= 0) {
      return { handlers: offered.flatMap((service) => requestService(device, service)) };
    }
    // Hotplug stays as a device whose driver finds no interrupt.
    if (offered.includes(HOTPLUG)) return { handlers: [] };
    device.disable();
    return -ENODEV;
  },

  remove(device, { handlers }) {
    for (const message of handlers) device.freeIrq(message);
    device.freeIrqVectors();
    device.disable();
  },
});

function offers(what: string, byDefault: number): DriverParameter {
  return hardware(`offers ${what}`, 0, 1, byDefault);
}

function messageNumber(what: string): DriverParameter {
  return hardware(`Interrupt Message Number of ${what}`, 0, 31, 0);
}

/** `pcie_message_numbers()`: bandwidth counts, whether a driver takes it or not. */
function messagesOf(services: readonly Service[], parameter: (name: string) => number): number {
  return 1 + Math.max(...services.map(({ message }) => parameter(message)));
}

/** `pcie_init_service_irqs()`: messages, or else the line. */
function initServiceIrqs(device: DriverDevice, offered: readonly Service[]): number {
  const ret = enableMessages(device, offered);
  return ret < 0 ? device.allocIrqVectors({ min: 1, max: 1, types: ['intx'] }) : ret;
}

/** `pcie_port_enable_irq_vec()`. */
function enableMessages(device: DriverDevice, offered: readonly Service[]): number {
  const granted = device.allocIrqVectors({ min: 1, max: MAX_MESSAGES, types: ['msix', 'msi'] });
  if (granted < 0) return granted;
  const needed = messagesOf(offered, (name) => device.parameter(name));
  if (needed === granted) return granted;
  device.freeIrqVectors();
  if (needed > granted) return -EIO;
  return device.allocIrqVectors({ min: needed, max: needed, types: ['msix', 'msi'] });
}

/** The probe of a service's driver, which may fail: the message that has its handler then. */
function requestService(device: DriverDevice, service: Service): readonly number[] {
  if (service === BANDWIDTH && !device.profile.portsNotifyBandwidth) return [];
  const message = device.mode === 'intx' ? 0 : device.parameter(service.message);
  return device.requestIrq(message, service.action, { shared: true }) < 0 ? [] : [message];
}
