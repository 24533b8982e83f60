import { describe, expect, it } from 'vitest';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { EINVAL, ENOSPC, ERANGE } from '../failures.ts';

/** A kernel of each way to look for the number of MSI-X messages. */
const BOTH_ORDERS = ['6.1', '6.12'];

describe.each(BOTH_ORDERS)('pci_enable_msix_range() of %s', (profile) => {
  const start = (tableSize = 16): { machine: TestMachine; device: string } => {
    const machine = new TestMachine(profile, 4);
    const msi = { log2Count: 0, maskable: true, is64Bit: true };
    return { machine, device: machine.device({ msix: { tableSize }, msi }) };
  };

  it('gives what is asked for, and numbers the interrupts by their place in the table', () => {
    const { machine, device } = start();
    const { pci } = machine.kernel;
    expect(pci.enableMsixRange(device, { min: 3, max: 3, entries: [5, 0, 9] })).toBe(3);
    expect(pci.get(device).messages.map(({ index, irq }) => [index, irq])).toEqual([
      [0, 24],
      [5, 25],
      [9, 26],
    ]);
    expect([0, 1, 2, 3].map((n) => pci.irqVector(device, n))).toEqual([24, 25, 26, -EINVAL]);
    expect(pci.get(device).intx).toBe(false);
  });

  it('gives the whole table where more is asked for, unless that is too few', () => {
    const { machine, device } = start();
    expect(machine.kernel.pci.enableMsixRange(device, { min: 20, max: 32 })).toBe(-ENOSPC);
    expect(machine.kernel.pci.enableMsixRange(device, { min: 1, max: 32 })).toBe(16);
  });

  it('gives more than the table holds where the table is virtual', () => {
    const { machine, device } = start();
    expect(machine.kernel.pci.enableMsixRange(device, { min: 1, max: 32, virtual: true })).toBe(32);
  });

  it('refuses a range that is none with -ERANGE', () => {
    const { machine, device } = start();
    expect(machine.kernel.pci.enableMsixRange(device, { min: 2, max: 1 })).toBe(-ERANGE);
  });

  it.each([
    ['an entry beyond the table', { min: 1, max: 1, entries: [16] }],
    ['an entry twice', { min: 2, max: 2, entries: [3, 3] }],
    ['no message', { min: 0, max: 0 }],
  ])('refuses %s with -EINVAL', (_, range) => {
    const { machine, device } = start();
    expect(machine.kernel.pci.enableMsixRange(device, range)).toBe(-EINVAL);
  });

  it('refuses a device without MSI-X, one that sleeps and one that may not, with -EINVAL', () => {
    const { machine, device } = start();
    const { pci } = machine.kernel;
    const range = { min: 1, max: 1 };
    pci.setPowered(device, false);
    expect(pci.enableMsixRange(device, range)).toBe(-EINVAL);
    expect(pci.enableMsixRange(machine.device({}), range)).toBe(-EINVAL);
    expect(pci.enableMsixRange(machine.device({ msix: { tableSize: 4 }, noMsi: true }), range)).toBe(-EINVAL);
  });

  it('warns and refuses where MSI-X is on already', () => {
    const { machine, device } = start();
    machine.kernel.pci.enableMsixRange(device, { min: 1, max: 1 });
    expect(machine.kernel.pci.enableMsixRange(device, { min: 1, max: 1 })).toBe(-EINVAL);
    expect(machine.log).toEqual(['WARN: __pci_enable_msix_range']);
  });

  it('leaves nothing behind when it refuses', () => {
    const { machine, device } = start();
    const before = machine.kernel.matrix.snapshot();
    machine.kernel.pci.enableMsixRange(device, { min: 20, max: 32 });
    expect(machine.kernel.matrix.snapshot()).toEqual(before);
    expect(machine.kernel.pci.get(device).enabled).toBeUndefined();
    expect(machine.kernel.pci.irqVector(device, 0)).toBe(-EINVAL);
  });
});

