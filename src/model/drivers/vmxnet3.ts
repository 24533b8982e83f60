import { ENOSPC } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { hardware } from './parameters.ts';

/** `share_intr`: a receive and a transmit queue share a vector, all transmit queues do, or none. */
type Sharing = 'buddies' | 'transmit' | 'none';

interface Vmxnet3State {
  sharing: Sharing;
  txQueues: number;
  rxQueues: number;
  /** The link is up: handlers are installed, but not during suspend. */
  open: boolean;
}

/** VMXNET3_LINUX_MIN_MSIX_VECT: transmit, receive and events, once a pair and events. */
const fewestOf = ({ profile }: DriverDevice): number => (profile.vmxnet3WantsThree ? 3 : 2);
/** VMXNET3_DEVICE_MAX_TX_QUEUES and _RX_QUEUES. */
const MOST_QUEUES = 32;
/** VMXNET3_DEVICE_DEFAULT_TX_QUEUES and _RX_QUEUES. */
const USUAL_QUEUES = 8;

export const vmxnet3: Driver = defineDriver<Vmxnet3State>({
  name: 'vmxnet3',
  instance: 'eth',
  summary:
    'One vector per pair of queues (by online CPUs) and one for events, or three, or one; allocated at ' +
    'probe, requested while the link is up, not managed. Suspend gives all of them back where the link ' +
    'is up, and keeps them where it is down.',
  sources: [
    {
      file: 'drivers/net/vmxnet3/vmxnet3_drv.c',
      functions: [
        'vmxnet3_probe_device',
        'vmxnet3_alloc_intr_resources',
        'vmxnet3_acquire_msix_vectors',
        'vmxnet3_request_irqs',
        'vmxnet3_free_irqs',
        'vmxnet3_activate_dev',
        'vmxnet3_suspend',
        'vmxnet3_resume',
        'vmxnet3_remove_device',
      ],
      kernel: '6.1',
    },
  ],
  parameters: {
    version: hardware('version of the device: below 6 it has a power of two of queues', 1, 7, 7),
    txQueues: hardware('transmit queues of the device, from version 6 on', 1, MOST_QUEUES, USUAL_QUEUES),
    rxQueues: hardware('receive queues of the device, from version 6 on', 1, MOST_QUEUES, USUAL_QUEUES),
  },
  capabilities: () => ({ msix: 25, msi: { log2Count: 0, maskable: false, is64Bit: true } }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const txQueues = queuesOf(device, 'txQueues');
    const rxQueues = queuesOf(device, 'rxQueues');
    const sharing = txQueues === rxQueues ? 'buddies' : 'none';
    const state: Vmxnet3State = { sharing, txQueues, rxQueues, open: false };
    allocIntrResources(device, state);
    return state;
  },

  open(device, state) {
    const ret = requestIrqs(device, state);
    state.open = ret >= 0;
    return ret;
  },

  stop(device, state) {
    freeIrqs(device, state);
    state.open = false;
  },

  suspend(device, state) {
    if (!state.open) return;
    freeIrqs(device, state);
    device.freeIrqVectors();
    device.disable();
  },

  resume(device, state) {
    if (!state.open) return 0;
    const enabled = device.enable();
    if (enabled < 0) return enabled;
    allocIntrResources(device, state);
    const ret = requestIrqs(device, state);
    state.open = ret >= 0;
    return ret;
  },

  remove(device, state) {
    if (state.open) freeIrqs(device, state);
    device.freeIrqVectors();
    device.disable();
  },
});

function queuesOf(device: DriverDevice, kind: 'txQueues' | 'rxQueues'): number {
  const queues = device.fn.noMsi === true ? 1 : Math.min(MOST_QUEUES, device.online.size);
  if (device.parameter('version') >= 6) return Math.min(queues, device.parameter(kind));
  return Math.min(2 ** Math.floor(Math.log2(queues)), USUAL_QUEUES);
}

/** `vmxnet3_alloc_intr_resources()`: with less than it asks for there is one receive queue left. */
function allocIntrResources(device: DriverDevice, state: Vmxnet3State): void {
  const wanted = Math.max(vectorsOf(state), fewestOf(device));
  const granted = acquireMsix(device, wanted);
  if (granted >= 0) {
    const paired = state.sharing === 'buddies' && state.rxQueues === 1;
    if (granted === wanted || paired) return;
    state.sharing = 'transmit';
  } else device.allocIrqVectors({ min: 1, max: 1, types: ['msi'] });
  state.rxQueues = 1;
}

/** `vmxnet3_acquire_msix_vectors()`. */
function acquireMsix(device: DriverDevice, wanted: number): number {
  const ret = device.allocIrqVectors({ min: wanted, max: wanted, types: ['msix'] });
  const fewest = fewestOf(device);
  if (ret !== -ENOSPC || wanted === fewest) return ret;
  return device.allocIrqVectors({ min: fewest, max: fewest, types: ['msix'] });
}

function vectorsOf({ sharing, txQueues, rxQueues }: Vmxnet3State): number {
  return (sharing === 'transmit' ? 1 : txQueues) + (sharing === 'buddies' ? 0 : rxQueues) + 1;
}

/** A handler for each vector of MSI-X, whose names carry its number. */
function actionsOf(name: string, { sharing, txQueues, rxQueues }: Vmxnet3State): string[] {
  const tx = sharing === 'transmit' ? 1 : txQueues;
  const kinds: readonly (readonly [kind: string, count: number])[] =
    sharing === 'buddies'
      ? [['rxtx', rxQueues]]
      : [
          ['tx', tx],
          ['rx', rxQueues],
        ];
  const queues = kinds.flatMap(([kind, count]) => Array.from({ length: count }, () => kind));
  return [...queues, 'event'].map((kind, vector) => `${name}-${kind}-${vector}`);
}

/** `vmxnet3_request_irqs()`: those that were installed before the one that is refused stay. */
function requestIrqs(device: DriverDevice, state: Vmxnet3State): number {
  const { name, mode } = device;
  if (mode !== 'msix') {
    state.rxQueues = 1;
    return device.requestIrq(0, name, { shared: mode === 'intx' });
  }
  for (const [message, action] of actionsOf(name, state).entries()) {
    const ret = device.requestIrq(message, action);
    if (ret < 0) return ret;
  }
  return 0;
}

/** `vmxnet3_free_irqs()`. */
function freeIrqs(device: DriverDevice, state: Vmxnet3State): void {
  const handlers = device.mode === 'msix' ? actionsOf(device.name, state).length : 1;
  for (let message = 0; message < handlers; message++) device.freeIrq(message);
}
