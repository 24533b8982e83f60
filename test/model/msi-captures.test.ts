import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { freeIrq, requestIrq } from '../../src/model/irq-core.ts';
import type { IrqDesc } from '../../src/model/irq-desc.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { type KernelProfile, parseVersion, profileOf } from '../../src/model/kernel-profile.ts';
import type { PciFunction } from '../../src/model/msi/pci-device.ts';
import {
  asModelled,
  asRecorded,
  kernelAfter,
  type RecordedEvent,
  recordedEvents,
  recordedTrace,
} from './recorded-events.ts';

/** A driver's probe in a capture, and what the same requests need to know of the machine. */
interface Recorded {
  readonly capture: string;
  readonly kernel: string;
  readonly cpus: number;
  /** Of the device's first interrupt; `time`: the n-th time that this number is set up, from 0. */
  readonly irq: number;
  readonly time?: number;
  /** Of the first interrupt that the same task sets up for another device. */
  readonly next?: number;
  /** Messages that the driver asks for. */
  readonly messages: number;
  readonly device: Partial<PciFunction>;
  readonly remapping?: boolean;
  readonly housekeeping?: CpuSet;
}

const DEVICE = '0000:01:00.0';

function profileFor(text: string): KernelProfile {
  const version = parseVersion(text);
  const profile = version === undefined ? undefined : profileOf(version);
  if (profile === undefined) throw new Error(`no kernel ${text}`);
  return profile;
}

/** Where the probe begins and ends: what its task did from the first event of the device on, without a break. */
function probeIn(
  events: readonly RecordedEvent[],
  { irq, time = 0, next }: Recorded,
): [from: number, to: number] {
  const setUps = (of: number): number[] =>
    events.flatMap(({ record, fields }, at) =>
      record.event === 'vector_setup' && fields.get('irq') === of ? [at] : [],
    );
  // An ordinary interrupt's set-up is the fourth event about it: reserved, reserved, configured, set up.
  const from = (setUps(irq)[time] ?? Number.NaN) - 3;
  const pid = events[from]?.record.pid;
  const after = events.findIndex(({ record }, at) => at > from && record.pid !== pid);
  const to = next === undefined ? after : (setUps(next)[0] ?? Number.NaN) - 3;
  return [from, to];
}

function probe(path: string, recorded: Recorded, driver: (machine: Kernel) => void): [string[], string[]] {
  const events = recordedEvents(path);
  const [from, to] = probeIn(events, recorded);
  const { kernel, cpus, remapping, housekeeping } = recorded;
  const possible = CpuSet.span(0, cpus - 1);
  const machine = kernelAfter(
    { profile: profileFor(kernel), possible, nodes: [possible], remapping, housekeeping },
    events.slice(0, from),
  );
  machine.pci.add({ address: DEVICE, node: -1, ...recorded.device });
  const emitted: string[] = [];
  machine.listener = (event) => emitted.push(asModelled(event));
  driver(machine);
  return [emitted, events.slice(from, to).map(asRecorded)];
}

function request(machine: Kernel, n: number): IrqDesc {
  const desc = machine.desc(machine.pci.irqVector(DEVICE, n));
  if (desc === undefined) throw new Error(`no message ${n}`);
  requestIrq(machine, desc);
  return desc;
}

/** drivers/nvme/host/pci.c: one vector to ask the device with, then as many as there are queues. */
function probeNvme(machine: Kernel, messages: number): void {
  machine.pci.allocIrqVectors(DEVICE, { min: 1, max: 1 });
  freeIrq(machine, request(machine, 0));
  machine.pci.freeIrqVectors(DEVICE);
  const affinity = { preVectors: 1, postVectors: 0, calcSets: (n: number) => [n] };
  const count = machine.pci.allocIrqVectors(DEVICE, { min: 1, max: messages, spread: true, affinity });
  for (let n = 0; n < count; n++) request(machine, n);
}

/** drivers/virtio/virtio_pci_common.c for virtio-blk: the configuration's vector, and one per queue, or none at all. */
function probeVirtioBlk(machine: Kernel, messages: number): void {
  const affinity = { preVectors: 1, postVectors: 0 };
  machine.pci.allocIrqVectors(DEVICE, {
    min: messages,
    max: messages,
    types: ['msix'],
    spread: true,
    affinity,
  });
  for (let n = 0; n < messages; n++) request(machine, n);
}

