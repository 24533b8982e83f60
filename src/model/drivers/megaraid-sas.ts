import { ENODEV } from '../failures.ts';
import { devPrint } from './dev-print.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { MAX_QUEUES, type MegaraidVectors, megaraidVectors, SERIES } from './megaraid-vectors.ts';
import { freeMessages, msixActions, requestMessages } from './message-handlers.ts';
import { hardware, option } from './parameters.ts';

const NAME = 'megaraid_sas';

interface MegaraidState extends MegaraidVectors {
  /** Handlers that are installed: one on the line; none while the machine sleeps, or after it woke in vain. */
  handlers: number;
}

/** It asks again for what was granted, whatever CPUs there are then. */
export const megaraidSas: Driver = defineDriver<MegaraidState>({
  name: NAME,
  // `megasas` and the number of the SCSI host: other hosts count too, so a description gives it where it matters.
  instance: 'megasas',
  summary:
    'One vector per online CPU for reply queues, spread and managed, after one (or eight, for high ' +
    'rates) that is not; requested at probe, and unmanaged where old firmware cannot combine reply ' +
    'queues. Suspend gives all back, and resume asks for as many again.',
  sources: [
    {
      file: 'drivers/scsi/megaraid/megaraid_sas_base.c',
      functions: [
        'megasas_probe_one',
        'megasas_init_fw',
        'megasas_alloc_irq_vectors',
        '__megasas_alloc_irq_vectors',
        'megasas_set_high_iops_queue_affinity_and_hint',
        'megasas_setup_irqs_msix',
        'megasas_setup_irqs_ioapic',
        'megasas_destroy_irqs',
        'megasas_suspend',
        'megasas_resume',
        'megasas_detach_one',
      ],
      kernel: '6.1',
    },
  ],
  parameters: {
    series: hardware('1 MFI, 2 Thunderbolt, 3 Invader, 4 Ventura, 5 Aero (adapter_type)', 1, 5, SERIES.aero),
    replyQueues: hardware(
      'MSI-X vectors that the firmware supports; 0 without MSI-X',
      0,
      MAX_QUEUES,
      MAX_QUEUES,
    ),
    interruptCoalescing: hardware('1: the firmware coalesces interrupts', 0, 1, 1),
    linkSpeed: hardware('speed of the PCIe link, by generation: 4 is 16 GT/s', 1, 6, 4),
    msix_disable: option('1: no MSI-X', 0, 1, 0),
    msix_vectors: option('most MSI-X vectors; 0 is what the firmware supports', 0, 0xffff_ffff, 0),
    smp_affinity_enable: option('0: no managed interrupts', 0, 1, 1),
    perf_mode: option('Aero only: 0 balanced, 1 iops, 2 latency, -1 by itself', -1, 2, -1),
    poll_queues: option('reply queues that are polled; not with MFI', 0, 0x7fff_fffd, 0),
  },
  capabilities: (parameter) => ({
    msix: parameter('replyQueues') || undefined,
    msi: { log2Count: 0, maskable: true, is64Bit: true },
  }),

  probe(device) {
    const ret = device.enable();
    if (ret < 0) return ret;
    const state = { ...megaraidVectors(device), handlers: 0 };
    if (state.msixVectors > 0) {
      const supported = device.parameter('replyQueues');
      if (device.parameter('series') !== SERIES.mfi) say(device, `firmware supports msix\t: (${supported})`);
      allocIrqVectors(device, state);
    }
    if (state.msixVectors > 0 || takeLine(device)) {
      say(device, `current msix/online cpus\t: (${state.msixVectors}/${device.online.size})`);
      if (setupIrqs(device, state, true)) return state;
    }
    device.disable();
    return -ENODEV;
  },

  suspend(device, state) {
    destroyIrqs(device, state);
  },

  resume(device, state) {
    if (state.msixVectors > 0) allocIrqVectors(device, state);
    if (state.msixVectors === 0 && !takeLine(device)) return -ENODEV;
    return setupIrqs(device, state, false) ? 0 : -ENODEV;
  },

  remove(device, state) {
    destroyIrqs(device, state);
    device.disable();
  },
});

