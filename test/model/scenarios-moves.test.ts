/**
 * The acceptance scenarios of the specification, chapter 14, on affinities, CPU hotplug and hibernation of ordinary
 * interrupts, with chapter 16's corrections.
 */
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { ENOSPC, ERANGE } from '../../src/model/failures.ts';
import { setAffinityAndHint, updateAffinityHint } from '../../src/model/irq-affinity.ts';
import type { IrqDesc } from '../../src/model/irq-desc.ts';
import { placesOf, TestMachine } from './test-machine.ts';

/** One ordinary interrupt, requested; on CPU 1. */
function oneIrq(profile: string, remapping: boolean): { machine: TestMachine; desc: IrqDesc } {
  const machine = new TestMachine(profile, 4, { remapping });
  const [desc] = machine.irqs(machine.msix(1));
  if (desc === undefined) throw new Error('no interrupt');
  machine.request(desc);
  machine.forget();
  return { machine, desc };
}

describe.each([true, false])('S13: user affinity {2}, then CPU 2 down (remapping: %s)', (remapping) => {
  it('it goes to the CPU with most available; the affinity is every online CPU now, also when 2 is back', () => {
    const { machine, desc } = oneIrq('6.1', remapping);
    const { kernel } = machine;
    expect(kernel.writeSmpAffinityList(desc.irq, '2')).toBe(0);
    kernel.interruptArrives(desc.irq);
    kernel.interruptArrives(desc.irq);
    kernel.tick();
    expect([desc.affinity.toString(), desc.effective.toString()]).toEqual(['2', '2']);
    // One more on CPU 1, so that neither the timer's CPU nor the lowest of the others is the best.
    machine.requestAll(machine.msix(1));
    expect([0, 1, 3].map((cpu) => machine.available(cpu))).toEqual([200, 200, 201]);
    const down = kernel.cpuDown(2);
    expect(down.migrated).toEqual([{ irq: desc.irq, outcome: 'broken', from: 2, to: 3 }]);
    expect(machine.log).toEqual([`debug: IRQ ${desc.irq}: no longer affine to CPU2`]);
    expect(desc.affinity.toString()).toBe('0-1,3');
    kernel.cpuUp(2);
    expect([desc.affinity.toString(), desc.effective.toString()]).toEqual(['0-1,3', '3']);
  });
});

describe('S14: user affinity {2,3}, CPU 3 full, then CPU 2 down', () => {
  const cornered = (
    profile: string,
  ): { machine: TestMachine; desc: IrqDesc; outcome: string | undefined } => {
    const { machine, desc } = oneIrq(profile, true);
    const { kernel } = machine;
    expect(kernel.writeSmpAffinityList(desc.irq, '2')).toBe(0);
    kernel.tick();
    expect(kernel.writeSmpAffinityList(desc.irq, '2-3')).toBe(0);
    machine.fill(3);
    machine.forget();
    const outcome = kernel.cpuDown(2).migrated.find(({ irq }) => irq === desc.irq)?.outcome;
    return { machine, desc, outcome };
  };

  it('6.1: "set affinity failed(-28)", and it stays on the dead CPU', () => {
    const { machine, desc, outcome } = cornered('6.1');
    expect(machine.log).toEqual([`warn: IRQ${desc.irq}: set affinity failed(${-ENOSPC}).`]);
    expect([outcome, desc.data?.cpu, desc.affinity.toString()]).toEqual(['stuck', 2, '2-3']);
  });

  it('6.12: broken, and anywhere', () => {
    const { machine, desc, outcome } = cornered('6.12');
    expect([outcome, desc.data?.cpu, desc.affinity.toString()]).toEqual(['broken', 1, '0-1,3']);
    expect(machine.warnings).toEqual([]);
    expect(machine.log.at(-1)).toBe(`debug: IRQ ${desc.irq}: no longer affine to CPU2`);
  });
});

/** 1x8 with 600 interrupts in use, and the timer's: more than one CPU has room for. */
function crowded(profile: string, policy?: string): { machine: TestMachine; nic: string } {
  const machine = new TestMachine(profile, 8, { remapping: true }, policy);
  const nic = machine.msix(600);
  machine.requestAll(nic);
  machine.forget();
  return { machine, nic };
}

