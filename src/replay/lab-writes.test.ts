import { describe, expect, it } from 'vitest';
import { TestMachine } from '../../test/model/test-machine.ts';
import { EINVAL, EIO, EOVERFLOW, ERANGE } from '../model/failures.ts';
import { LabWrites } from './lab-writes.ts';

function machine(): { writes: LabWrites; irq: number; kernel: TestMachine['kernel'] } {
  const tested = new TestMachine('6.1', 4);
  tested.msix(1);
  const { kernel } = tested;
  const irq = [...kernel.descs()].map((desc) => desc.irq).find((number) => number >= 16) ?? -1;
  return { writes: new LabWrites(kernel), irq, kernel };
}

function answer(path: (irq: number) => string, value: string): number | undefined {
  const { writes, irq } = machine();
  writes.write(path(irq), value);
  return writes.result(path(irq));
}

const mask = (irq: number): string => `/proc/irq/${irq}/smp_affinity`;
const list = (irq: number): string => `/proc/irq/${irq}/smp_affinity_list`;

describe('a write of the lab', () => {
  it.each<[string, (irq: number) => string, string, number]>([
    ['a mask', mask, '4', 0],
    ['a mask with a bit beyond the CPUs', mask, '10', -EOVERFLOW],
    ['a mask with a group beyond the CPUs', mask, '0,f', -EOVERFLOW],
    ['no CPU at all', mask, '0', -EINVAL],
    ['a list', list, '1-2', 0],
    ['a list beyond the CPUs', list, '9999', -ERANGE],
    ['nonsense', list, 'xyz', -EINVAL],
    ['an interrupt that cannot be moved', () => mask(0), '2', -EIO],
    ['a driver’s file', () => '/sys/bus/pci/drivers/nvme/unbind', '0000:00:05.0', 0],
    ['the number of virtual functions', () => '/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs', '3', 0],
  ])('of %s is answered as the kernel would', (_, path, value, ret) => {
    expect(answer(path, value)).toBe(ret);
  });

  it('of the default affinity counts for the interrupts that come', () => {
    const { writes, kernel } = machine();
    writes.write('/proc/irq/default_smp_affinity', '2');
    expect(writes.result('/proc/irq/default_smp_affinity')).toBe(0);
    expect(`${kernel.defaultAffinity}`).toBe('1');
  });

  it('has its answer once', () => {
    const { writes, irq } = machine();
    writes.write(mask(irq), '4');
    expect(writes.result(mask(irq))).toBe(0);
    expect(writes.result(mask(irq))).toBeUndefined();
  });

  it('of a CPU is answered by what became of it', () => {
    const { writes } = machine();
    const path = '/sys/devices/system/cpu/cpu2/online';
    expect(writes.isModelled(path)).toBe(true);
    writes.settle(path, -28);
    expect(writes.result(path)).toBe(-28);
  });

  it('elsewhere is none of the model', () => {
    const { writes } = machine();
    for (const path of [
      '/proc/irq/24/node',
      '/sys/class/net/eth0/queues/rx-0/rps_cpus',
      '/proc/irq/x/smp_affinity',
    ]) {
      expect(writes.isModelled(path), path).toBe(false);
    }
  });
});
