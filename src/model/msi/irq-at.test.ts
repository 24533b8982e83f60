import { describe, expect, it } from 'vitest';
import { placesOf, TestMachine } from '../../../test/model/test-machine.ts';
import { CpuSet } from '../../base/cpu-set.ts';

function enabled(profile = '6.12.117', tableSize = 4): { machine: TestMachine; address: string } {
  const machine = new TestMachine(profile, 4);
  const address = machine.device({ msix: { tableSize } });
  machine.kernel.pci.allocIrqVectors(address, { min: 1, max: 1, types: ['msix'] });
  return { machine, address };
}

describe('one more message of MSI-X', () => {
  it('takes the first entry that is free, up to the end of the table', () => {
    const { machine, address } = enabled();
    const { pci } = machine.kernel;
    expect([1, 2, 3, 4].map(() => pci.allocIrqAt(address))).toEqual([1, 2, 3, -16]);
    pci.freeIrqAt(address, 2);
    expect([pci.irqAt(address, 2), pci.irqAt(address, 3)]).toEqual([-22, pci.irqVector(address, 2)]);
    expect(pci.allocIrqAt(address)).toBe(2);
    expect(pci.get(address).messages.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  });

  it('has the mask that it is given, which holds when it is requested', () => {
    const { machine, address } = enabled();
    const { pci } = machine.kernel;
    pci.allocIrqAt(address, CpuSet.of(2));
    const desc = machine.irq(address, 1);
    expect([desc.affinity.toString(), desc.managed]).toEqual(['2', false]);
    machine.request(desc);
    expect(placesOf([desc])[0]?.[0]).toBe(2);
  });

  it('reserves, and gives the reservation back', () => {
    const { machine, address } = enabled();
    const { pci } = machine.kernel;
    pci.allocIrqAt(address);
    expect(machine.reserved).toBe(2);
    pci.freeIrqAt(address, 1);
    expect([machine.reserved, pci.get(address).irqs()]).toEqual([1, [24]]);
    pci.freeIrqAt(address, 1);
    expect(machine.reserved).toBe(1);
  });

  it('leaves nothing where a step fails', () => {
    const { machine, address } = enabled();
    const { pci } = machine.kernel;
    for (const failing of ['message', 'descriptor', 'vector', 'activate'] as const) {
      pci.fault = (step) => (step === failing ? -12 : 0);
      expect(pci.allocIrqAt(address), failing).toBeLessThan(0);
      expect([machine.reserved, pci.get(address).irqs()], failing).toEqual([1, [24]]);
    }
  });

  it('needs MSI-X that is enabled, and a domain of the device', () => {
    const machine = new TestMachine('6.12.117', 4);
    expect(machine.kernel.pci.allocIrqAt(machine.device({ msix: { tableSize: 4 } }))).toBe(-6);
    const old = enabled('6.1.192');
    expect(old.machine.kernel.pci.allocIrqAt(old.address)).toBe(-524);
  });
});
