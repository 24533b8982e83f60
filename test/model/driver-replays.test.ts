import { beforeAll, describe, expect, it } from 'vitest';
import { ensure } from '../../src/base/assert.ts';
import { openRecording } from '../../src/host/open-recording.ts';
import type { Driver } from '../../src/model/drivers/driver.ts';
import { KernelDevice } from '../../src/model/drivers/kernel-device.ts';
import { virtioNet } from '../../src/model/drivers/virtio-net.ts';
import { vmxnet3 } from '../../src/model/drivers/vmxnet3.ts';
import { InterruptRemapping } from '../../src/model/interrupt-remapping.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { type ReplayOutcome, replay } from '../../src/replay/replay.ts';
import { captureNames, capturePath, replayInputOf } from '../machines/recording.ts';
import { asModelled, asRecorded, recordedEvents, recordedTrace } from './recorded-events.ts';

const CAPTURE = 'exhaust2ir-6.1';

/** What follows a snapshot, where the replay knows the machine: one CPU is left, and it is nearly full. */
describe.skipIf(!captureNames().includes(CAPTURE))('drivers that find few vectors, in a replay', () => {
  const machines = new Map<string, Kernel>();
  let outcome: ReplayOutcome;

  beforeAll(() => {
    const input = replayInputOf(openRecording(capturePath(CAPTURE)));
    outcome = replay({ ...input, onSnapshot: (name, kernel) => machines.set(name, kernel.clone()) });
  });

  /** What the kernel recorded between two snapshots. */
  function recorded(after: string, before: string): string[] {
    const at = (name: string): number =>
      ensure(
        outcome.snapshots.find((snapshot) => snapshot.name === name),
        name,
      ).index;
    return recordedEvents(recordedTrace(CAPTURE) ?? '')
      .filter(({ record: { index } }) => index > at(after) && index < at(before))
      .map(asRecorded);
  }

  /** What a driver does on the machine of a snapshot, and the names of the handlers that it has then. */
  function acted(
    snapshot: string,
    driver: Driver,
    fn: { readonly line: number; readonly msix: number },
    parameters: Readonly<Record<string, number>>,
  ): [events: string[], handlers: string[]] {
    const kernel = ensure(machines.get(snapshot), snapshot);
    // A trace does not tell of entries; the interrupts of the replay know that theirs are remapped.
    Object.assign(kernel, { remapping: new InterruptRemapping() });
    const defaults = Object.entries(driver.parameters).map(
      ([name, { default: value }]) => [name, value] as const,
    );
    const values = new Map([...defaults, ...Object.entries(parameters)]);
    const address = '0000:02:00.0';
    const device = { address, node: -1, line: fn.line, msix: { tableSize: fn.msix } };
    kernel.pci.add(device);
    const events: string[] = [];
    kernel.listener = (event) => {
      if (event.name !== 'printk') events.push(asModelled(event));
    };
    const handlers: string[] = [];
    const observer = {
      requested: (_irq: number, action: string, ret: number) => {
        if (ret >= 0) handlers.push(action);
      },
      freed: () => handlers.pop(),
    };
    const bound = new KernelDevice(kernel, device, 'nic', values, observer);
    const state = driver.probe(bound);
    driver.open?.(bound, state);
    return [events, handlers];
  }

  it('virtio_net takes all back when one is refused, and has one for all its queues', () => {
    const [events, handlers] = acted('08-off1', virtioNet, { line: 22, msix: 130 }, { queue_pairs: 64 });
    expect(events).toEqual(recorded('08-off1', '09-rebound_off1'));
    expect(handlers).toEqual(['nic-config', 'nic-virtqueues']);
  });

  it('vmxnet3 takes three messages on one CPU, and uses two', () => {
    const [events, handlers] = acted('09-rebound_off1', vmxnet3, { line: 22, msix: 25 }, { version: 1 });
    expect(events).toEqual(recorded('09-rebound_off1', '10-vmx_off1'));
    expect(handlers).toEqual(['nic-rxtx-0', 'nic-event-1']);
  });
});
