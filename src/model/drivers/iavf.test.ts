import { describe, expect, it } from 'vitest';
import { BoundDevice, type BoundOptions, numbered } from '../../../test/model/bound-device.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { KernelBug } from '../failures.ts';
import { iavf } from './iavf.ts';

const MBX = 'iavf-0000:01:00.0:mbx';
const all = (queues: number): string[] => [
  `0 ${MBX}`,
  ...numbered(queues, (n) => `${n + 1} iavf-eth0-TxRx-${n}`),
];

function opened(cpus: number, options: BoundOptions = {}, profile = '6.1.192'): BoundDevice {
  const nic = new BoundDevice(new TestMachine(profile, cpus), iavf, options);
  expect(nic.probe()).toBe(0);
  expect(nic.takeCalls().at(-1)).toBe(`+ ${MBX}`);
  expect(nic.open()).toBe(0);
  return nic;
}

describe('iavf', () => {
  it('has as many queues as it is granted and CPUs are online', () => {
    expect(opened(8).handlers).toEqual(all(4));
    expect(opened(2).handlers).toEqual(all(2));
    const sixteen = opened(64, { parameters: { queues: 16, vectors: 17 } });
    expect([sixteen.enabled, sixteen.handlers]).toEqual([17, all(16)]);
  });

  it.each([
    { granted: 'the physical function', options: { parameters: { vectors: 3 } } },
    { granted: 'the kernel', options: { fn: { msix: { tableSize: 3 } } } },
  ])('shares out fewer vectors of $granted', ({ options }) => {
    expect(opened(8, options).handlers).toEqual(all(2));
  });

  it('publishes a CPU for each queue, and sets none', () => {
    const nic = opened(3);
    expect(nic.hints).toEqual(['1 0', '2 1', '3 2']);
    expect(nic.affinities).toEqual(['0 0-2', '1 0-2', '2 0-2', '3 0-2']);
  });

  it('does not work without two vectors of MSI-X', () => {
    for (const [fn, errno] of [
      [{ msix: undefined, msi: { log2Count: 0, maskable: true, is64Bit: true } }, -22],
      [{ msix: { tableSize: 1 } }, -28],
    ] as const) {
      const nic = new BoundDevice(new TestMachine('6.1.192', 4), iavf, { fn });
      expect([nic.probe(), nic.enabled]).toEqual([errno, 0]);
      expect(nic.machine.log).toContain('err: iavf 0000:01:00.0: Unable to setup interrupt capabilities');
    }
  });

  it('frees what it was refused', () => {
    const machine = new TestMachine('6.1.192', 1);
    const nic = new BoundDevice(machine, iavf);
    machine.fill(0);
    machine.forget();
    expect([nic.probe(), nic.enabled]).toEqual([-28, 0]);
    expect(machine.log).toContain(`err: iavf 0000:01:00.0: request_irq for ${MBX} failed: -28`);
    expect(machine.log.filter((line) => line.includes('already-free'))).toHaveLength(1);
  });

  it('frees its queues twice where one is refused', () => {
    const machine = new TestMachine('6.1.192', 2);
    const nic = new BoundDevice(machine, iavf);
    nic.probe();
    const [one] = machine.irqs(machine.fill(0));
    machine.fill(1);
    if (one !== undefined) machine.free(one);
    machine.forget();
    expect(nic.open()).toBe(-28);
    expect(nic.handlers).toEqual(all(0));
    expect(machine.log.filter((line) => line.includes('already-free'))).toHaveLength(2);
  });

  it('gives its vectors back before the machine sleeps, and has no handlers on its queues afterwards', () => {
    const nic = opened(2);
    nic.suspend();
    expect([nic.enabled, nic.handlers]).toEqual([0, []]);
    expect(nic.resume()).toBe(0);
    expect([nic.enabled, nic.handlers]).toEqual([3, all(0)]);
    expect(nic.machine.warnings).toEqual([]);
    nic.stop();
    expect(nic.machine.warnings.filter((line) => line.includes('already-free'))).toHaveLength(2);
    nic.open();
    expect(nic.handlers).toEqual(all(2));
  });

  it('with its link up stops a kernel before 5.17 when the machine goes to sleep', () => {
    expect(() => opened(2, {}, '5.10.223').suspend()).toThrow(KernelBug);
  });

  it('ethtool -L gives it other vectors, also more than CPUs, but not more than it was granted', () => {
    const channels = (count: number) => opened(2, { parameters: { channels: count } }).handlers;
    expect(channels(1)).toEqual(all(1));
    expect(channels(4)).toEqual(all(4));
    expect(channels(5)).toEqual(all(2));
  });

  it('leaves nothing behind', () => {
    const nic = opened(4);
    nic.remove();
    expect([nic.enabled, nic.handlers]).toEqual([0, []]);
    expect([nic.machine.reserved, nic.machine.warnings]).toEqual([0, []]);
  });
});
