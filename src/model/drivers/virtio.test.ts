import { describe, expect, it } from 'vitest';
import { BoundDevice } from '../../../test/model/bound-device.ts';
import { type Bench, DriverBench } from '../../../test/model/driver-bench.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { EINVAL, ENOSPC } from '../failures.ts';
import type { Driver } from './driver.ts';
import { virtioBlk } from './virtio-blk.ts';
import { virtioNet } from './virtio-net.ts';
import { virtioScsi } from './virtio-scsi.ts';

function bound(driver: Driver, bench: Bench = {}): DriverBench {
  const device = new DriverBench(driver, bench);
  expect(device.probe()).toBe(0);
  return device;
}

const NET = { parameters: { queue_pairs: 2 } };
const NET_ACTIONS = [
  'virtio0-config',
  'virtio0-input.0',
  'virtio0-output.0',
  'virtio0-input.1',
  'virtio0-output.1',
];
const SHARED = ['virtio0-config', 'virtio0-virtqueues'];

describe('virtio_blk', () => {
  it('has a managed queue per CPU', () => {
    expect(bound(virtioBlk).messages).toEqual([
      'virtio0-config: plain 0-3',
      ...[0, 1, 2, 3].map((cpu) => `virtio0-req.${cpu}: managed ${cpu}`),
    ]);
  });

  it.each([
    [{ queues: 2 }, 2],
    [{ num_request_queues: 3 }, 3],
    [{ num_request_queues: 9 }, 4],
    [{ poll_queues: 1 }, 3],
    [{ poll_queues: 9 }, 1],
  ])('with %j has %i queues that interrupt', (parameters, queues) => {
    expect(bound(virtioBlk, { parameters }).enabled).toBe(1 + queues);
  });

  it('shares a plain vector among its queues where it cannot have one for each', () => {
    expect(bound(virtioBlk, { fn: { msix: { tableSize: 4 } } }).messages).toEqual([
      'virtio0-config: plain 0-3',
      'virtio0-virtqueues: plain 0-3',
    ]);
  });

  it('uses its line where it has no two messages', () => {
    const device = bound(virtioBlk, { fn: { msix: { tableSize: 1 }, line: 22 } });
    expect([device.device.mode, device.takeCalls()]).toEqual(['intx', ['+ virtio0']]);
    device.remove();
    expect([device.takeCalls(), device.machine.kernel.desc(22)]).toEqual([['- virtio0'], undefined]);
  });

  it('does not bind without any interrupt', () => {
    expect(new DriverBench(virtioBlk, { fn: { msix: undefined } }).probe()).toBe(-EINVAL);
  });
});

describe('virtio_net', () => {
  it('has a vector for each queue but the control queue, steered to CPUs of its own', () => {
    const device = bound(virtioNet, NET);
    expect(device.actions).toEqual(NET_ACTIONS);
    expect(device.hints).toEqual(['1 0-1', '2 0-1', '3 2-3', '4 2-3']);
  });

  it('steers them anew when a CPU goes, but has no more pairs when one comes', () => {
    const device = bound(virtioNet, { parameters: { queue_pairs: 8 } });
    device.machine.kernel.cpuDown(3);
    device.driver.cpusChanged?.(device.device, device.state);
    expect([device.enabled, device.hints.slice(0, 8)]).toEqual([
      17,
      ['1 0', '2 0', '3 1', '4 1', '5 2', '6 2', '7 0', '8 0'],
    ]);
  });

  it('gives everything back where a handler is refused, and shares a vector', () => {
    const device = new DriverBench(virtioNet, { ...NET, shape: 1 });
    device.crowd(3);
    expect(device.probe()).toBe(0);
    expect(device.takeCalls()).toEqual([
      '+ virtio0-config',
      '+ virtio0-input.0',
      '+ virtio0-output.0',
      '! virtio0-input.1 -28',
      '- virtio0-input.0',
      '- virtio0-output.0',
      '- virtio0-config',
      ...SHARED.map((action) => `+ ${action}`),
    ]);
    expect(device.hints).toEqual(['1 0']);
    device.remove();
    expect(device.machine.warnings.filter((line) => line.startsWith('WARN'))).toEqual([]);
  });

  it.each([
    ['6.1', 1],
    ['7.2', 2],
  ])('on %s has tried %i times before', (kernel, tries) => {
    const machine = new TestMachine(kernel, 1);
    const device = new BoundDevice(machine, virtioNet, { name: 'virtio0' });
    machine.free(machine.irq(machine.fill(0), 0));
    expect(device.probe()).toBe(-ENOSPC);
    expect(device.takeCalls().filter((call) => call === '! virtio0-input.0 -28')).toHaveLength(tries);
  });

  it('does not bind where not even one vector is left for its queues', () => {
    const device = new DriverBench(virtioNet, { shape: 1 });
    device.crowd(1);
    expect([device.probe(), device.enabled]).toEqual([-ENOSPC, 0]);
    expect(device.takeCalls().slice(-3)).toEqual([
      '+ virtio0-config',
      '! virtio0-virtqueues -28',
      '- virtio0-config',
    ]);
  });

  it('gives back its handlers, the configuration last, and its line for suspend', () => {
    const device = bound(virtioNet, { ...NET, fn: { line: 22 } });
    device.takeCalls();
    device.suspend();
    expect(device.takeCalls()).toEqual(
      [...NET_ACTIONS.slice(1), 'virtio0-config'].map((name) => `- ${name}`),
    );
    expect([device.enabled, device.machine.kernel.desc(22)]).toEqual([0, undefined]);
    expect([device.resume(), device.actions]).toEqual([0, NET_ACTIONS]);
    expect(device.machine.kernel.desc(22)).toBeDefined();
  });
});

describe('virtio_scsi', () => {
  it('has managed queues for requests, and plain ones for control and events', () => {
    expect(bound(virtioScsi, { parameters: { queues: 2 } }).messages).toEqual([
      'virtio0-config: plain 0-3',
      'virtio0-control: plain 0-3',
      'virtio0-event: plain 0-3',
      'virtio0-request: managed 0-1',
      'virtio0-request: managed 2-3',
    ]);
    expect(bound(virtioScsi).enabled).toBe(3 + 4);
  });

  it('sets up its queues again when it resumes', () => {
    const device = bound(virtioScsi);
    device.suspend();
    expect([device.enabled, device.resume(), device.enabled]).toEqual([0, 0, 7]);
    device.remove();
    expect([device.enabled, device.machine.warnings]).toEqual([0, []]);
  });
});
