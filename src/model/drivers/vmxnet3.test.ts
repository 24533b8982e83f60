import { describe, expect, it } from 'vitest';
import { BoundDevice, numbered } from '../../../test/model/bound-device.ts';
import { type Bench, DriverBench } from '../../../test/model/driver-bench.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { EBUSY, EINVAL, ENOSPC } from '../failures.ts';
import { vmxnet3 } from './vmxnet3.ts';

function bound(bench: Bench = {}): DriverBench {
  const nic = new DriverBench(vmxnet3, bench);
  expect(nic.probe()).toBe(0);
  return nic;
}

function opened(bench: Bench = {}): DriverBench {
  const nic = bound(bench);
  expect(nic.open()).toBe(0);
  return nic;
}

const pairs = (count: number): string[] => [
  ...numbered(count, (n) => `eth0-rxtx-${n}`),
  `eth0-event-${count}`,
];

describe('vmxnet3', () => {
  it('has a vector per pair of queues and one for events, requested while the link is up', () => {
    const nic = bound();
    expect([nic.enabled, nic.handlers]).toEqual([5, []]);
    nic.open();
    expect(nic.actions).toEqual(pairs(4));
    nic.stop();
    expect([nic.enabled, nic.handlers]).toEqual([5, []]);
  });

  it.each([
    [6, 7, 6],
    [6, 5, 4],
    [20, 7, 8],
    [20, 1, 8],
    [1, 7, 1],
  ])('with %i CPUs on version %i has %i pairs', (shape, version, count) => {
    expect(opened({ shape, parameters: { version } }).actions).toEqual(pairs(count));
  });

  it('has a vector for each queue where it does not have as many of both', () => {
    const nic = opened({ parameters: { txQueues: 1, rxQueues: 2 } });
    expect(nic.actions).toEqual(['eth0-tx-0', 'eth0-rx-1', 'eth0-rx-2', 'eth0-event-3']);
  });

  it('takes three messages at least, of which a single pair uses two', () => {
    const nic = opened({ shape: 1 });
    expect([nic.enabled, nic.actions]).toEqual([3, pairs(1)]);
  });

  it('took two before 5.16, too few to open with where these are all that it gets', () => {
    const nic = new BoundDevice(new TestMachine('5.10', 1), vmxnet3);
    nic.probe();
    expect([nic.enabled, nic.open(), nic.takeCalls()]).toEqual([2, 0, pairs(1).map((name) => `+ ${name}`)]);
    const few = new BoundDevice(new TestMachine('5.10', 4), vmxnet3, { fn: { msix: { tableSize: 2 } } });
    few.probe();
    expect([few.enabled, few.open(), few.takeCalls()]).toEqual([
      2,
      -EINVAL,
      ['+ eth0-tx-0', '+ eth0-rx-1', '! eth0-event-2 -22'],
    ]);
  });

  it('is content with three messages and one receive queue where it does not get all', () => {
    const nic = opened({ fn: { msix: { tableSize: 4 } } });
    expect([nic.enabled, nic.actions]).toEqual([3, ['eth0-tx-0', 'eth0-rx-1', 'eth0-event-2']]);
  });

  it('has one MSI, or the line, where it does not even get these', () => {
    const few = opened({ fn: { msix: { tableSize: 2 } } });
    expect([few.device.mode, few.actions]).toEqual(['msi', ['eth0']]);
    const none = opened({ fn: { msix: undefined, msi: undefined, line: 10 } });
    expect([none.device.mode, none.actions]).toEqual(['intx', ['eth0']]);
  });

  it('leaves behind what it had requested where a handler is refused, and cannot open again', () => {
    const nic = bound({ shape: 2 });
    nic.crowd(1);
    expect([nic.open(), nic.takeCalls()]).toEqual([-ENOSPC, ['+ eth0-rxtx-0', '! eth0-rxtx-1 -28']]);
    expect([nic.open(), nic.takeCalls()]).toEqual([-EBUSY, ['! eth0-rxtx-0 -16']]);
  });

  it('gives up everything for suspend while the link is up, and nothing while it is down', () => {
    const nic = bound();
    nic.suspend();
    expect([nic.enabled, nic.resume(), nic.enabled]).toEqual([5, 0, 5]);
    nic.open();
    nic.suspend();
    expect([nic.enabled, nic.handlers]).toEqual([0, []]);
    expect([nic.resume(), nic.actions]).toEqual([0, pairs(4)]);
    nic.remove();
    expect([nic.enabled, nic.machine.warnings]).toEqual([0, []]);
  });
});
