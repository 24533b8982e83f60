import { ENODEV, ENOSYS } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { freeMessages, msixActions, requestMessages } from './message-handlers.ts';
import { hardware, option } from './parameters.ts';

interface HpsaState {
  /** The only message with a handler, in simple mode or without MSI-X; undefined where all have one. */
  readonly only: number | undefined;
  readonly vectors: number;
}

/** MAX_REPLY_QUEUES. */
const MAX_REPLY_QUEUES = 64;
/** SIMPLE_MODE_INT: both the mode and the message that it uses. */
const SIMPLE_MODE_MESSAGE = 2;

export const hpsa: Driver = defineDriver<HpsaState>({
  name: 'hpsa',
  // `hpsa` and the number of the SCSI host: other hosts count too, so a description gives it where it matters.
  instance: 'hpsa',
  summary:
    'Up to 64 vectors for reply queues, no more than possible CPUs, spread and managed, requested at ' +
    'probe; in simple mode only the third of them is used. A machine with one of these controllers can ' +
    'neither suspend nor hibernate.',
  sources: [
    {
      file: 'drivers/scsi/hpsa.c',
      functions: [
        'hpsa_init_one',
        'hpsa_pci_init',
        'hpsa_interrupt_mode',
        'hpsa_request_irqs',
        'hpsa_free_irqs',
        'hpsa_suspend',
        'hpsa_remove_one',
      ],
      kernel: '6.1',
    },
  ],
  parameters: {
    boardWithoutMsi: hardware(
      '1: a board of those that only pretend to have MSI (Smart Array 5300)',
      0,
      1,
      0,
    ),
    hpsa_simple_mode: option('1: one queue', 0, 1, 0),
  },
  capabilities: () => ({
    msix: MAX_REPLY_QUEUES,
    msi: { log2Count: 0, maskable: false, is64Bit: true },
  }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) {
      device.disable();
      return ret;
    }
    const vectors = interruptMode(device);
    const state = vectors < 0 ? vectors : requestIrqs(device, vectors);
    if (typeof state !== 'number') return state;
    device.freeIrqVectors();
    device.disable();
    return state;
  },

  refusesSuspend: -ENOSYS,

  remove(device, { only, vectors }) {
    if (only === undefined) freeMessages(device, vectors);
    else device.freeIrq(only);
    device.freeIrqVectors();
    device.disable();
  },
});

/** How many of MSI-X, 0 for MSI and for the line, or a negative errno. */
function interruptMode(device: DriverDevice): number {
  const msi = device.parameter('boardWithoutMsi') === 0;
  if (msi) {
    const ret = device.allocIrqVectors({ min: 1, max: MAX_REPLY_QUEUES, types: ['msix'], spread: true });
    if (ret > 0) return ret;
  }
  const ret = device.allocIrqVectors({ min: 1, max: 1, types: msi ? ['msi', 'intx'] : ['intx'] });
  return Math.min(ret, 0);
}

function requestIrqs(device: DriverDevice, vectors: number): HpsaState | number {
  const simple = device.parameter('hpsa_simple_mode') !== 0;
  if (!simple && vectors > 0) {
    const refusal = requestMessages(device, msixActions(device.name, vectors));
    return refusal === undefined ? { only: undefined, vectors } : refusal.ret;
  }
  const only = simple ? SIMPLE_MODE_MESSAGE : 0;
  const shared = device.mode === 'intx';
  const action = shared ? 'intx' : vectors > 0 ? 'msix' : 'msi';
  return device.requestIrq(only, `${device.name}-${action}`, { shared }) < 0 ? -ENODEV : { only, vectors };
}
