import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { freeMessages, requestMessages } from './message-handlers.ts';
import { hardware, msixTable, option } from './parameters.ts';

interface Qla2xxxState {
  /** Handlers of the base queue: those of MSI-X, or the one of MSI and of the line. */
  readonly base: number;
  /** Queue pairs, whose messages follow. */
  readonly pairs: number;
}

const NAME = 'qla2xxx';
const SERIES = { isp23xx: 1, isp25xx: 2, isp83xx: 3, isp28xx: 4 } as const;
/** `default` and `rsp_q` (QLA_BASE_VECTORS), and `atio_q` for targets. */
const BASE_NAMES = ['default', 'rsp_q', 'atio_q'];
const BASE_VECTORS = 2;
/** QLA_MAX_QUEUES less one. */
const MAX_QUEUES = 255;

export const qla2xxx: Driver = defineDriver<Qla2xxxState>({
  name: NAME,
  // `qla2xxx` and the number of the SCSI host: other hosts count too, so a description gives it where it matters.
  instance: NAME,
  summary:
    'Two vectors for the base queue, a third one for targets, and from ISP83xx on one per online CPU, ' +
    'spread and managed, each with a queue pair; requested at probe. It has no power management: all of ' +
    'them stay while the machine sleeps.',
  sources: [
    {
      file: 'drivers/scsi/qla2xxx/qla_isr.c',
      functions: ['qla2x00_request_irqs', 'qla24xx_enable_msix', 'qla2x00_free_irqs', 'qla25xx_request_irq'],
      kernel: '6.1',
    },
    {
      file: 'drivers/scsi/qla2xxx/qla_os.c',
      functions: ['qla2x00_probe_one', 'qla83xx_iospace_config', 'qla2x00_free_device', 'qla2xxx_pci_driver'],
      kernel: '6.1',
    },
    {
      file: 'drivers/scsi/qla2xxx/qla_init.c',
      functions: ['qla2xxx_create_qpair', 'qla2xxx_delete_qpair'],
      kernel: '6.1',
    },
  ],
  parameters: {
    series: hardware(
      '1 up to ISP23xx, 2 ISP24xx and ISP25xx, 3 ISP83xx, 4 ISP27xx and ISP28xx',
      1,
      4,
      SERIES.isp28xx,
    ),
    msixTable: msixTable('entries of the MSI-X table', 16),
    ql2xenablemsix: option('0 the line, 1 MSI-X, 2 MSI', 0, 2, 1),
    ql2xmqsupport: option('0, with ql2xnvmeenable 0: no queue pairs', 0, 1, 1),
    ql2xnvmeenable: option('0, with ql2xmqsupport 0: no queue pairs', 0, 1, 1),
    qlini_mode: option('0 enabled: an initiator only; 1 any other: a target too', 0, 1, 0),
    ql2xuctrlirq: option('1: the interrupts of a target are not managed', 0, 1, 1),
  },
  capabilities: (parameter) => ({
    msix: parameter('msixTable') || undefined,
    msi: { log2Count: 3, maskable: true, is64Bit: true },
  }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const state = requestIrqs(device);
    if (typeof state !== 'number') return state;
    device.freeIrqVectors();
    device.disable();
    return state;
  },

  remove(device, { base, pairs }) {
    for (let pair = 0; pair < pairs; pair++) device.freeIrq(base + pair);
    freeMessages(device, base);
    device.freeIrqVectors();
    device.disable();
  },
});

/** `qla2x00_request_irqs()`: MSI-X, then MSI, then the line. */
function requestIrqs(device: DriverDevice): Qla2xxxState | number {
  const series = device.parameter('series');
  const choice = device.parameter('ql2xenablemsix');
  if (series >= SERIES.isp25xx && choice !== 0) {
    const state = choice === 1 ? enableMsix(device) : -1;
    if (typeof state !== 'number') return state;
    if (series !== SERIES.isp83xx) device.allocIrqVectors({ min: 1, max: 1, types: ['msi'] });
  }
  const ret = device.requestIrq(0, NAME, { shared: device.mode !== 'msi' });
  return ret < 0 ? ret : { base: 1, pairs: 0 };
}

/** `qla24xx_enable_msix()`, and a queue pair for each message that is left. */
function enableMsix(device: DriverDevice): Qla2xxxState | number {
  const multiQueue = device.parameter('series') >= SERIES.isp83xx;
  const target = device.parameter('qlini_mode') !== 0 && multiQueue;
  const min = target ? BASE_VECTORS + 1 : BASE_VECTORS;
  const table = multiQueue ? (device.fn.msix?.tableSize ?? BASE_VECTORS) : BASE_VECTORS;
  const max = Math.min(table, device.online.size + min);
  const spread = multiQueue && !(target && device.parameter('ql2xuctrlirq') !== 0);
  const affinity = spread ? { affinity: { preVectors: min, postVectors: 0 } } : {};
  const vectors = device.allocIrqVectors({ min, max, types: ['msix'], spread, ...affinity });
  if (vectors < 0) return vectors;
  // The driver forgets to free those before one that is refused: gone with their descriptors, they are freed here.
  const names = BASE_NAMES.slice(0, min).map((name) => `${device.name}_${name}`);
  const refusal = requestMessages(device, names);
  if (refusal !== undefined) {
    device.freeIrqVectors();
    return refusal.ret;
  }
  return { base: min, pairs: multiQueue ? createPairs(device, min, vectors) : 0 };
}

/** How many: the first one that is refused is tried again by all that follow. */
function createPairs(device: DriverDevice, base: number, vectors: number): number {
  if (device.parameter('ql2xmqsupport') === 0 && device.parameter('ql2xnvmeenable') === 0) return 0;
  const wanted = Math.min(vectors - 1, MAX_QUEUES) - (base - BASE_VECTORS) - 1;
  for (let pair = 0; pair < wanted; pair++) {
    if (device.requestIrq(base + pair, `${device.name}_qpair${pair}`) < 0) return pair;
  }
  return wanted;
}
