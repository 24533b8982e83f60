import { describe, expect, it } from 'vitest';
import { TestMachine } from '../../test/model/test-machine.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { CONTRACT, violationOf, violationOfBug } from './driver-contract.ts';
import { KernelBug } from './failures.ts';
import { raiseInterrupt } from './raised-interrupt.ts';

describe('the driver contract', () => {
  it('C5: a hint that is still set when its interrupt is freed', () => {
    const machine = new TestMachine('6.1', 2);
    const irq = machine.irq(machine.msix(1), 0);
    machine.request(irq);
    machine.kernel.updateAffinityHint(irq.irq, CpuSet.of(1));
    machine.forget();
    machine.free(irq);
    expect(machine.events.flatMap((event) => violationOf(event) ?? [])).toEqual(['C5']);
  });

  it('C6: messages that are freed with a handler stop an old kernel, and no other bug is of this rule', () => {
    const machine = new TestMachine('5.4', 2);
    const device = machine.msix(1);
    machine.requestAll(device);
    let bug: unknown;
    try {
      machine.kernel.pci.disableMsix(device);
    } catch (error) {
      bug = error;
    }
    expect(bug instanceof KernelBug && violationOfBug(bug)).toBe('C6');
    expect(violationOfBug(new KernelBug('irq_matrix_online', 'CPU 1 is online already'))).toBeUndefined();
  });

  it('what a kernel says otherwise breaks no rule', () => {
    const machine = new TestMachine('6.1', 2);
    const irq = machine.irq(machine.msix(500), 0);
    machine.request(irq);
    machine.kernel.enableIrq(irq.irq);
    expect(machine.log).toHaveLength(2);
    expect(machine.events.flatMap((event) => violationOf(event) ?? [])).toEqual([]);
    expect(Object.keys(CONTRACT)).toEqual(['C1', 'C3', 'C5', 'C6']);
  });
});

describe('an interrupt that the device raises', () => {
  it('is lost where its CPU went without it', () => {
    const machine = new TestMachine('6.1', 2, { remapping: true });
    const device = machine.msix(1);
    machine.requestAll(device);
    const { irq } = machine.irq(device, 0);
    machine.kernel.writeSmpAffinityList(irq, '1');
    machine.kernel.tick();
    machine.fill(0);
    machine.kernel.takeDown(1);
    expect(raiseInterrupt(machine.kernel, device, 0)).toEqual({ outcome: 'lost', violates: undefined });
  });

  it('waits at its masked entry while a managed interrupt is shut down, and that is no fault of the driver', () => {
    const machine = new TestMachine('6.1', 2);
    const device = machine.managed(2);
    machine.requestAll(device);
    machine.kernel.cpuDown(1);
    expect([0, 1].map((n) => raiseInterrupt(machine.kernel, device, n)?.outcome)).toEqual([
      'delivered',
      'suppressed by the mask',
    ]);
    expect(raiseInterrupt(machine.kernel, device, 1)?.violates).toBeUndefined();
  });

  it('there is none of a message that the device does not have', () => {
    const machine = new TestMachine('6.1', 2);
    expect(raiseInterrupt(machine.kernel, machine.msix(1), 1)).toBeUndefined();
  });
});