describe('S15: hibernation of 1x8 with more vectors in use than one CPU has', () => {
  it.each([
    ['6.1', [1, 2, 3, 4, 5, 6]],
    ['6.12', [7, 6, 5, 4, 3, 2]],
  ])('%s: CPUs go in the order %j, the last of these refuses, all come back', (profile, order) => {
    const { machine } = crowded(profile);
    const freeze = machine.kernel.freezeSecondaryCpus();
    const failed = order.at(-1) ?? -1;
    expect(freeze.steps.map(({ cpu }) => cpu)).toEqual(order);
    expect([freeze.ret, freeze.failedCpu]).toEqual([-ENOSPC, failed]);
    // Three CPUs are up and hold all 601; what the other two do not hold of theirs is free.
    const { needed, available } = freeze.steps.at(-1) ?? { needed: 0, available: 0 };
    expect(available).toBe(2 * 201 - (601 - needed));
    expect(available).toBeLessThan(needed);
    const lines = machine.log.filter((line) => !line.startsWith('debug'));
    expect(lines).toEqual([
      'info: Disabling non-boot CPUs ...',
      `warn: CPU ${failed} has ${needed} vectors, ${available} available. Cannot disable CPU`,
      `err: Error taking CPU${failed} down: ${-ENOSPC}`,
      'err: Non-boot CPUs are not disabled',
      'info: Enabling non-boot CPUs ...',
      ...order
        .slice(0, -1)
        .sort((a, b) => a - b)
        .map((cpu) => `info: CPU${cpu} is up`),
    ]);
    expect(machine.kernel.online.toString()).toBe('0-7');
  });

  it('P1: the CPUs fill from the lowest, and the one whose vectors do not fit any more refuses with -ERANGE', () => {
    const { machine } = crowded('6.1', 'legacy');
    const freeze = machine.kernel.freezeSecondaryCpus();
    expect([freeze.ret, freeze.failedCpu]).toEqual([-ERANGE, 5]);
    // 616 with the ISA interrupts; CPUs 0, 6 and 7 have 205 each, and what is not on CPU 5 is on them.
    expect(freeze.steps.at(-1)).toMatchObject({ needed: 205, available: 3 * 205 - (616 - 205) });
    expect(machine.warnings).toEqual([
      'warn: CPU 5 disable failed: CPU has 205 vectors assigned and there are only 204 available.',
      `err: Error taking CPU5 down: ${-ERANGE}`,
      'err: Non-boot CPUs are not disabled',
    ]);
    expect(machine.kernel.online.toString()).toBe('0-7');
  });

  it('P2: spread, and refused for the same want', () => {
    const { machine } = crowded('6.1', 'idlest-cpu');
    // Each request moves its interrupt to the CPU that is the idlest then.
    machine.kernel.tick();
    const freeze = machine.kernel.freezeSecondaryCpus();
    const { needed, available } = freeze.steps.at(-1) ?? { needed: 0, available: 0 };
    const left = 8 - freeze.steps.length;
    expect([freeze.ret, available]).toEqual([-ERANGE, left * 205 - (616 - needed)]);
    expect(machine.log).toContain(
      `warn: CPU ${freeze.failedCpu} disable failed: CPU has ${needed} vectors assigned and there are only ${available} available.`,
    );
  });

  it.each(['reservation-possible', 'reservation-online', 'overcommit'])(
    '%s: as the matrix, for the vectors in use are the same',
    (policy) => {
      const outcome = (under: string) => {
        const freeze = crowded('6.1', under).machine.kernel.freezeSecondaryCpus();
        return [freeze.ret, freeze.failedCpu, freeze.steps.at(-1)?.message];
      };
      expect(outcome(policy)).toEqual(outcome('matrix'));
      expect(outcome(policy).slice(0, 2)).toEqual([-ENOSPC, 6]);
    },
  );

  it('reservation-last-cpu: the enable is refused, so that what is admitted can always be frozen', () => {
    const machine = new TestMachine('6.1', 8, {}, 'reservation-last-cpu');
    const nic = machine.device({ msix: { tableSize: 600 } });
    expect(machine.kernel.pci.enableMsixRange(nic, { min: 600, max: 600 })).toBe(-ENOSPC);
    const admitted = machine.kernel.pci.enableMsixRange(nic, { min: 1, max: 600 });
    expect([admitted, machine.requestAll(nic)]).toEqual([186, 186]);
    expect(machine.kernel.freezeSecondaryCpus().ret).toBe(0);
  });
});

describe('S17: S15 with a driver that gives its interrupts back before the CPUs go, like i40e', () => {
  it.each(['6.1', '6.12'])('%s: succeeds, and the driver has them again afterwards', (profile) => {
    const { machine, nic } = crowded(profile);
    const { kernel } = machine;
    machine.remove(nic);
    const freeze = kernel.freezeSecondaryCpus();
    expect([freeze.ret, kernel.online.toString()]).toEqual([0, '0']);
    kernel.thaw(freeze.steps.map(({ cpu }) => cpu));
    expect(kernel.online.toString()).toBe('0-7');
    expect(kernel.pci.allocIrqVectors(nic, { min: 600, max: 600 })).toBe(600);
    expect(machine.requestAll(nic)).toBe(600);
    expect(machine.warnings).toEqual([]);
  });

  it.each(['legacy', 'idlest-cpu', 'reservation-online', 'overcommit'])('%s: succeeds too', (policy) => {
    const { machine, nic } = crowded('6.1', policy);
    const { kernel } = machine;
    machine.remove(nic);
    const freeze = kernel.freezeSecondaryCpus();
    expect([freeze.ret, kernel.online.toString()]).toEqual([0, '0']);
    kernel.thaw(freeze.steps.map(({ cpu }) => cpu));
    expect(kernel.pci.allocIrqVectors(nic, { min: 600, max: 600 })).toBe(600);
    expect([machine.requestAll(nic), machine.warnings]).toEqual([600, []]);
  });
});

