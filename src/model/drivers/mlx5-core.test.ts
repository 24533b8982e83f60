import { describe, expect, it } from 'vitest';
import { BoundDevice, type BoundOptions, numbered } from '../../../test/model/bound-device.ts';
import { type Shape, TestMachine } from '../../../test/model/test-machine.ts';
import { mlx5Core } from './mlx5-core.ts';

const AT = '@pci:0000:01:00.0';
const completions = (count: number): string[] => numbered(count, (n) => `${n} mlx5_comp${n}${AT}`);

function bound(cpus: Shape, options: BoundOptions = {}, profile = '6.1.192'): BoundDevice {
  const nic = new BoundDevice(new TestMachine(profile, cpus), mlx5Core, options);
  expect(nic.probe()).toBe(0);
  return nic;
}

describe('mlx5_core', () => {
  it('has a vector for events and one per online CPU, all requested at probe, the first of them last', () => {
    const nic = bound(4);
    expect(nic.enabled).toBe(5);
    expect(nic.takeCalls()).toEqual([`+ mlx5_async4${AT}`, ...numbered(4, (n) => `+ mlx5_comp${n}${AT}`)]);
    expect(nic.handlers).toEqual([...completions(4), `4 mlx5_async4${AT}`]);
    nic.takeCalls();
    expect([nic.open(), nic.takeCalls()]).toEqual([0, []]);
  });

  it('binds each to a CPU, those of its node first; events to all that are online', () => {
    const nic = bound('2x2', { fn: { node: 1 } });
    expect(nic.hints).toEqual(['0 2', '1 3', '2 0', '3 1', '4 0-3']);
    expect(nic.affinities).toEqual(['0 2', '1 3', '2 0', '3 1', '4 0-3']);
  });

  it.each([64, 12, 2])('with a table of %i has one completion vector less on 80 CPUs', (vectors) => {
    const nic = bound(80, { parameters: { vectors } });
    expect(nic.handlers).toEqual([
      ...completions(vectors - 1),
      `${vectors - 1} mlx5_async${vectors - 1}${AT}`,
    ]);
  });

  it('with a single vector does everything with it, on the first CPU', () => {
    const nic = bound(8, { parameters: { vectors: 1 } });
    expect([nic.handlers, nic.affinities]).toEqual([[`0 mlx5_combined0${AT}`], ['0 0']]);
  });

  it('does not bind without MSI-X', () => {
    const msi = { log2Count: 0, maskable: true, is64Bit: true };
    const nic = new BoundDevice(new TestMachine('6.1.192', 4), mlx5Core, { fn: { msix: undefined, msi } });
    expect([nic.probe(), nic.enabled]).toEqual([-22, 0]);
    expect(nic.machine.log).toEqual(['err: mlx5_core 0000:01:00.0: Failed to alloc IRQs']);
  });

  it('has as many vectors as event queues, and four event queues for events', () => {
    const nic = bound(8, { parameters: { eventQueues: 6 } });
    expect([nic.enabled, nic.handlers]).toEqual([6, [...completions(2), `5 mlx5_async5${AT}`]]);
  });

  it('with two ports has two per CPU; for subfunctions it holds 8 and 8 for each', () => {
    const nic = bound(2, { parameters: { ports: 2, subfunctions: 3 } });
    expect(nic.enabled).toBe(5 + 8 + 3 * 8);
    expect(nic.handlers).toEqual([...completions(4), `4 mlx5_async4${AT}`]);
    expect(nic.hints).toEqual(['0 0', '1 1', '2 0', '3 1', '4 0-1']);
  });

  it('makes do with the completion vectors that it gets', () => {
    const machine = new TestMachine('6.1.192', 1);
    const nic = new BoundDevice(machine, mlx5Core, { parameters: { ports: 2 } });
    const [one, two] = machine.irqs(machine.fill(0));
    for (const desc of [one, two]) if (desc !== undefined) machine.free(desc);
    expect(nic.probe()).toBe(0);
    expect(nic.handlers).toEqual([`0 mlx5_comp0${AT}`, `2 mlx5_async2${AT}`]);
    nic.suspend();
    expect([nic.enabled, nic.handlers]).toEqual([0, []]);
  });

  it('does not bind without one for events and one for completions', () => {
    for (const left of [0, 1]) {
      const machine = new TestMachine('6.1.192', 1);
      const nic = new BoundDevice(machine, mlx5Core);
      for (const desc of machine.irqs(machine.fill(0)).slice(0, left)) machine.free(desc);
      expect(nic.probe()).toBe(-28);
      expect([nic.enabled, nic.handlers]).toEqual([0, []]);
      const what = left === 0 ? 'async' : 'completion';
      expect(machine.log).toContain(`err: mlx5_core 0000:01:00.0: Failed to create ${what} EQs`);
    }
  });

  it('gives everything back before the machine sleeps, and counts CPUs anew afterwards', () => {
    const nic = bound(3);
    nic.machine.kernel.cpuDown(2);
    nic.takeCalls();
    nic.suspend();
    expect([nic.enabled, nic.takeCalls()]).toEqual([
      0,
      [...numbered(3, (n) => `- mlx5_comp${n}${AT}`), `- mlx5_async3${AT}`],
    ]);
    expect(nic.resume()).toBe(0);
    expect(nic.handlers).toEqual([...completions(2), `2 mlx5_async2${AT}`]);
  });

  it('grants virtual functions what is fixed, or a share of a pool, half of the largest at most', () => {
    const share = (parameters: Record<string, number>, count: number) => {
      const nic = bound(2, { parameters });
      return nic.driver.vfParameters?.(nic.device, nic.state, count);
    };
    expect(share({}, 4)).toEqual({ vectors: 12 });
    expect(share({ vfPool: 100 }, 3)).toEqual({ vectors: 33 });
    expect(share({ vfPool: 2000 }, 3)).toEqual({ vectors: 128 });
    expect(share({ vfPool: 100, vfMin: 4 }, 90)).toEqual({ vectors: 4 });
  });

  it('leaves nothing behind', () => {
    const nic = bound(4);
    expect(nic.configureVfs(2)).toBe(2);
    nic.remove();
    expect([nic.enabled, nic.handlers, nic.vfs]).toEqual([0, [], [2, 0]]);
    expect([nic.machine.reserved, nic.machine.warnings]).toEqual([0, []]);
  });

  it('has no virtual functions where the bus refuses them', () => {
    const nic = bound(2, { setVfs: (count) => (count > 0 ? -12 : 0) });
    expect(nic.configureVfs(2)).toBe(-12);
    nic.remove();
    expect(nic.vfs).toEqual([2]);
  });
});

