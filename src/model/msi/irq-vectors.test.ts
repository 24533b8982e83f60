import { describe, expect, it } from 'vitest';
import { masksOf, TestMachine } from '../../../test/model/test-machine.ts';
import { EINVAL, ENOMEM, ENOSPC, KernelBug } from '../failures.ts';
import { msiChip } from './message-irqs.ts';

const MSI = { log2Count: 3, maskable: true, is64Bit: true };

describe('pci_alloc_irq_vectors_affinity()', () => {
  it('takes MSI-X before MSI before the line', () => {
    const machine = new TestMachine('6.1', 4, { remapping: true });
    const { pci } = machine.kernel;
    const line = machine.device({ line: 11 });
    const both = machine.device({ line: 11, msi: MSI });
    const all = machine.device({ line: 11, msi: MSI, msix: { tableSize: 4 } });
    expect([line, both, all].map((device) => pci.allocIrqVectors(device, { min: 1, max: 16 }))).toEqual([
      1, 8, 4,
    ]);
    expect([line, both, all].map((device) => pci.get(device).enabled)).toEqual([undefined, 'msi', 'msix']);
    expect(pci.irqVector(line, 0)).toBe(11);
    expect(pci.irqVector(line, 1)).toBe(-EINVAL);
    expect([0, 7, 8].map((n) => pci.irqVector(both, n))).toEqual([24, 31, -EINVAL]);
  });

  it('tries only the types it is told to', () => {
    const machine = new TestMachine('6.1', 4);
    const { pci } = machine.kernel;
    const device = machine.device({ line: 11, msi: MSI, msix: { tableSize: 4 } });
    expect(pci.allocIrqVectors(device, { min: 1, max: 4, types: [] })).toBe(-ENOSPC);
    expect(pci.allocIrqVectors(device, { min: 2, max: 4, types: ['msi', 'intx'] })).toBe(-ENOSPC);
    expect(pci.allocIrqVectors(device, { min: 2, max: 1, types: ['intx'] })).toBe(-ENOSPC);
    expect(pci.allocIrqVectors(device, { min: 1, max: 4, types: ['msi', 'intx'] })).toBe(1);
    expect(pci.get(device).enabled).toBe('msi');
  });

  it('answers what the last type that was tried answered', () => {
    const machine = new TestMachine('6.1', 4);
    const device = machine.device({ msix: { tableSize: 4 } });
    expect(machine.kernel.pci.allocIrqVectors(device, { min: 8, max: 8, types: ['msix'] })).toBe(-ENOSPC);
    expect(machine.kernel.pci.allocIrqVectors(device, { min: 8, max: 8 })).toBe(-EINVAL);
  });

  it('calls calc_sets() once for the one line', () => {
    const machine = new TestMachine('6.1', 4);
    const device = machine.device({ line: 11 });
    const heard: number[] = [];
    const calcSets = (n: number): number[] => {
      heard.push(n);
      return [n];
    };
    const affinity = { preVectors: 0, postVectors: 0, calcSets };
    machine.kernel.pci.allocIrqVectors(device, { min: 1, max: 4, types: ['intx'], spread: true, affinity });
    expect(heard).toEqual([1]);
  });

  it('spreads all messages by default, and warns about masks that nobody asked to use', () => {
    const machine = new TestMachine('6.1', 4);
    const { pci } = machine.kernel;
    const disk = machine.managed(4);
    expect(masksOf(machine.irqs(disk))).toEqual(['0', '1', '2', '3']);
    expect(pci.irqAffinity(disk, 2)?.toString()).toBe('2');
    const nic = machine.msix(2, { affinity: { preVectors: 1, postVectors: 0 } });
    expect(machine.log).toEqual(['WARN: pci_alloc_irq_vectors_affinity']);
    expect(machine.irqs(nic).map(({ managed }) => managed)).toEqual([false, false]);
    expect(pci.irqAffinity(nic, 0)).toBeUndefined();
  });

  it('leaves leading and trailing messages to user space from 5.0 on; before, they are managed too', () => {
    const managedOf = (profile: string): boolean[] => {
      const machine = new TestMachine(profile, 4);
      const disk = machine.managed(6, { affinity: { preVectors: 1, postVectors: 1 } });
      return machine.irqs(disk).map(({ managed }) => managed);
    };
    expect(managedOf('5.0')).toEqual([false, true, true, true, true, false]);
    expect(managedOf('4.20')).toEqual(new Array(6).fill(true));
  });
});

