import { describe, expect, it } from 'vitest';
import { BoundDevice, type BoundOptions, numbered } from '../../../test/model/bound-device.ts';
import { type Shape, TestMachine } from '../../../test/model/test-machine.ts';
import type { Driver } from './driver.ts';
import { ixgbe } from './ixgbe.ts';
import { ixgbevf } from './ixgbevf.ts';

function bound(driver: Driver, cpus: Shape, options: BoundOptions = {}): BoundDevice {
  const nic = new BoundDevice(new TestMachine('6.1.192', cpus), driver, options);
  expect(nic.probe()).toBe(0);
  return nic;
}

function opened(driver: Driver, cpus: Shape, options: BoundOptions = {}): BoundDevice {
  const nic = bound(driver, cpus, options);
  expect(nic.open()).toBe(0);
  return nic;
}

/** Queues, and the rest after them. */
const all = (queues: number): string[] => [
  ...numbered(queues, (n) => `${n} eth0-TxRx-${n}`),
  `${queues} eth0`,
];
const names = (queues: number, sign: string): string[] => [
  ...numbered(queues, (n) => `${sign} eth0-TxRx-${n}`),
  `${sign} eth0`,
];

describe('ixgbe', () => {
  it('probes with a vector per online CPU and one more, and requests none of them', () => {
    const nic = bound(ixgbe, 4);
    expect([nic.enabled, nic.takeCalls()]).toEqual([5, []]);
    nic.open();
    expect(nic.takeCalls()).toEqual(names(4, '+'));
    nic.stop();
    expect([nic.enabled, nic.takeCalls()]).toEqual([5, names(4, '-')]);
  });

  it('has up to 63 queues where it steers flows, and 16 where it does not', () => {
    expect(bound(ixgbe, 40).enabled).toBe(40 + 1);
    expect(bound(ixgbe, 80).enabled).toBe(63 + 1);
    expect(opened(ixgbe, 40, { parameters: { flowDirector: 0, vectors: 19 } }).handlers).toEqual(all(16));
  });

  it('publishes CPUs of its own node first', () => {
    const nic = opened(ixgbe, '2x2', { fn: { node: 1 } });
    expect(nic.hints).toEqual(['0 2', '1 3', '2 0', '3 1']);
    expect(nic.affinities).toEqual(['0 2-3', '1 2-3', '2 2-3', '3 2-3', '4 2-3']);
  });

  it('publishes none on one CPU, nor without steering', () => {
    expect(opened(ixgbe, 1).hints).toEqual([]);
    expect(opened(ixgbe, 4, { parameters: { flowDirector: 0 } }).hints).toEqual([]);
  });

  it.each([5, 3, 2])('with %i vectors of 9 shares them out among its queues', (granted) => {
    const nic = opened(ixgbe, 8, { fn: { msix: { tableSize: granted } } });
    expect([nic.enabled, nic.handlers]).toEqual([granted, all(granted - 1)]);
  });

  it('without MSI-X does everything with one MSI', () => {
    const nic = opened(ixgbe, 8, { fn: { msix: { tableSize: 1 } } });
    expect([nic.device.mode, nic.handlers]).toEqual(['msi', ['0 eth0']]);
    expect(nic.machine.log).toEqual([
      'warn: ixgbe 0000:01:00.0: Failed to allocate MSI-X interrupts. Err: -28',
      'warn: ixgbe 0000:01:00.0: Disabling SR-IOV support',
      'warn: ixgbe 0000:01:00.0: Disabling RSS support',
    ]);
  });

  it('without MSI either shares its line', () => {
    const nic = opened(ixgbe, 8, { fn: { msix: undefined, msi: undefined, line: 16 } });
    expect([nic.device.mode, nic.handlers]).toEqual(['intx', ['0 eth0']]);
  });

  it('gives up MSI-X where a handler is refused, and opens with its line the next time', () => {
    const nic = bound(ixgbe, 2, { fn: { line: 16 } });
    const { machine } = nic;
    const [one, two] = machine.irqs(machine.fill(0));
    machine.fill(1);
    if (one !== undefined) machine.free(one);
    expect(nic.open()).toBe(-28);
    expect([nic.enabled, nic.device.mode]).toEqual([0, 'intx']);
    expect(nic.takeCalls()).toEqual(['+ eth0-TxRx-0', '! eth0-TxRx-1 -28', '- eth0-TxRx-0']);
    if (two !== undefined) machine.free(two);
    expect(nic.open()).toBe(0);
    expect(nic.handlers).toEqual(['0 eth0']);
  });

  it('gives everything back before the machine sleeps, and comes back as it was', () => {
    const nic = opened(ixgbe, 2, { fn: { line: 16 } });
    nic.takeCalls();
    nic.suspend();
    expect([nic.enabled, nic.takeCalls()]).toEqual([0, names(2, '-')]);
    expect(nic.machine.kernel.desc(16)).toBeUndefined();
    expect(nic.resume()).toBe(0);
    expect([nic.enabled, nic.takeCalls()]).toEqual([3, names(2, '+')]);
  });

  it('after sleep has no more vectors than CPUs, although its queues stay as many', () => {
    const nic = opened(ixgbe, 4);
    nic.machine.kernel.cpuDown(3);
    nic.suspend();
    nic.resume();
    expect(nic.handlers).toEqual(all(3));
  });

  it('stays closed where it was closed', () => {
    const nic = bound(ixgbe, 2);
    nic.suspend();
    nic.resume();
    expect([nic.enabled, nic.handlers]).toEqual([3, []]);
  });

  it('ethtool -L gives it other vectors', () => {
    expect(opened(ixgbe, 8, { parameters: { channels: 3 } }).handlers).toEqual(all(3));
    expect(opened(ixgbe, 8, { parameters: { channels: 9 } }).handlers).toEqual(all(8));
  });

  it('virtual functions leave it four queues, from 32 on two, and no hints', () => {
    const nic = opened(ixgbe, 8);
    expect(nic.configureVfs(31)).toBe(31);
    expect([nic.handlers, nic.hints]).toEqual([all(4), []]);
    expect(nic.configureVfs(0)).toBe(0);
    expect([nic.handlers, nic.hints.length]).toEqual([all(8), 8]);
    nic.configureVfs(32);
    expect(nic.handlers).toEqual(all(2));
    expect(nic.vfs).toEqual([31, 0, 32]);
    expect(nic.configureVfs(64)).toBe(-1);
  });

  it('with virtual functions on three CPUs has two queues', () => {
    const nic = opened(ixgbe, 3);
    nic.configureVfs(1);
    expect(nic.handlers).toEqual(all(2));
  });

  it('leaves nothing behind', () => {
    const nic = opened(ixgbe, 4);
    nic.configureVfs(2);
    nic.remove();
    expect([nic.enabled, nic.handlers, nic.vfs]).toEqual([0, [], [2, 0]]);
    expect([nic.machine.reserved, nic.machine.warnings]).toEqual([0, []]);
  });
});