describe('what differs when MSI is on already', () => {
  it.each([
    ['6.1', "info: can't enable MSI-X (MSI IRQ already assigned)"],
    ['6.12', "info: can't enable MSI-X (MSI already enabled)"],
  ])('%s says %j', (profile, text) => {
    const machine = new TestMachine(profile, 4);
    const msi = { log2Count: 0, maskable: true, is64Bit: true };
    const device = machine.device({ msix: { tableSize: 4 }, msi });
    machine.kernel.pci.enableMsiRange(device, { min: 1, max: 1 });
    expect(machine.kernel.pci.enableMsixRange(device, { min: 1, max: 1 })).toBe(-EINVAL);
    expect(machine.log).toEqual([text]);
  });

  it('up to 6.1 the table is looked at first, from 6.2 on MSI', () => {
    const withoutTable = (profile: string): string[] => {
      const machine = new TestMachine(profile, 4);
      const device = machine.device({ msi: { log2Count: 0, maskable: true, is64Bit: true } });
      machine.kernel.pci.enableMsiRange(device, { min: 1, max: 1 });
      machine.kernel.pci.enableMsixRange(device, { min: 1, max: 1 });
      return machine.log;
    };
    expect(withoutTable('6.1')).toEqual([]);
    expect(withoutTable('6.12')).toHaveLength(1);
  });
});

describe('how many messages the spreading leaves', () => {
  it('is no more than there are possible CPUs, beside those that are not spread', () => {
    const machine = new TestMachine('6.1', 4);
    const device = machine.device({ msix: { tableSize: 64 } });
    const affinity = { preVectors: 1, postVectors: 1 };
    expect(machine.kernel.pci.enableMsixRange(device, { min: 1, max: 64, affinity })).toBe(-ENOSPC);
    expect(machine.kernel.pci.enableMsixRange(device, { min: 2, max: 64, affinity })).toBe(6);
  });
});

describe('pci_enable_msi_range()', () => {
  const start = (log2Count: number, remapping: boolean): { machine: TestMachine; device: string } => {
    const machine = new TestMachine('6.1', 4, { remapping });
    const msi = { log2Count, maskable: true, is64Bit: false };
    return { machine, device: machine.device({ msi, msix: { tableSize: 4 } }) };
  };

  it('gives consecutive interrupt numbers, past a gap that is too small', () => {
    const { machine, device } = start(3, true);
    const first = machine.msix(1);
    machine.msix(1);
    machine.kernel.pci.freeIrqVectors(first);
    expect(machine.kernel.pci.enableMsiRange(device, { min: 1, max: 6 })).toBe(6);
    expect(machine.kernel.pci.get(device).irqs()).toEqual([26, 27, 28, 29, 30, 31]);
  });

  it('gives no more than the capability says', () => {
    const { machine, device } = start(2, true);
    expect(machine.kernel.pci.enableMsiRange(device, { min: 5, max: 8 })).toBe(-ENOSPC);
    expect(machine.kernel.pci.enableMsiRange(device, { min: 1, max: 8 })).toBe(4);
  });

  it('gives one where interrupts are not remapped, or none where that is too few', () => {
    const { machine, device } = start(5, false);
    expect(machine.kernel.pci.enableMsiRange(device, { min: 2, max: 32 })).toBe(-ENOSPC);
    expect(machine.kernel.pci.enableMsiRange(device, { min: 1, max: 32 })).toBe(1);
  });

  it('refuses in its own order: too few, MSI-X on, a range that is none, MSI on, no capability', () => {
    const { machine, device } = start(0, false);
    const { pci } = machine.kernel;
    expect(pci.enableMsiRange(device, { min: 0, max: 0 })).toBe(-EINVAL);
    pci.enableMsixRange(device, { min: 1, max: 1 });
    expect(pci.enableMsiRange(device, { min: 2, max: 1 })).toBe(-EINVAL);
    expect(machine.log).toEqual(["info: can't enable MSI (MSI-X already enabled)"]);
    pci.freeIrqVectors(device);
    expect(pci.enableMsiRange(device, { min: 2, max: 1 })).toBe(-ERANGE);
    pci.enableMsiRange(device, { min: 1, max: 1 });
    expect(pci.enableMsiRange(device, { min: 1, max: 1 })).toBe(-EINVAL);
    expect(machine.log.at(-1)).toBe('WARN: __pci_enable_msi_range');
    expect(pci.enableMsiRange(machine.device({}), { min: 1, max: 1 })).toBe(-EINVAL);
  });
});
