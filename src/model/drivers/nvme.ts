import { allAtOnce, type Turns } from '../../base/turns.ts';
import { type Driver, type DriverDevice, defineDriver } from './driver.ts';

interface NvmeState {
  /** Messages of the admin queue and of the I/O queues that interrupt; poll queues have none. */
  vectors: number;
}

/** One vector to talk to the controller with, then as many as it grants queues; each queue has a handler of its own. */
export const nvme: Driver = defineDriver<NvmeState>({
  name: 'nvme',
  instance: 'nvme',
  sources: [
    {
      file: 'drivers/nvme/host/pci.c',
      functions: ['nvme_pci_enable', 'nvme_setup_irqs', 'nvme_setup_io_queues', 'nvme_suspend'],
      kernel: '6.1',
    },
  ],
  parameters: {
    queues: {
      is: 'device',
      meaning: 'I/O queues that the controller grants (Number of Queues)',
      min: 1,
      max: 65_535,
      default: 64,
    },
  },
  capabilities: (parameter) => ({ msix: parameter('queues') + 1 }),

  probe(device) {
    return allAtOnce(probeInTurns(device));
  },

  probeInTurns,
  remove(device, state) {
    for (let n = 0; n < state.vectors; n++) device.freeIrq(n);
    device.freeIrqVectors();
  },
});

/** Its reset work, which the probes of several devices run side by side (PROBE_PREFER_ASYNCHRONOUS). */
function* probeInTurns(device: DriverDevice): Turns<NvmeState | number> {
  const enabled = device.enable();
  const ret = enabled < 0 ? enabled : yield* device.allocIrqVectorsInTurns({ min: 1, max: 1 });
  if (ret < 0) return ret;
  yield;
  device.requestIrq(0, `${device.name}q0`);
  yield;
  device.freeIrq(0);
  yield;
  device.freeIrqVectors();
  const affinity = { preVectors: 1, postVectors: 0, calcSets: (n: number) => [n] };
  const wanted = Math.min(device.possible.size, device.parameter('queues')) + 1;
  const vectors = yield* device.allocIrqVectorsInTurns({ min: 1, max: wanted, spread: true, affinity });
  if (vectors < 0) return vectors;
  for (let n = 0; n < vectors; n++) {
    yield;
    device.requestIrq(n, `${device.name}q${n}`);
  }
  return { vectors };
}