describe('S21: an affinity changed without remapping', () => {
  it('smp_affinity is new at once, effective after the next interrupt, and both vectors are held until clean-up', () => {
    const { machine, desc } = oneIrq('6.1', false);
    const { kernel } = machine;
    const shown = (): string[] => [desc.shownAffinity.toString(), desc.effective.toString()];
    const held = (): number => kernel.matrix.totalAllocated - 1;
    expect(shown()).toEqual(['0-3', '1']);
    expect(kernel.writeSmpAffinityList(desc.irq, '3')).toBe(0);
    expect([shown(), held()]).toEqual([['3', '1'], 1]);
    kernel.tick();
    expect([shown(), held()]).toEqual([['3', '1'], 1]);
    kernel.interruptArrives(desc.irq);
    expect([shown(), held()]).toEqual([['3', '3'], 2]);
    // Nothing to clean up before one has arrived on the new CPU.
    kernel.tick();
    expect(held()).toBe(2);
    kernel.interruptArrives(desc.irq);
    expect(held()).toBe(2);
    kernel.tick();
    expect([shown(), held()]).toEqual([['3', '3'], 1]);
  });
});

describe('S22: two quick affinity changes with remapping, no clean-up between them', () => {
  it('6.1: the second finds the old vector still held, is pending, and is applied at a later interrupt', () => {
    const { machine, desc } = oneIrq('6.1', true);
    const { kernel } = machine;
    expect(kernel.writeSmpAffinityList(desc.irq, '2')).toBe(0);
    expect([desc.effective.toString(), desc.movePending]).toEqual(['2', false]);
    expect(kernel.writeSmpAffinityList(desc.irq, '3')).toBe(0);
    expect([desc.effective.toString(), desc.movePending, desc.shownAffinity.toString()]).toEqual([
      '2',
      true,
      '3',
    ]);
    // Still held: the interrupt keeps it pending.
    kernel.interruptArrives(desc.irq);
    expect([desc.effective.toString(), desc.movePending]).toEqual(['2', true]);
    kernel.tick();
    kernel.interruptArrives(desc.irq);
    expect([desc.effective.toString(), desc.movePending]).toEqual(['3', false]);
    expect(machine.log).toEqual([]);
  });
});

describe('S23: a hint alone, and a hint with the affinity', () => {
  it('the hint alone changes no counter; with the affinity the interrupt moves', () => {
    const { machine, desc } = oneIrq('6.1', true);
    const before = machine.kernel.matrix.snapshot();
    expect(updateAffinityHint(machine.kernel, desc, CpuSet.of(3))).toBe(true);
    expect([desc.hint?.toString(), desc.effective.toString()]).toEqual(['3', '1']);
    expect(machine.kernel.matrix.snapshot()).toEqual(before);
    expect(machine.events).toEqual([]);
    setAffinityAndHint(machine.kernel, desc, CpuSet.of(3));
    expect(placesOf([desc])).toEqual([[3, 33]]);
    expect(desc.affinity.toString()).toBe('3');
    expect(machine.kernel.matrix.snapshot()).not.toEqual(before);
  });

  it('before 5.17 there is no hint alone', () => {
    const { machine, desc } = oneIrq('5.16', true);
    expect(updateAffinityHint(machine.kernel, desc, CpuSet.of(3))).toBe(false);
    expect(desc.hint).toBeUndefined();
  });
});

describe('S29: 4.15, a CPU down with live vectors, then up', () => {
  it('its map is empty, and total_allocated keeps the stale count', () => {
    const { machine, desc } = oneIrq('4.15', false);
    const { kernel } = machine;
    expect([desc.data?.cpu, kernel.matrix.totalAllocated]).toEqual([1, 2]);
    kernel.cpuDown(1);
    // It got a vector elsewhere, and the one on CPU 1 was not given back.
    expect([desc.data?.cpu, kernel.matrix.allocatedBits(1)]).toEqual([2, [33]]);
    kernel.cpuUp(1);
    expect([kernel.matrix.allocatedBits(1), machine.allocated(1), machine.available(1)]).toEqual([
      [],
      0,
      203,
    ]);
    expect(kernel.matrix.totalAllocated).toBe(3);
  });
});
