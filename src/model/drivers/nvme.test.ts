import { describe, expect, it } from 'vitest';
import { type Bench, DriverBench } from '../../../test/model/driver-bench.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { ENOSPC } from '../failures.ts';
import { nvme } from './nvme.ts';

function bound(bench: Bench = {}): DriverBench {
  const controller = new DriverBench(nvme, bench);
  expect(controller.probe()).toBe(0);
  return controller;
}

const ALL = ['nvme0q0: plain 0-3', ...[0, 1, 2, 3].map((cpu) => `nvme0q${cpu + 1}: managed ${cpu}`)];

describe('nvme', () => {
  it('has a queue per possible CPU, and one for administration that is not managed', () => {
    expect(bound().messages).toEqual(ALL);
  });

  it('has a queue for a CPU that is not online, too, which waits for it', () => {
    const { messages } = bound({ machine: { online: CpuSet.of(0, 1, 2) } });
    expect(messages[4]).toBe('nvme0q4: managed 3 off');
  });

  it('has no more queues than the controller grants', () => {
    expect(bound({ parameters: { queues: 2 } }).messages).toEqual([
      'nvme0q0: plain 0-3',
      'nvme0q1: managed 0-1',
      'nvme0q2: managed 2-3',
    ]);
  });

  it('has as many queues as it gets messages', () => {
    expect(bound({ fn: { msix: { tableSize: 2 } } }).messages).toEqual([
      'nvme0q0: plain 0-3',
      'nvme0q1: managed 0-3',
    ]);
  });

  it.each([
    ['one message', { msix: { tableSize: 1 } }, 'msix'],
    ['its line', { msix: undefined, line: 16 }, 'intx'],
  ] as const)('shares %s between administration and a single queue', (_what, fn, mode) => {
    const controller = bound({ fn });
    expect(controller.device.mode).toBe(mode);
    expect(controller.takeCalls()).toEqual(['+ nvme0q0', '- nvme0q0', '+ nvme0q0', '+ nvme0q1']);
    controller.remove();
    expect([controller.enabled, controller.takeCalls().length]).toEqual([0, 2]);
    expect(controller.machine.warnings).toEqual([]);
  });

  it('spreads queues for writes and for reads over all CPUs each', () => {
    expect(bound({ parameters: { write_queues: 2 } }).messages).toEqual([
      'nvme0q0: plain 0-3',
      'nvme0q1: managed 0-1',
      'nvme0q2: managed 2-3',
      ...[0, 1, 2, 3].map((cpu) => `nvme0q${cpu + 3}: managed ${cpu}`),
    ]);
    const few = bound({ parameters: { write_queues: 9, queues: 3 } });
    expect(few.messages.slice(1)).toEqual([
      'nvme0q1: managed 0-1',
      'nvme0q2: managed 2-3',
      'nvme0q3: managed 0-3',
    ]);
  });

  it('asks for no messages for polled queues, and polls all but one at most', () => {
    expect(bound({ parameters: { poll_queues: 2 } }).messages).toEqual(ALL);
    expect(bound({ parameters: { poll_queues: 2, queues: 4 } }).enabled).toBe(3);
    expect(bound({ parameters: { poll_queues: 9, queues: 4 } }).enabled).toBe(2);
  });

  it('has no managed queue where one finds no room on its CPU', () => {
    const controller = new DriverBench(nvme, { shape: 2 });
    controller.machine.fill(0);
    expect([controller.probe(), controller.enabled]).toEqual([0, 1]);
    expect(controller.takeCalls().slice(-2)).toEqual(['+ nvme0q0', '+ nvme0q1']);
  });

  it('is given up where its managed queue took the last vector', () => {
    const controller = new DriverBench(nvme, { shape: 1 });
    controller.crowd(1);
    expect([controller.probe(), controller.enabled]).toEqual([-ENOSPC, 0]);
    expect(controller.takeCalls()).toEqual(['+ nvme0q0', '- nvme0q0', '! nvme0q0 -28']);
  });

  it('is given up where its first handler is refused', () => {
    const controller = new DriverBench(nvme, { shape: 1 });
    controller.crowd(0);
    expect([controller.probe(), controller.enabled]).toEqual([-ENOSPC, 0]);
    expect(controller.takeCalls()).toEqual(['! nvme0q0 -28']);
  });

  it('is shut down for suspend, last queue first, and set up again', () => {
    const controller = bound({ parameters: { queues: 2 } });
    controller.takeCalls();
    controller.suspend();
    expect([controller.enabled, controller.takeCalls()]).toEqual([
      0,
      ['- nvme0q2', '- nvme0q1', '- nvme0q0'],
    ]);
    expect([controller.resume(), controller.enabled]).toEqual([0, 3]);
  });

  it('keeps everything where it sleeps by itself', () => {
    const controller = bound({ parameters: { sleeps: 1 } });
    controller.takeCalls();
    controller.suspend();
    expect([controller.enabled, controller.resume(), controller.takeCalls()]).toEqual([5, 0, []]);
  });
});