describe('ixgbevf', () => {
  it('has two queues and a vector for messages, on one CPU one', () => {
    expect(opened(ixgbevf, 8).handlers).toEqual(all(2));
    expect(opened(ixgbevf, 1).handlers).toEqual(all(1));
    expect(opened(ixgbevf, 8, { parameters: { vectors: 2 } }).handlers).toEqual(all(1));
  });

  it('does not bind without MSI-X', () => {
    const msi = { log2Count: 0, maskable: true, is64Bit: true };
    const nic = new BoundDevice(new TestMachine('6.1.192', 4), ixgbevf, { fn: { msix: undefined, msi } });
    expect([nic.probe(), nic.enabled]).toEqual([-22, 0]);
    expect(nic.machine.log).toEqual(['err: ixgbevf 0000:01:00.0: Unable to allocate MSI-X interrupts']);
  });

  it('frees in the opposite order, and everything before the machine sleeps', () => {
    const nic = opened(ixgbevf, 4);
    nic.takeCalls();
    nic.suspend();
    expect([nic.enabled, nic.takeCalls()]).toEqual([0, ['- eth0', '- eth0-TxRx-1', '- eth0-TxRx-0']]);
    expect([nic.resume(), nic.handlers]).toEqual([0, all(2)]);
  });

  it('opens no more after a handler was refused', () => {
    const nic = bound(ixgbevf, 1);
    const filler = nic.machine.fill(0);
    expect(nic.open()).toBe(-28);
    nic.machine.remove(filler);
    expect(nic.open()).toBe(-12);
    nic.suspend();
    nic.resume();
    expect(nic.open()).toBe(0);
    nic.remove();
    expect([nic.enabled, nic.machine.reserved]).toEqual([0, 0]);
  });
});