/** drivers/ata/ahci.c on QEMU's AHCI: one MSI, which it cannot mask. Its line is set up when the device is enabled. */
function probeAhci(machine: Kernel): void {
  machine.pci.enableDevice(DEVICE);
  machine.pci.allocIrqVectors(DEVICE, { min: 1, max: 1 });
  request(machine, 0);
}

const TABLE = { device: { msix: { tableSize: 2048 } } };
const SMALL = { cpus: 4, irq: 43, messages: 5, ...TABLE };
const AHCI = {
  irq: 16,
  messages: 1,
  device: { line: 16, msi: { log2Count: 0, maskable: false, is64Bit: true } },
};

describe.each<Recorded>([
  { capture: 'small-5.10', kernel: '5.10.223', ...SMALL },
  { capture: 'small-6.1', kernel: '6.1.192', ...SMALL },
  { capture: 'small-6.12', kernel: '6.12.107', ...SMALL },
  { capture: 'small-7.2', kernel: '7.2.12', ...SMALL },
  // The second message finds no vector on CPU 0: one is left.
  { capture: 'exhaust2ir-6.1', kernel: '6.1.192', cpus: 2, irq: 296, messages: 3, remapping: true, ...TABLE },
  // A driver bound again while CPU 1 is offline; number 35 belongs to another device meanwhile.
  {
    capture: 'afferrir-debugfs',
    kernel: '6.1.192',
    cpus: 4,
    irq: 34,
    time: 2,
    messages: 3,
    remapping: true,
    ...TABLE,
  },
  { capture: 'sriov-6.1', kernel: '6.1.192', cpus: 8, irq: 28, messages: 9, remapping: true, ...TABLE },
])('an NVMe probe of $capture', (recorded) => {
  const path = recordedTrace(recorded.capture);

  it.skipIf(path === undefined)('emits what the kernel recorded, event by event', () => {
    const [emitted, expected] = probe(path ?? '', recorded, (machine) =>
      probeNvme(machine, recorded.messages),
    );
    expect(expected.length).toBeGreaterThan(30);
    expect(emitted).toEqual(expected);
  });
});

describe.each<Recorded>([
  { capture: 'small-5.10', kernel: '5.10.223', cpus: 4, ...AHCI },
  { capture: 'small-6.1', kernel: '6.1.192', cpus: 4, ...AHCI },
  { capture: 'small-7.2', kernel: '7.2.12', cpus: 4, ...AHCI },
  { capture: 'exhaust2ir-6.1', kernel: '6.1.192', cpus: 2, remapping: true, ...AHCI },
])('an AHCI probe of $capture', (recorded) => {
  const path = recordedTrace(recorded.capture);

  it.skipIf(path === undefined)('emits what the kernel recorded, event by event', () => {
    const [emitted, expected] = probe(path ?? '', recorded, probeAhci);
    expect(expected).toHaveLength(13);
    expect(emitted).toEqual(expected);
  });
});

describe.each<Recorded>([
  { capture: 'small-5.10', kernel: '5.10.223', cpus: 4, irq: 38, messages: 5, ...TABLE },
  { capture: 'small-6.1', kernel: '6.1.192', cpus: 4, irq: 38, messages: 5, ...TABLE },
  {
    capture: 'isolcpus12-6.1',
    kernel: '6.1.192',
    cpus: 4,
    irq: 43,
    next: 48,
    messages: 5,
    housekeeping: CpuSet.of(0, 3),
    ...TABLE,
  },
])('a virtio-blk probe of $capture', (recorded) => {
  const path = recordedTrace(recorded.capture);

  it.skipIf(path === undefined)('emits what the kernel recorded, event by event', () => {
    const [emitted, expected] = probe(path ?? '', recorded, (machine) =>
      probeVirtioBlk(machine, recorded.messages),
    );
    expect(expected.length).toBeGreaterThan(30);
    expect(emitted).toEqual(expected);
  });
});
