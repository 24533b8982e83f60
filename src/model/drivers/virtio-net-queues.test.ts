import { describe, expect, it } from 'vitest';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { parseCpuMask } from '../../base/cpu-list.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { type SeenIrq, VirtioNets } from './virtio-net-queues.ts';

const NONE = new VirtioNets([], undefined);

/** Interrupts 24 on, in the order of the device: input and output of each pair. */
function nets(pairs: number, hints: readonly (string | undefined)[], online = [0, 1, 2, 3]): VirtioNets {
  const irqs: SeenIrq[] = [];
  for (let at = 0; at < pairs; at++) {
    const mask = parseCpuMask(hints[at] ?? '');
    for (const [n, way] of ['input', 'output'].entries()) {
      const irq = 24 + 2 * at + n;
      irqs.push({ irq, action: `virtio0-${way}.${at}`, hint: mask.ok ? mask.value : undefined });
    }
  }
  return new VirtioNets(irqs, CpuSet.from(online));
}

/** What the driver sets now, as `irq mask`. */
function repins(of: VirtioNets, online: readonly number[], messages = 8): string[][] {
  const machine = new TestMachine('6.1', 4);
  machine.msix(messages);
  for (const cpu of machine.kernel.possible) if (!online.includes(cpu)) machine.kernel.online.delete(cpu);
  const first = Math.min(...[...machine.kernel.descs()].map(({ irq }) => irq).filter((irq) => irq >= 16));
  // Tests name the first one 24, whatever the kernel has called it.
  expect(first).toBe(24);
  return of.repins(machine.kernel).map((device) => device.map(({ irq, mask }) => `${irq} ${mask}`));
}

describe('the queues of virtio_net', () => {
  it('are set anew by the driver’s rule, both of a pair alike', () => {
    expect(repins(nets(2, ['3', 'c']), [0, 1, 3])).toEqual([['24 0-1', '25 0-1', '26 3', '27 3']]);
  });

  it('are left alone where their hints are not by the rule: another driver’s work', () => {
    expect(repins(nets(2, ['3', '3']), [0, 1, 3])).toEqual([]);
  });

  it('count without the pairs that are not in use', () => {
    expect(repins(nets(3, ['3', 'c', undefined]), [0, 2])).toEqual([['24 0', '25 0', '26 2', '27 2']]);
  });

  it('are judged by the CPUs that were online when they were seen', () => {
    expect(repins(nets(2, ['1', '2'], [0, 1]), [0, 1, 2])).toEqual([['24 0-1', '25 0-1', '26 2', '27 2']]);
  });

  it('are left out where the interrupt is gone', () => {
    expect(repins(nets(2, ['3', 'c']), [0, 1, 2, 3], 3)).toEqual([['24 0-1', '25 0-1', '26 2-3']]);
  });

  it('are none before a snapshot has shown any', () => {
    expect(repins(NONE, [0])).toEqual([]);
  });
});

describe('a driver that has set no mask yet', () => {
  it('is told by a device without any hint', () => {
    expect(nets(2, [undefined, undefined]).isStillToSet('virtio0-input.0')).toBe(true);
    expect(nets(2, ['3', undefined]).isStillToSet('virtio0-input.1')).toBe(false);
    expect(NONE.isStillToSet('virtio1-output.0')).toBe(true);
  });

  it('is none of other interrupts', () => {
    for (const name of ['nvme0q1', 'virtio0-config', 'virtio1-req.0', '']) {
      expect(nets(2, [undefined]).isStillToSet(name)).toBe(false);
    }
  });
});
