import { describe, expect, it } from 'vitest';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { ENOSPC } from '../../model/failures.ts';
import { byOnline, byPossible, byShare, bySurvivors } from './sizing.ts';

/** Of 6.1, with a PIC and the gate. */
const CAPACITY = 201;
/** The timer's vector, and the reservations of 14 idle ISA interrupts. */
const ISA = 15;

describe('the space of reservations', () => {
  it.each([
    ['possible CPUs', byPossible, 1608],
    ['online CPUs', byOnline, 804],
    ['a share of them, less a guard', byShare(0.9, 16), 707],
    ['what one CPU has', bySurvivors(1), 201],
    ['what three CPUs have', bySurvivors(3), 603],
    ['what more CPUs than there are have', bySurvivors(9), 804],
    ['a share that the guard eats up', byShare(0.01, 16), 0],
  ])('by %s', (_, sizing, space) => {
    expect(sizing({ perCpu: CAPACITY, possible: 8, online: 4 })).toBe(space);
  });

  it.each([
    ['reservation-possible', 4 * CAPACITY - ISA],
    ['reservation-online', 2 * CAPACITY - ISA],
    ['reservation-strict', 2 * CAPACITY - ISA],
    ['reservation-share', Math.floor(2 * CAPACITY * 0.9) - 16 - ISA],
    ['reservation-last-cpu', CAPACITY - ISA],
  ])('%s: what is admitted, to the last one', (policy, admitted) => {
    const machine = new TestMachine('6.1', 4, { online: CpuSet.of(0, 1) }, policy);
    const { pci } = machine.kernel;
    const nic = machine.device({ msix: { tableSize: 2000 } });
    expect(pci.enableMsixRange(nic, { min: admitted + 1, max: 2000 })).toBe(-ENOSPC);
    expect(pci.enableMsixRange(nic, { min: 1, max: 2000 })).toBe(admitted);
    expect(pci.enableMsixRange(machine.device({ msix: { tableSize: 1 } }), { min: 1, max: 1 })).toBe(-ENOSPC);
    pci.disableMsix(nic);
    expect(pci.enableMsixRange(nic, { min: admitted, max: admitted })).toBe(admitted);
  });

  it('grows and shrinks with the CPUs that run', () => {
    const machine = new TestMachine('6.1', 3, { online: CpuSet.of(0) }, 'reservation-online');
    const admitted = (): number => {
      const nic = machine.device({ msix: { tableSize: 2000 } });
      const ret = machine.kernel.pci.enableMsixRange(nic, { min: 1, max: 2000 });
      machine.kernel.pci.disableMsix(nic);
      return ret;
    };
    expect(admitted()).toBe(CAPACITY - ISA);
    machine.kernel.cpuUp(2);
    expect(admitted()).toBe(2 * CAPACITY - ISA);
    machine.kernel.cpuDown(2);
    expect(admitted()).toBe(CAPACITY - ISA);
  });

  it('a kernel that gave all or nothing offers what was admitted, too', () => {
    const machine = new TestMachine('4.15', 2, {}, 'reservation-last-cpu');
    const nic = machine.device({ msix: { tableSize: 500 } });
    expect(machine.kernel.pci.enableMsixRange(nic, { min: 1, max: 500 })).toBe(203 - ISA);
  });

  it('takes a vector on the CPU with most available, and gives the unit back with the handler', () => {
    const machine = new TestMachine('6.1', 2, {}, 'reservation-online');
    const nic = machine.msix(4);
    expect(machine.reserved).toBe(4);
    machine.requestAll(nic);
    expect([machine.reserved, machine.allocated(0), machine.allocated(1)]).toEqual([0, 3, 2]);
    machine.free(machine.irq(nic, 0));
    expect(machine.reserved).toBe(1);
  });

  it('a move needs a second unit while it has two vectors; with none left it finds no room', () => {
    const machine = new TestMachine('6.1', 2, { remapping: true }, 'reservation-online');
    const { kernel } = machine;
    const nic = machine.msix(2 * CAPACITY - ISA - 1);
    const desc = machine.irq(nic, 0);
    machine.request(desc);
    const [from, to] = desc.effective.has(0) ? ['0', '1'] : ['1', '0'];
    expect(kernel.writeSmpAffinityList(desc.irq, to)).toBe(0);
    // The old vector waits for its clean-up, and has the last unit.
    const other = machine.irq(nic, 1);
    expect(machine.request(other)).toBe(0);
    const away = other.effective.has(0) ? '1' : '0';
    expect(kernel.writeSmpAffinityList(other.irq, away)).toBe(-ENOSPC);
    // Where it may stay it needs none.
    expect(kernel.writeSmpAffinityList(other.irq, '0-1')).toBe(0);
    kernel.tick();
    expect(kernel.writeSmpAffinityList(other.irq, away)).toBe(0);
    expect(kernel.writeSmpAffinityList(desc.irq, from)).toBe(-ENOSPC);
    kernel.tick();
    expect(machine.requestAll(nic)).toBe(2 * CAPACITY - ISA - 1);
  });

  it('what leaves a CPU that goes needs no second unit, however full the space is then', () => {
    const machine = new TestMachine('6.1', 2, { remapping: true }, 'reservation-online');
    const nic = machine.irqs(machine.msix(300));
    for (const desc of nic.slice(0, 10)) machine.request(desc);
    const down = machine.kernel.cpuDown(1);
    expect([down.ret, down.migrated.map(({ outcome }) => outcome)]).toEqual([0, new Array(5).fill('moved')]);
    expect(machine.allocated(0)).toBe(11);
  });

  it('strict: a CPU may not go where what is only reserved would not fit any more', () => {
    const lenient = new TestMachine('6.1', 2, {}, 'reservation-online');
    lenient.msix(300);
    expect(lenient.kernel.cpuDown(1).ret).toBe(0);
    const strict = new TestMachine('6.1', 2, {}, 'reservation-strict');
    strict.msix(300);
    expect(strict.kernel.cpuDown(1)).toMatchObject({ ret: -ENOSPC, needed: 300 + ISA, available: CAPACITY });
    expect(strict.warnings).toEqual([
      `warn: CPU 1 has ${300 + ISA} vectors, ${CAPACITY} available. Cannot disable CPU`,
    ]);
  });

  it('knows no managed interrupts: they have their masks, move with their CPU, and stay', () => {
    const machine = new TestMachine('6.1', 4, {}, 'overcommit');
    const disk = machine.managed(4);
    const irqs = machine.irqs(disk);
    machine.requestAll(disk);
    expect(irqs.map(({ managed, affinity }) => [managed, affinity.toString()])).toEqual([
      [false, '0'],
      [false, '1'],
      [false, '2'],
      [false, '3'],
    ]);
    expect(irqs.map(({ effective }) => effective.toString())).toEqual(['0', '1', '2', '3']);
    machine.kernel.cpuDown(3);
    machine.kernel.cpuUp(3);
    expect([irqs[3]?.affinity.toString(), irqs[3]?.effective.has(3)]).toEqual(['0-2', false]);
  });
});
