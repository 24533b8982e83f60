import { describe, expect, it } from 'vitest';
import { BoundDevice, type BoundOptions, numbered } from '../../../test/model/bound-device.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { ena } from './ena.ts';

const MANAGEMENT = 'ena-mgmnt@pci:0000:01:00.0';
const all = (queues: number): string[] => [
  `0 ${MANAGEMENT}`,
  ...numbered(queues, (n) => `${n + 1} eth0-Tx-Rx-${n}`),
];

function opened(machine: TestMachine, options: BoundOptions = {}): BoundDevice {
  const nic = new BoundDevice(machine, ena, options);
  expect(nic.probe()).toBe(0);
  expect(nic.handlers).toEqual(all(0));
  expect(nic.open()).toBe(0);
  return nic;
}

const on = (cpus: number, options?: BoundOptions): BoundDevice =>
  opened(new TestMachine('6.1.192', cpus), options);

describe('ena', () => {
  it('has a vector for management and one per online CPU, up to what the function has', () => {
    expect([on(4).enabled, on(4).handlers]).toEqual([5, all(4)]);
    expect(on(64).handlers).toEqual(all(32));
    expect(on(64, { parameters: { vectors: 9 } }).handlers).toEqual(all(8));
    expect(on(200, { parameters: { vectors: 256, queues: 128 } }).handlers).toEqual(all(128));
  });

  it('binds management to the first CPU, and queues to CPUs counted off', () => {
    const nic = on(3);
    expect(nic.hints).toEqual(['0 0', '1 0', '2 1', '3 2']);
    expect(nic.affinities).toEqual(nic.hints);
  });

  it('counts off CPUs that are not online, and adds to what it published before', () => {
    const machine = new TestMachine('6.1.192', 4, { online: CpuSet.from([0, 1, 3]) });
    const nic = opened(machine);
    expect(nic.hints).toEqual(['0 0', '1 0', '2 1', '3 2']);
    // Which the kernel takes for now: an interrupt would have to arrive first.
    expect(nic.affinities).toEqual(nic.hints);
    nic.stop();
    machine.kernel.cpuDown(3);
    nic.open();
    expect(nic.hints).toEqual(['0 0', '1 0', '2 1', '3 0,2']);
  });

  it('has fewer queues where the kernel grants fewer vectors', () => {
    const nic = new BoundDevice(new TestMachine('6.1.192', 8), ena);
    const { pci } = nic.machine.kernel;
    // Interrupt numbers end at the fourth message, and again when four are tried.
    pci.fault = (step, message) => (step === 'descriptor' && message >= 4 ? -28 : 0);
    expect(nic.probe()).toBe(0);
    nic.open();
    expect([nic.enabled, nic.handlers]).toEqual([4, all(3)]);
  });

  it('does not work without two vectors of MSI-X', () => {
    const msi = { log2Count: 0, maskable: true, is64Bit: true };
    for (const [fn, errno] of [
      [{ msix: undefined, msi }, -28],
      [{ msix: { tableSize: 1 } }, -14],
    ] as const) {
      const nic = new BoundDevice(new TestMachine('6.1.192', 4), ena, { fn });
      expect([nic.probe(), nic.enabled]).toEqual([errno, 0]);
    }
  });

  it('leaves its hints where a queue is refused, which the kernel warns of', () => {
    const machine = new TestMachine('6.1.192', 2);
    const nic = new BoundDevice(machine, ena);
    nic.probe();
    const [one] = machine.irqs(machine.fill(0));
    machine.fill(1);
    if (one !== undefined) machine.free(one);
    machine.forget();
    expect(nic.open()).toBe(-28);
    expect(nic.handlers).toEqual(all(0));
    expect(machine.warnings).toContain('WARN: __free_irq: affinity hint is set');
  });

  it('gives everything back before the machine sleeps, and takes it again afterwards', () => {
    const nic = on(2);
    nic.takeCalls();
    nic.suspend();
    expect(nic.enabled).toBe(0);
    expect(nic.takeCalls()).toEqual(['- eth0-Tx-Rx-0', '- eth0-Tx-Rx-1', `- ${MANAGEMENT}`]);
    expect([nic.resume(), nic.enabled, nic.handlers]).toEqual([0, 3, all(2)]);
    nic.stop();
    nic.suspend();
    expect([nic.resume(), nic.handlers]).toEqual([0, all(0)]);
  });

  it('keeps its queues over sleep when CPUs went before', () => {
    const nic = on(4);
    nic.machine.kernel.cpuDown(3);
    nic.suspend();
    nic.resume();
    expect([nic.enabled, nic.handlers]).toEqual([5, all(4)]);
    expect(nic.hints).toEqual(['0 0', '1 0', '2 1', '3 2', '4 0,3']);
  });

  it('comes back with nothing where a vector is missing after sleep', () => {
    const nic = on(1);
    nic.suspend();
    const { machine } = nic;
    const [one] = machine.irqs(machine.fill(0));
    if (one !== undefined) machine.free(one);
    expect([nic.resume(), nic.enabled, nic.handlers]).toEqual([-28, 0, []]);
    expect(machine.log.at(-1)).toBe('err: ena 0000:01:00.0: Reset attempt failed. Can not reset the device');
  });

  it('ethtool -L leaves its vectors as they are', () => {
    const nic = on(8, { parameters: { channels: 3 } });
    expect([nic.enabled, nic.handlers]).toEqual([9, all(3)]);
    expect(on(2, { parameters: { channels: 3 } }).handlers).toEqual(all(2));
  });

  it('leaves nothing behind', () => {
    const nic = on(4);
    nic.remove();
    expect([nic.enabled, nic.handlers]).toEqual([0, []]);
    expect([nic.machine.reserved, nic.machine.warnings]).toEqual([0, []]);
  });
});
