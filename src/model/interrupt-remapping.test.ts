import { describe, expect, it } from 'vitest';
import { TestMachine } from '../../test/model/test-machine.ts';
import type { KernelEvent } from './events.ts';
import { ENOMEM } from './failures.ts';
import { InterruptRemapping, REMAPPING_ENTRIES } from './interrupt-remapping.ts';

function indexOf(remapping: InterruptRemapping, count: number, unit = 0): number {
  const block = remapping.allocate(unit, count, undefined);
  return typeof block === 'number' ? block : block.index;
}

describe('the remapping table', () => {
  it('hands out the lowest free entry, one after the other as debugfs shows it', () => {
    const remapping = new InterruptRemapping();
    expect([1, 1, 1].map((count) => indexOf(remapping, count))).toEqual([0, 1, 2]);
    remapping.free({ unit: 0, index: 1, size: 1 });
    expect(indexOf(remapping, 1)).toBe(1);
  });

  it('rounds several entries up to a power of two, at a multiple of it', () => {
    const remapping = new InterruptRemapping();
    indexOf(remapping, 1);
    expect([indexOf(remapping, 3), indexOf(remapping, 2), indexOf(remapping, 1)]).toEqual([4, 2, 1]);
    expect(remapping.used(0)).toBe(1 + 4 + 2 + 1);
  });

  it('is one for each unit', () => {
    const remapping = new InterruptRemapping();
    expect([indexOf(remapping, 1, 0), indexOf(remapping, 1, 1)]).toEqual([0, 0]);
  });

  it('answers -ENOMEM when it is full, or no aligned block is left, and the kernel says so', () => {
    const remapping = new InterruptRemapping();
    for (let n = 0; n < REMAPPING_ENTRIES / 4; n++) indexOf(remapping, 4);
    remapping.free({ unit: 0, index: 6, size: 1 });
    remapping.free({ unit: 0, index: 7, size: 1 });
    remapping.free({ unit: 0, index: 8, size: 1 });
    const events: KernelEvent[] = [];
    expect(remapping.allocate(0, 4, (event) => events.push(event))).toBe(-ENOMEM);
    expect(events).toEqual([
      { name: 'printk', level: 'warn', text: "IR0: can't allocate an IRTE" },
      { name: 'printk', level: 'warn', text: 'Failed to allocate IRTE' },
    ]);
    expect([indexOf(remapping, 2), indexOf(remapping, 1), indexOf(remapping, 1)]).toEqual([6, 8, -ENOMEM]);
  });

  it('is copied with the machine', () => {
    const { kernel } = new TestMachine('6.1', 4, { remapping: true });
    const copy = kernel.clone();
    copy.remapping?.allocate(0, 1, undefined);
    expect([kernel.remapping?.used(0), copy.remapping?.used(0)]).toEqual([15, 16]);
  });
});

describe('messages behind remapping', () => {
  it('take an entry each and give it back', () => {
    const machine = new TestMachine('6.1', 4, { remapping: true });
    const { kernel } = machine;
    const nic = machine.msix(10);
    expect(kernel.pci.get(nic).messages.map(({ irte }) => irte?.index)).toEqual(
      Array.from({ length: 10 }, (_, n) => 15 + n),
    );
    kernel.pci.freeIrqVectors(nic);
    expect(kernel.remapping?.used(0)).toBe(15);
  });

  it('of an MSI share one aligned block', () => {
    const machine = new TestMachine('6.1', 4, { remapping: true });
    const { kernel } = machine;
    const msi = { log2Count: 5, maskable: true, is64Bit: true };
    const device = machine.device({ msi });
    expect(kernel.pci.allocIrqVectors(device, { min: 1, max: 5 })).toBe(5);
    expect(kernel.pci.get(device).messages.map(({ irte }) => irte)).toEqual([
      { unit: 0, index: 16, size: 8 },
    ]);
  });

  it('of devices behind another unit come from its table', () => {
    const machine = new TestMachine('6.1', 4, { remapping: true });
    const device = machine.device({ msix: { tableSize: 2 }, remappingUnit: 1 });
    machine.kernel.pci.allocIrqVectors(device, { min: 2, max: 2 });
    expect(machine.kernel.remapping?.used(1)).toBe(2);
  });
});
