import { describe, expect, it } from 'vitest';
import { BoundDevice, type BoundOptions, numbered } from '../../../test/model/bound-device.ts';
import { type Bench, DriverBench } from '../../../test/model/driver-bench.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { ENOMEM, EPERM } from '../failures.ts';
import { igb } from './igb.ts';

function bound(bench: Bench = {}): DriverBench {
  const nic = new DriverBench(igb, { shape: 8, ...bench });
  expect(nic.probe()).toBe(0);
  return nic;
}

function opened(bench: Bench = {}): DriverBench {
  const nic = bound(bench);
  expect(nic.open()).toBe(0);
  return nic;
}

const txRx = (count: number): string[] => numbered(count, (n) => `eth0-TxRx-${n}`);

describe('igb', () => {
  it('pairs its queues where it uses more than half of them', () => {
    expect(opened().actions).toEqual(['eth0', ...txRx(8)]);
    expect(opened({ shape: 5 }).actions).toEqual(['eth0', ...txRx(5)]);
    expect(opened({ shape: 4 }).actions).toEqual([
      'eth0',
      ...numbered(4, (n) => `eth0-rx-${n}`),
      ...numbered(4, (n) => `eth0-tx-${n}`),
    ]);
    expect(opened({ parameters: { queues: 2, pairs: 0 } }).enabled).toBe(5);
  });

  it('tries MSI-X with one message first, but not where it has no virtual functions', () => {
    const setUps = ({ machine }: DriverBench): number =>
      machine.events.filter(({ name }) => name === 'vector_setup').length;
    expect(setUps(bound())).toBe(1 + 9);
    expect(setUps(bound({ parameters: { queuesWithVfs: 0 } }))).toBe(9);
  });

  it.each([
    ['6.1', 9],
    ['6.12', 3],
  ])('on %s has %i messages when its virtual functions come', (kernel, messages) => {
    let seen: number | undefined;
    const options: BoundOptions = {
      setVfs: () => {
        seen = nic.enabled;
        return 0;
      },
    };
    const nic = new BoundDevice(new TestMachine(kernel, 8), igb, options);
    nic.probe();
    nic.open();
    expect([nic.configureVfs(3), seen, nic.vfs]).toEqual([3, messages, [3]]);
    expect(nic.handlers).toEqual(['0 eth0', '1 eth0-TxRx-0', '2 eth0-rx-1']);
  });

  it('gets its queues back when they go', () => {
    const nic = opened();
    nic.configureVfs(7);
    expect([nic.configureVfs(0), nic.vfs, nic.actions]).toEqual([0, [7, 0], ['eth0', ...txRx(8)]]);
  });

  it('stays down where it was down', () => {
    const nic = bound();
    nic.configureVfs(1);
    expect([nic.enabled, nic.handlers]).toEqual([3, []]);
  });

  it('has one queue beside virtual functions on i350', () => {
    const nic = opened({ parameters: { queuesWithVfs: 1 } });
    nic.configureVfs(2);
    expect(nic.actions).toEqual(['eth0', 'eth0-TxRx-0']);
  });

  it('brings virtual functions along with max_vfs', () => {
    const nic = bound({ parameters: { max_vfs: 2 } });
    expect([nic.vfs, nic.enabled]).toEqual([[2], 3]);
  });

  it('refuses an eighth virtual function, and any without MSI-X', () => {
    const nic = bound();
    expect([nic.configureVfs(8), nic.vfs]).toEqual([-EPERM, []]);
    const other = bound({ fn: { msix: undefined } });
    expect([other.configureVfs(1), other.vfs]).toEqual([-EPERM, []]);
  });

  it('keeps its queues where there is no room for virtual functions', () => {
    const nic = bound({ setVfs: () => -ENOMEM });
    expect([nic.configureVfs(3), nic.enabled]).toEqual([-ENOMEM, 9]);
  });

  it('has one MSI for everything where it does not get all messages, or its line', () => {
    const few = opened({ fn: { msix: { tableSize: 8 } } });
    expect([few.device.mode, few.actions]).toEqual(['msi', ['eth0']]);
    const none = opened({ fn: { msix: undefined, msi: undefined, line: 21 } });
    expect([none.device.mode, none.actions]).toEqual(['intx', ['eth0']]);
  });

  it('gives up MSI-X where a handler is refused', () => {
    const nic = bound({ shape: 1, parameters: { queues: 8 } });
    nic.crowd(2);
    expect(nic.enabled).toBe(3);
    expect([nic.open(), nic.device.mode]).toEqual([0, 'msi']);
    expect(nic.takeCalls()).toEqual([
      '+ eth0',
      '+ eth0-rx-0',
      '! eth0-tx-0 -28',
      '- eth0',
      '- eth0-rx-0',
      '+ eth0',
    ]);
  });

  it('tries MSI-X again when it resumes, with one queue', () => {
    const nic = bound({ shape: 1 });
    nic.crowd(2);
    nic.open();
    nic.suspend();
    expect([nic.enabled, nic.resume(), nic.device.mode]).toEqual([0, 0, 'msix']);
    expect(nic.actions).toEqual(['eth0', 'eth0-TxRx-0']);
  });

  it('takes its virtual functions away before its handlers', () => {
    let handlers: readonly string[] = [];
    const nic = opened({
      setVfs: (count) => {
        if (count === 0) handlers = nic.handlers;
        return 0;
      },
    });
    nic.configureVfs(1);
    nic.remove();
    expect([handlers.length, nic.vfs, nic.handlers, nic.enabled]).toEqual([3, [1, 0], [], 0]);
  });
});
