import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { defaultRssQueues } from './local-spread.ts';
import { hardware, msixTable } from './parameters.ts';
import { freeHandlers, type QueueHandler, requestHandlers } from './queue-handlers.ts';

interface Tg3State {
  /** The last one first, as they are freed. */
  handlers: QueueHandler[];
}

/** TG3_IRQ_MAX_VECS, TG3_RSS_MAX_NUM_QS. */
const MOST_VECTORS = 5;
const MOST_RX = 4;
/** IFNAMSIZ without the end: names are cut there. */
const NAME_LENGTH = 15;

const setting = (meaning: string) => ({ is: 'setting', meaning, min: 0, max: MOST_RX, default: 0 }) as const;

export const tg3: Driver = defineDriver<Tg3State>({
  name: 'tg3',
  instance: 'eth',
  summary:
    'Vectors only while the link is up: one for link events and up to four for queues (by cores), or ' +
    'one for all; not managed. Suspend keeps them and their handlers.',
  sources: [
    {
      file: 'drivers/net/ethernet/broadcom/tg3.c',
      functions: [
        'tg3_enable_msix',
        'tg3_irq_count',
        'tg3_ints_init',
        'tg3_request_irq',
        'tg3_start',
        'tg3_stop',
        'tg3_test_interrupt',
        'tg3_mem_tx_acquire',
        'tg3_mem_rx_acquire',
        'tg3_get_invariants',
        'tg3_set_channels',
        'tg3_suspend',
      ],
      kernel: '6.1',
    },
  ],
  parameters: {
    vectors: msixTable('MSI-X vectors of the function; 0 of chips before the 5717 and the 57765', 17),
    txQueues: hardware(
      'queues to send from with MSI-X (txq_max): 4 of the 5719 and 5720, 1 of others',
      1,
      4,
      4,
    ),
    rxChannels: setting('queues to receive into, as ethtool -L sets them; 0: by cores'),
    txChannels: setting('queues to send from, as ethtool -L sets them; 0: one'),
  },
  capabilities: (parameter) => ({
    msix: parameter('vectors') || undefined,
    msi: { log2Count: 3, maskable: false, is64Bit: true },
  }),

  probe(device) {
    const ret = device.enable();
    return ret < 0 ? ret : { handlers: [] };
  },

  open(device, state) {
    const handlers = handlersOf(device, enableMsix(device));
    const ret = requestHandlers(device, handlers) || testMsi(device, handlers);
    if (ret === 0) state.handlers = handlers.reverse();
    else device.freeIrqVectors();
    return ret;
  },

  stop: close,

  remove(device, state) {
    close(device, state);
    device.disable();
  },
});

interface Tg3Queues {
  readonly rx: number;
  readonly tx: number;
  readonly vectors: number;
}

/** `tg3_ints_init()`: MSI-X, MSI, or the line. */
function enableMsix(device: DriverDevice): Tg3Queues {
  const one = { rx: 1, tx: 1, vectors: 1 };
  if (device.fn.msix !== undefined) {
    const { rx, tx } = queuesOf(device);
    const queues = Math.max(rx, tx);
    const wanted = queues > 1 ? Math.min(queues + 1, MOST_VECTORS) : queues;
    const vectors = device.allocIrqVectors({ min: 1, max: wanted, types: ['msix'] });
    if (vectors === 1) return one;
    if (vectors === wanted) return { rx, tx, vectors };
    // Who gets fewer sends from as many queues as it receives into.
    if (vectors > 0)
      return { rx: vectors - 1, tx: Math.min(vectors - 1, device.parameter('txQueues')), vectors };
  }
  device.allocIrqVectors({ min: 1, max: 1, types: ['msi'] });
  return one;
}

/** More channels than there may be are refused, all together. */
function queuesOf(device: DriverDevice): { rx: number; tx: number } {
  const told = device.parameter('txChannels') <= device.parameter('txQueues');
  const rx = (told && device.parameter('rxChannels')) || defaultRssQueues(device);
  return { rx: Math.min(rx, MOST_RX), tx: (told && device.parameter('txChannels')) || 1 };
}

/** The first is for link events, and for sending where a single queue does. */
function handlersOf(device: DriverDevice, { rx, tx, vectors }: Tg3Queues): QueueHandler[] {
  const how = { shared: device.mode === 'intx' };
  return Array.from({ length: vectors }, (_, n) => {
    const sends = tx > 1 ? n >= 1 && n <= tx : n === 0;
    const receives = n >= 1 && n <= rx;
    const what = [sends ? 'tx' : '', receives ? 'rx' : ''].join('');
    const name = [device.name, ...(what === '' ? [] : [what]), n].join('-');
    return { message: n, action: vectors === 1 ? device.name : name.slice(0, NAME_LENGTH), how };
  });
}

/** With MSI it asks for an interrupt, with a handler of its own, and takes it that one arrives. */
function testMsi(device: DriverDevice, handlers: readonly QueueHandler[]): number {
  if (device.mode !== 'msi') return 0;
  freeHandlers(device, handlers);
  const ret = device.requestIrq(0, device.name, { shared: true });
  if (ret < 0) return ret;
  device.freeIrq(0);
  return requestHandlers(device, handlers);
}

function close(device: DriverDevice, state: Tg3State): void {
  freeHandlers(device, state.handlers);
  state.handlers = [];
  device.freeIrqVectors();
}