/** The first message is for events, the others for completions. */
const eventsFirst = (count: number): string[] => [
  `0 mlx5_async0${AT}`,
  ...numbered(count, (n) => `${n + 1} mlx5_comp${n}${AT}`),
];

describe('mlx5_core before 5.16', () => {
  const old = (options: BoundOptions = {}) => bound(4, options, '5.10.223');

  it('has the message for events first, and leaves its mask alone', () => {
    const nic = old();
    expect(nic.handlers).toEqual(eventsFirst(4));
    expect(nic.hints).toEqual(['1 0', '2 1', '3 2', '4 3']);
  });

  it('does not bind with a single vector', () => {
    const nic = new BoundDevice(new TestMachine('5.10.223', 4), mlx5Core, { parameters: { vectors: 1 } });
    expect([nic.probe(), nic.enabled]).toEqual([-28, 0]);
  });
});

describe('mlx5_core since 6.6', () => {
  const newer = (cpus: Shape, options: BoundOptions = {}) => bound(cpus, options, '6.12.117');

  it('has one message for events, and takes others when its link comes up the first time', () => {
    const nic = newer(4);
    expect([nic.enabled, nic.handlers]).toEqual([1, eventsFirst(0)]);
    nic.open();
    expect([nic.enabled, nic.handlers]).toEqual([5, eventsFirst(4)]);
    expect(nic.hints).toEqual(['0 0-3', '1 0', '2 1', '3 2', '4 3']);
    expect(nic.affinities).toEqual(nic.hints);
    nic.takeCalls();
    nic.stop();
    nic.open();
    expect([nic.enabled, nic.takeCalls()]).toEqual([5, []]);
  });

  it('has as many as its table holds, or as it is told, and 128 without being told', () => {
    const count = (cpus: number, parameters: Record<string, number>) => {
      const nic = newer(cpus, { parameters });
      nic.open();
      return nic.enabled;
    };
    expect(count(8, { vectors: 4 })).toBe(4);
    expect(count(8, { channels: 2 })).toBe(3);
    expect(count(8, { channels: 9 })).toBe(9);
    expect(count(200, { vectors: 256 })).toBe(129);
    expect(count(200, { vectors: 256, channels: 200 })).toBe(201);
  });

  it('with a single vector shares it', () => {
    const nic = newer(4, { parameters: { vectors: 1 } });
    nic.open();
    expect([nic.enabled, nic.handlers]).toEqual([1, [`0 mlx5_combined0${AT}`]]);
  });

  it('keeps what it has where one is refused, and goes on from there', () => {
    const nic = newer(2);
    const { machine } = nic;
    const [one, two] = machine.irqs(machine.fill(0));
    machine.fill(1);
    if (one !== undefined) machine.free(one);
    expect([nic.open(), nic.enabled, nic.handlers]).toEqual([-28, 2, eventsFirst(1)]);
    if (two !== undefined) machine.free(two);
    expect([nic.open(), nic.handlers]).toEqual([0, eventsFirst(2)]);
  });

  it('gives everything back before the machine sleeps, and takes what its link needs again', () => {
    const nic = newer(2);
    nic.open();
    nic.suspend();
    expect([nic.enabled, nic.handlers]).toEqual([0, []]);
    expect([nic.resume(), nic.handlers]).toEqual([0, eventsFirst(2)]);
    nic.stop();
    nic.suspend();
    expect([nic.resume(), nic.handlers]).toEqual([0, eventsFirst(0)]);
  });

  it('in 6.4 and 6.5 takes them one by one at probe', () => {
    const nic = bound(3, {}, '6.5');
    expect([nic.enabled, nic.handlers]).toEqual([4, eventsFirst(3)]);
  });
});