/**
 * `megasas_alloc_irq_vectors()`: with queues for high rates, or polled ones, all or a plainer request. What was granted
 * is what the next request is made from: with polled queues each resume gives as many vectors up.
 */
function allocIrqVectors(device: DriverDevice, state: MegaraidVectors): void {
  const plain = (): void => {
    state.perfMode = 'latency';
    state.lowLatencyIndexStart = 1;
    state.msixVectors = Math.min(device.online.size + 1, state.msixVectors);
  };
  let polled = 0;
  const pollQueues = device.parameter('poll_queues');
  if (device.parameter('series') !== SERIES.mfi && pollQueues > 0) {
    if (state.msixVectors > pollQueues + 2) polled = pollQueues;
    plain();
  }
  let granted = request(device, state, polled);
  if ((state.perfMode === 'balanced' || polled > 0) && granted !== state.msixVectors - polled) {
    device.freeIrqVectors();
    plain();
    polled = 0;
    granted = request(device, state, polled);
  }
  const wanted = state.msixVectors - polled;
  say(device, `requested/available msix ${wanted}/${granted} poll_queue ${polled}`);
  state.msixVectors = Math.max(0, granted);
  if (state.smpAffinity && state.perfMode === 'balanced') steerHighIops(device, state);
}

function request(device: DriverDevice, state: MegaraidVectors, polled: number): number {
  const range = { min: state.lowLatencyIndexStart, max: state.msixVectors - polled };
  if (!state.smpAffinity) return device.allocIrqVectors({ ...range, types: ['msix'] });
  const affinity = { preVectors: state.lowLatencyIndexStart, postVectors: 0 };
  return device.allocIrqVectors({ ...range, spread: true, affinity });
}

/** Before their handlers are there; a device without a node is served by the first one. */
function steerHighIops(device: DriverDevice, { lowLatencyIndexStart }: MegaraidVectors): void {
  const mask = device.cpusOfNode(Math.max(0, device.fn.node));
  for (let message = 0; message < lowLatencyIndexStart; message++) device.setAffinityAndHint(message, mask);
}

function takeLine(device: DriverDevice): boolean {
  return device.allocIrqVectors({ min: 1, max: 1, types: ['intx'] }) >= 0;
}

/** At probe the line serves where a handler is refused. Vectors that a resume cannot use are not given back. */
function setupIrqs(device: DriverDevice, state: MegaraidState, isProbe: boolean): boolean {
  const { msixVectors, lowLatencyIndexStart } = state;
  if (msixVectors === 0) return setupLine(device, state);
  const actions = msixActions(device.name, msixVectors);
  const refusal = requestMessages(device, actions, {}, lowLatencyIndexStart);
  if (refusal === undefined) {
    state.handlers = msixVectors;
    return true;
  }
  devPrint(device, NAME, 'err', `Failed to register IRQ for vector ${refusal.message}.`);
  state.msixVectors = 0;
  if (!isProbe) return false;
  device.freeIrqVectors();
  return setupLine(device, state);
}

function setupLine(device: DriverDevice, state: MegaraidState): boolean {
  if (device.requestIrq(0, device.name, { shared: true }) < 0) return false;
  Object.assign(state, { perfMode: 'latency', lowLatencyIndexStart: 0, handlers: 1 });
  return true;
}

function destroyIrqs(device: DriverDevice, state: MegaraidState): void {
  freeMessages(device, state.handlers, state.lowLatencyIndexStart);
  if (state.msixVectors > 0) device.freeIrqVectors();
  state.handlers = 0;
}

function say(device: DriverDevice, text: string): void {
  devPrint(device, NAME, 'info', text);
}
