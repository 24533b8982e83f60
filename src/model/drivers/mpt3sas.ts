import { EBUSY, ENODEV } from '../failures.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';
import { freeMessages, msixActions, requestMessages } from './message-handlers.ts';
import {
  initialFacts,
  learnFacts,
  type Mpt3sasFacts,
  type Mpt3sasPlan,
  planVectors,
  SERIES,
} from './mpt3sas-vectors.ts';
import { hardware, msixTable, option } from './parameters.ts';

interface Mpt3sasState {
  readonly facts: Mpt3sasFacts;
  /** Handlers that are installed; 0 while the machine sleeps. */
  handlers: number;
}

/** Those for high rates are steered once, at probe: after a sleep they go where all others go. */
export const mpt3sas: Driver = defineDriver<Mpt3sasState>({
  name: 'mpt3sas',
  // SAS2 controllers are mpt2sas0, mpt2sas1, ...: a description gives that name.
  instance: 'mpt3sas',
  summary:
    'One vector per online CPU for reply queues, spread and managed, requested at probe; an Aero has ' +
    "eight more for high rates, steered to the device's node. Controllers that cannot combine reply " +
    'queues get no managed one. Suspend gives all of them back.',
  sources: [
    {
      file: 'drivers/scsi/mpt3sas/mpt3sas_base.c',
      functions: [
        'mpt3sas_base_attach',
        'mpt3sas_base_map_resources',
        'mpt3sas_base_unmap_resources',
        '_base_check_enable_msix',
        '_base_enable_msix',
        '_base_check_and_enable_high_iops_queues',
        '_base_alloc_irq_vectors',
        '_base_request_irq',
        'mpt3sas_base_free_irq',
        '_base_assign_reply_queues',
        '_base_get_ioc_facts',
      ],
      kernel: '6.1',
    },
    {
      file: 'drivers/scsi/mpt3sas/mpt3sas_scsih.c',
      functions: ['_scsih_probe', 'scsih_suspend', 'scsih_resume', 'scsih_remove'],
      kernel: '6.1',
    },
  ],
  parameters: {
    series: hardware(
      '1 SAS2008, 2 SAS2308, 3 SAS3, 4 gen 3.5 (SAS34xx, SAS35xx), 5 Aero',
      1,
      5,
      SERIES.gen35,
    ),
    msixTable: msixTable('entries of the MSI-X table', 128),
    maxMsixVectors: hardware('MSI-X vectors that the firmware supports (MaxMSIxVectors)', 1, 255, 128),
    rdpq: hardware('1: the firmware takes an array of reply queues (RDPQ)', 0, 1, 1),
    linkSpeed: hardware('speed of the PCIe link, by generation: 4 is 16 GT/s', 1, 6, 4),
    msix_disable: option('1: no MSI-X', -1, 1, -1),
    max_msix_vectors: option('most MSI-X vectors; -1 by itself, 0 none', -1, 255, -1),
    smp_affinity_enable: option('0: no managed interrupts', 0, 1, 1),
    perf_mode: option('Aero only: 0 balanced, 1 iops, 2 latency, -1 by itself', -1, 2, -1),
    poll_queues: option('reply queues that are polled; from gen 3.5 on', 0, 127, 0),
    host_tagset_enable: option('0: no queues of the block layer, none polled', 0, 1, 1),
  },
  capabilities: (parameter) => ({
    msix: parameter('msixTable') || undefined,
    msi: { log2Count: 0, maskable: true, is64Bit: true },
  }),

  probe(device) {
    if (device.enable() < 0) return -ENODEV;
    const state = { facts: initialFacts(device), handlers: 0 };
    const plan = enableMsix(device, state);
    if (typeof plan === 'number') {
      unmapResources(device, state);
      return -ENODEV;
    }
    learnFacts(device, state.facts);
    if (state.facts.smpAffinity) steerHighIops(device, plan);
    return state;
  },

  suspend(device, state) {
    unmapResources(device, state);
  },

  resume(device, state) {
    if (device.enable() < 0) return -ENODEV;
    const plan = enableMsix(device, state);
    if (typeof plan !== 'number') {
      learnFacts(device, state.facts);
      return 0;
    }
    unmapResources(device, state);
    return plan;
  },

  remove(device, state) {
    unmapResources(device, state);
  },
});

const LINE: Mpt3sasPlan = { highIops: 0, polled: 0, vectors: 1 };

/** `_base_enable_msix()`: what it got, or an errno. */
function enableMsix(device: DriverDevice, state: Mpt3sasState): Mpt3sasPlan | number {
  const plan = planVectors(device, state.facts);
  if (plan !== undefined && enablePlanned(device, state, plan)) {
    say(device, `High IOPs queues : ${plan.highIops > 0 ? 'enabled' : 'disabled'}`);
    return plan;
  }
  say(device, 'High IOPs queues : disabled');
  const ret = device.allocIrqVectors({ min: 1, max: 1, types: ['intx'] });
  if (ret < 0) return ret;
  if (device.requestIrq(0, device.name, { shared: true }) < 0) return -EBUSY;
  state.handlers = 1;
  return LINE;
}

/** MSI is never taken: with a minimum of 0 it is refused, and eight it does not have. */
function enablePlanned(device: DriverDevice, state: Mpt3sasState, plan: Mpt3sasPlan): boolean {
  const { highIops, polled, vectors } = plan;
  const { smpAffinity } = state.facts;
  say(device, ` ${highIops} ${vectors + polled} ${vectors}`);
  const range = { min: highIops, max: vectors };
  const affinity = { preVectors: highIops, postVectors: 0 };
  const ret = device.allocIrqVectors(
    smpAffinity ? { ...range, spread: true, affinity } : { ...range, types: ['msix'] },
  );
  if (ret < 0) {
    say(device, `pci_alloc_irq_vectors failed (r=${ret}) !!!`);
    return false;
  }
  if (requestMessages(device, msixActions(device.name, ret), { shared: true }) === undefined) {
    state.handlers = ret;
    return true;
  }
  device.freeIrqVectors();
  return false;
}

/** `_base_assign_reply_queues()`, only while the driver loads: after a sleep they go where all others go. */
function steerHighIops(device: DriverDevice, { highIops }: Mpt3sasPlan): void {
  const { node } = device.fn;
  const mask = node < 0 ? device.online.clone() : device.cpusOfNode(node);
  for (let message = 0; message < highIops; message++) device.setAffinityAndHint(message, mask);
}

function unmapResources(device: DriverDevice, state: Mpt3sasState): void {
  freeMessages(device, state.handlers, state.handlers);
  if (state.handlers > 0) device.freeIrqVectors();
  state.handlers = 0;
  device.disable();
}

/** Lines begin with `mpt3sas_cm0`. */
function say(device: DriverDevice, text: string): void {
  device.print('info', `${device.name.replace(/\d+$/, '_cm$&')}: ${text}`);
}