describe('the line of a device', () => {
  it('is set up once for all devices on it, when the first is enabled: reserved, and requested like any other', () => {
    const machine = new TestMachine('6.1', 4, { remapping: true });
    const { pci } = machine.kernel;
    const devices = [machine.device({ line: 16 }), machine.device({ line: 16 })];
    expect(devices.map((device) => pci.enableDevice(device))).toEqual([0, 0]);
    expect([machine.reserved, machine.kernel.remapping?.used(0)]).toEqual([1, 16]);
    const [first = '', second = ''] = devices;
    expect(pci.allocIrqVectors(first, { min: 1, max: 8 })).toBe(1);
    expect(machine.irq(first, 0)).toBe(machine.irq(second, 0));
    expect(machine.request(machine.irq(first, 0))).toBe(0);
    expect([machine.reserved, machine.irq(first, 0).chip.name]).toEqual([0, 'IR-IO-APIC']);
    expect(pci.enableDevice(machine.device({}))).toBe(0);
  });

  it('goes with the last device on it, and not while that one has MSI', () => {
    const machine = new TestMachine('6.1', 4, { remapping: true });
    const { pci, remapping } = machine.kernel;
    const [first, second] = [machine.device({ line: 16 }), machine.device({ line: 16, msi: MSI })];
    for (const device of [first, second, second]) pci.enableDevice(device);
    pci.disableDevice(first);
    expect([machine.reserved, remapping?.used(0)]).toEqual([1, 16]);
    pci.allocIrqVectors(second, { min: 1, max: 1, types: ['msi'] });
    pci.disableDevice(second);
    expect(machine.kernel.desc(16)).toBeDefined();
    pci.freeIrqVectors(second);
    const copy = machine.kernel.clone();
    for (const kernel of [machine.kernel, copy]) {
      kernel.pci.disableDevice(second);
      kernel.pci.disableDevice(second);
      expect([kernel.matrix.globalReserved, kernel.remapping?.used(0)]).toEqual([14, 15]);
      expect(kernel.desc(16)).toBeUndefined();
    }
  });

  it('of an ISA interrupt stays where devices come and go', () => {
    const machine = new TestMachine('6.1', 4, { remapping: true });
    const { pci } = machine.kernel;
    const device = machine.device({ line: 11 });
    const before = machine.reserved;
    expect(pci.enableDevice(device)).toBe(0);
    pci.disableDevice(device);
    expect([machine.reserved, machine.kernel.desc(11) === undefined]).toEqual([before, false]);
  });

  it('cannot be set up without a remapping entry', () => {
    const machine = new TestMachine('6.1', 4, { remapping: true });
    machine.fillRemapping();
    expect(machine.kernel.pci.enableDevice(machine.device({ line: 16 }))).toBe(-ENOMEM);
    expect([machine.reserved, machine.kernel.desc(16)]).toEqual([0, undefined]);
  });
});

describe('disabling', () => {
  it('gives back what was never requested, and the line is open again', () => {
    const machine = new TestMachine('6.1', 4, { remapping: true });
    const nic = machine.msix(8);
    machine.kernel.pci.freeIrqVectors(nic);
    machine.kernel.pci.freeIrqVectors(nic);
    expect([machine.reserved, machine.kernel.remapping?.used(0), machine.kernel.pci.get(nic).intx]).toEqual([
      0,
      15,
      true,
    ]);
    expect(machine.kernel.numbers.findFree(8)).toBe(24);
  });

  it('with a handler left stops an old kernel before it changes anything, and corrupts a new one', () => {
    const old = new TestMachine('5.4', 4);
    const nic = old.msix(2);
    old.request(old.irq(nic, 1));
    expect(() => old.kernel.pci.disableMsix(nic)).toThrow(KernelBug);
    expect(old.kernel.pci.get(nic).enabled).toBe('msix');
    const young = new TestMachine('6.1', 4);
    const other = young.msix(2);
    young.request(young.irq(other, 1));
    young.kernel.pci.disableMsix(other);
    expect([young.reserved, young.kernel.matrix.totalAllocated]).toEqual([0, 1]);
  });
});

describe('the chip of a message', () => {
  it('is one for all devices up to 6.1, and one per device from 6.2 on', () => {
    const nameOf = (profile: string, remapping: boolean): string | undefined => {
      const machine = new TestMachine(profile, 2, { remapping });
      return machine.irqs(machine.msix(1))[0]?.chip.name;
    };
    expect([nameOf('6.1', false), nameOf('6.1', true)]).toEqual(['PCI-MSI', 'IR-PCI-MSI']);
    expect([nameOf('6.12', false), nameOf('6.12', true)]).toEqual([
      'PCI-MSIX-0000:01:00.0',
      'IR-PCI-MSIX-0000:01:00.0',
    ]);
    const { profile } = new TestMachine('6.12', 1).kernel;
    expect(msiChip(profile, true, 'msi', '0000:00:1f.2').name).toBe('IR-PCI-MSI-0000:00:1f.2');
  });
});

describe('a copy of the machine', () => {
  it('has its own devices, numbers and entries', () => {
    const machine = new TestMachine('6.1', 4, { remapping: true });
    const nic = machine.msix(4);
    machine.requestAll(nic);
    const copy = machine.kernel.clone();
    const before = machine.kernel.matrix.snapshot();
    expect(copy.matrix.snapshot()).toEqual(before);
    expect(copy.pci.get(nic).irqs()).toEqual(machine.kernel.pci.get(nic).irqs());
    copy.pci.freeIrqVectors(nic);
    copy.pci.add({ address: '0000:09:00.0', node: -1, msix: { tableSize: 2 } });
    expect(copy.pci.allocIrqVectors('0000:09:00.0', { min: 2, max: 2 })).toBe(2);
    expect(copy.pci.irqVector('0000:09:00.0', 0)).toBe(24);
    expect(machine.kernel.matrix.snapshot()).toEqual(before);
    expect(machine.kernel.pci.get(nic).enabled).toBe('msix');
    expect([machine.kernel.remapping?.used(0), copy.remapping?.used(0)]).toEqual([19, 17]);
    expect([...machine.kernel.pci]).toHaveLength(1);
  });
});
