import { describe, expect, it } from 'vitest';
import { BoundDevice, type BoundOptions } from '../../../test/model/bound-device.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { tg3 } from './tg3.ts';

function bound(cpus: number, options: BoundOptions = {}): BoundDevice {
  const nic = new BoundDevice(new TestMachine('6.1.192', cpus), tg3, options);
  expect(nic.probe()).toBe(0);
  return nic;
}

function opened(cpus: number, options: BoundOptions = {}): BoundDevice {
  const nic = bound(cpus, options);
  expect(nic.open()).toBe(0);
  return nic;
}

describe('tg3', () => {
  it('has vectors only while its link is up: one for the link and a queue per second core, up to four', () => {
    const nic = bound(8);
    expect(nic.enabled).toBe(0);
    nic.open();
    expect(nic.handlers).toEqual(['0 eth0-tx-0', '1 eth0-rx-1', '2 eth0-rx-2', '3 eth0-rx-3', '4 eth0-rx-4']);
    expect(nic.hints).toEqual([]);
    nic.takeCalls();
    nic.stop();
    expect(nic.enabled).toBe(0);
    expect(nic.takeCalls()).toEqual([
      '- eth0-rx-4',
      '- eth0-rx-3',
      '- eth0-rx-2',
      '- eth0-rx-1',
      '- eth0-tx-0',
    ]);
    expect(opened(32).enabled).toBe(5);
  });

  it('on few cores has as many queues as cores, and one vector for all with one queue', () => {
    expect(opened(2).handlers).toEqual(['0 eth0-tx-0', '1 eth0-rx-1', '2 eth0-rx-2']);
    const nic = opened(1);
    expect([nic.device.mode, nic.handlers]).toEqual(['msix', ['0 eth0']]);
  });

  it('sends from several queues where it is told to, beside those that receive', () => {
    const nic = opened(8, { parameters: { rxChannels: 3, txChannels: 2 } });
    expect(nic.handlers).toEqual(['0 eth0-0', '1 eth0-txrx-1', '2 eth0-txrx-2', '3 eth0-rx-3']);
    expect(opened(8, { parameters: { rxChannels: 1, txChannels: 2 } }).handlers).toEqual([
      '0 eth0-0',
      '1 eth0-txrx-1',
      '2 eth0-tx-2',
    ]);
    const refused = opened(8, { parameters: { rxChannels: 2, txChannels: 2, txQueues: 1 } });
    expect([refused.enabled, refused.handlers[0]]).toEqual([5, '0 eth0-tx-0']);
  });

  it.each([
    { granted: 3, handlers: ['0 eth0-0', '1 eth0-txrx-1', '2 eth0-txrx-2'] },
    { granted: 2, handlers: ['0 eth0-tx-0', '1 eth0-rx-1'] },
    { granted: 1, handlers: ['0 eth0'] },
  ])('with $granted of 5 vectors has fewer queues, and sends from all of them', ({ granted, handlers }) => {
    expect(opened(8, { parameters: { vectors: granted } }).handlers).toEqual(handlers);
  });

  it('cuts long names', () => {
    expect(opened(2, { name: 'enp65s0f0np0' }).handlers).toEqual([
      '0 enp65s0f0np0-tx',
      '1 enp65s0f0np0-rx',
      '2 enp65s0f0np0-rx',
    ]);
  });

  it('tries its MSI with a handler of its own first', () => {
    const nic = opened(8, { parameters: { vectors: 0 } });
    expect([nic.device.mode, nic.handlers]).toEqual(['msi', ['0 eth0']]);
    expect(nic.takeCalls()).toEqual(['+ eth0', '- eth0', '+ eth0', '- eth0', '+ eth0']);
  });

  it('without MSI shares its line', () => {
    const nic = opened(8, { fn: { msix: undefined, msi: undefined, line: 16 } });
    expect([nic.device.mode, nic.handlers, nic.takeCalls()]).toEqual(['intx', ['0 eth0'], ['+ eth0']]);
  });

  it('gives its vectors back where one is refused', () => {
    const nic = bound(2);
    const { machine } = nic;
    const [one] = machine.irqs(machine.fill(0));
    machine.fill(1);
    if (one !== undefined) machine.free(one);
    expect([nic.open(), nic.enabled]).toEqual([-28, 0]);
    expect(nic.takeCalls()).toEqual(['+ eth0-tx-0', '! eth0-rx-1 -28', '- eth0-tx-0']);
  });

  it('keeps vectors and handlers while the machine sleeps', () => {
    const nic = opened(8);
    nic.suspend();
    expect([nic.enabled, nic.handlers.length]).toEqual([5, 5]);
    nic.resume();
    expect(nic.takeCalls()).toHaveLength(5);
  });

  it('leaves nothing behind', () => {
    const nic = opened(4);
    nic.remove();
    expect([nic.enabled, nic.handlers]).toEqual([0, []]);
    expect([nic.machine.reserved, nic.machine.warnings]).toEqual([0, []]);
  });
});
