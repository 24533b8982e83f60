/** The acceptance scenarios of the specification, chapter 14, on managed interrupts, with chapter 16's corrections. */
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { ENOSPC, ERANGE } from '../../src/model/failures.ts';
import type { IrqDesc } from '../../src/model/irq-desc.ts';
import type { Topology } from '../../src/model/spreading/topology.ts';
import { effectiveOf, masksOf, placesOf, TestMachine } from './test-machine.ts';

const CAPACITY = 201;
const ALL_CPUS = [0, 1, 2, 3];

/** 1x4 with a disk of one managed message per CPU. */
function disk4(profile: string): { machine: TestMachine; irqs: IrqDesc[]; of: (cpu: number) => IrqDesc } {
  const machine = new TestMachine(profile, 4);
  const irqs = machine.irqs(machine.managed(4));
  const of = (cpu: number): IrqDesc => {
    const found = irqs.find(({ affinity }) => affinity.has(cpu));
    if (found === undefined) throw new Error(`no message for CPU ${cpu}`);
    return found;
  };
  return { machine, irqs, of };
}

/** 1x4 with a disk of two managed messages, requested: masks 0-1 and 2-3. */
function disk2(profile: string): { machine: TestMachine; irqs: IrqDesc[] } {
  const machine = new TestMachine(profile, 4);
  const disk = machine.managed(2);
  machine.requestAll(disk);
  return { machine, irqs: machine.irqs(disk) };
}

describe('S6: 1x4, a managed device with 4 messages', () => {
  it.each([
    ['6.1', ['0', '1', '2', '3']],
    ['6.12', ['0', '1', '2', '3']],
    // Chapter 16: every CPU is a cluster of one, and clusters come in the order of the kernel's sort.
    ['7.0', ['1', '3', '2', '0']],
    ['7.2', ['1', '3', '2', '0']],
  ])('%s: masks %j, one vector set aside on each CPU, none taken', (profile, masks) => {
    const { machine, irqs } = disk4(profile);
    expect(masksOf(irqs)).toEqual(masks);
    expect(ALL_CPUS.map((cpu) => machine.managedBits(cpu))).toEqual([1, 1, 1, 1]);
    // The timer has one on CPU 0.
    expect(ALL_CPUS.map((cpu) => machine.available(cpu))).toEqual([
      CAPACITY - 2,
      CAPACITY - 1,
      CAPACITY - 1,
      CAPACITY - 1,
    ]);
    expect(ALL_CPUS.map((cpu) => machine.allocated(cpu))).toEqual([1, 0, 0, 0]);
    expect(machine.reserved).toBe(0);
  });
});

describe('S7: S6 requested, cpu_down 3', () => {
  it('its interrupt is shut down, effective 0, still requested; its vector stays set aside', () => {
    const { machine, irqs, of } = disk4('6.1');
    for (const desc of irqs) machine.request(desc);
    const before = machine.kernel.matrix.snapshot().cpus[3];
    const down = machine.kernel.cpuDown(3);
    expect(down).toMatchObject({ ret: 0, needed: 0 });
    expect(down.migrated).toEqual([{ irq: of(3).irq, outcome: 'shutdown', from: 3, to: 3 }]);
    const { started, managedShutdown, actions, effective, affinity, data } = of(3);
    expect({ started, managedShutdown, actions }).toEqual({
      started: false,
      managedShutdown: true,
      actions: 1,
    });
    expect([effective.toString(), affinity.toString(), data?.vector]).toEqual(['0', '3', 0]);
    // Frozen but for what the shutdown itself gave back: the vector that was in use, into those set aside.
    expect(machine.kernel.matrix.snapshot().cpus[3]).toEqual({
      ...before,
      online: false,
      allocated: 0,
      managedAllocated: 0,
      allocMap: [],
    });
    expect(machine.managedBits(3)).toBe(1);
    expect(machine.log).toEqual([]);
  });
});

describe('S8: S7, then cpu_up 3', () => {
  it('the interrupt is started, effective 3, on the same vector', () => {
    const { machine, irqs, of } = disk4('6.1');
    for (const desc of irqs) machine.request(desc);
    const places = placesOf(irqs);
    const before = machine.kernel.matrix.snapshot();
    machine.kernel.cpuDown(3);
    machine.kernel.cpuUp(3);
    expect([of(3).started, of(3).managedShutdown, of(3).effective.toString()]).toEqual([true, false, '3']);
    expect(placesOf(irqs)).toEqual(places);
    // The shutdown comes before the CPU's map goes offline, so no counter drifts (3.4.11).
    expect(machine.kernel.matrix.snapshot()).toEqual(before);
  });
});

describe('S9: 1x4, a managed device with 2 messages', () => {
  it.each([
    ['6.1', ['1', '3'], 'the highest CPU of each mask, all being equal'],
    ['4.15', ['0', '2'], 'the lowest'],
    ['4.20', ['1', '2'], 'the one with most available, where the timer is not; the lowest of equals'],
  ])('%s: effective %j, %s', (profile, effective) => {
    const { irqs } = disk2(profile);
    expect(masksOf(irqs)).toEqual(['0-1', '2-3']);
    expect(effectiveOf(irqs)).toEqual(effective);
  });
});

describe('S10: S9, then cpu_down 1 and cpu_up 1', () => {
  it('the interrupt moves to 0 and stays there, for nothing is isolated', () => {
    const { machine, irqs } = disk2('6.1');
    machine.kernel.cpuDown(1);
    expect(effectiveOf(irqs)).toEqual(['0', '3']);
    machine.kernel.cpuUp(1);
    expect(effectiveOf(irqs)).toEqual(['0', '3']);
    expect(masksOf(irqs)).toEqual(['0-1', '2-3']);
  });
});

/** Documentation/core-api/irq/managed_irq.rst; specification 5.7. Kernels where a mask per CPU keeps the CPUs' order. */
describe.each(['6.1', '6.12'])('S11: the examples of managed_irq.rst on %s', (profile) => {
  const scsi = (queues: number, isolated?: string): { machine: TestMachine; queueIrqs: IrqDesc[] } => {
    const machine = new TestMachine(profile, 8, {
      // So that the last of 3 + 8 interrupts is number 48.
      gsiTop: 38,
      ...(isolated === undefined
        ? {}
        : {
            defaultAffinity: CpuSet.of(0, 1),
            housekeeping: CpuSet.span(0, 7).andNot(CpuSet.from(isolated.split(',').flatMap(cpusOf))),
          }),
    });
    const disk = machine.managed(3 + queues, { affinity: { preVectors: 3, postVectors: 0 } });
    machine.requestAll(disk);
    return { machine, queueIrqs: machine.irqs(disk).slice(3) };
  };
  const cpusOf = (range: string): number[] => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return [...CpuSet.span(first, last)];
  };

  it('1: virtio-scsi with 3 management and 8 queue interrupts; interrupt 48 serves CPU 7, which goes down', () => {
    const { machine } = scsi(8);
    const desc = machine.kernel.desc(48);
    if (desc === undefined) throw new Error('no interrupt 48');
    expect([desc.effective.toString(), desc.affinity.toString()]).toEqual(['7', '7']);
    machine.kernel.cpuDown(7);
    expect([desc.effective.toString(), desc.affinity.toString()]).toEqual(['0', '7']);
    expect([desc.disabled, desc.masked, desc.managedShutdown]).toEqual([true, true, true]);
  });

  it('2: irqaffinity=0,1 isolcpus=managed_irq,1-3,5-7 with 3 + 2 interrupts: on the housekeeping CPUs', () => {
    const { machine, queueIrqs } = scsi(2, '1-3,5-7');
    expect(masksOf(queueIrqs)).toEqual(['0-3', '4-7']);
    expect(effectiveOf(queueIrqs)).toEqual(['0', '4']);
    // The others keep to the default affinity.
    expect(masksOf(machine.irqs('0000:01:00.0').slice(0, 3))).toEqual(['0-1', '0-1', '0-1']);
  });

  it('3: isolcpus=managed_irq,1-3,4-5,7: the second queue on CPU 6, and on CPU 7 when 6 is down', () => {
    const { machine, queueIrqs } = scsi(2, '1-3,4-5,7');
    expect(effectiveOf(queueIrqs)).toEqual(['0', '6']);
    machine.kernel.cpuDown(6);
    expect(effectiveOf(queueIrqs)).toEqual(['0', '7']);
    // A housekeeping CPU of its mask comes up: it returns (chapter 16), without remapping at its next interrupt.
    machine.kernel.cpuUp(6);
    expect(effectiveOf(queueIrqs)).toEqual(['0', '7']);
    for (const { irq } of queueIrqs) machine.kernel.interruptArrives(irq);
    expect(effectiveOf(queueIrqs)).toEqual(['0', '6']);
  });
});

describe('S16: all but one CPU frozen, every interrupt managed, more in use than one CPU has vectors', () => {
  const crowded = (profile: string, policy = 'matrix', disks = 150): TestMachine => {
    const machine = new TestMachine(profile, 8, { remapping: policy !== 'matrix' }, policy);
    for (let disk = 0; disk < disks; disk++) {
      machine.requestAll(machine.managed(8));
      machine.kernel.tick();
    }
    machine.forget();
    return machine;
  };

  it.each(['6.1', '6.12'])('%s: succeeds, for nothing has to move', (profile) => {
    const machine = crowded(profile);
    expect(machine.kernel.matrix.totalAllocated).toBeGreaterThan(CAPACITY);
    const freeze = machine.kernel.freezeSecondaryCpus();
    expect([freeze.ret, machine.kernel.online.toString()]).toEqual([0, '0']);
    expect(freeze.steps.every(({ needed }) => needed === 0)).toBe(true);
  });

  it.each(['4.15', '4.20', '5.4', '6.5'])('%s: refused, although nothing would have to move', (profile) => {
    const machine = crowded(profile);
    const freeze = machine.kernel.freezeSecondaryCpus();
    // CPUs 0, 6 and 7 are left: 150 are in use on 6, and the other two have fewer free.
    expect([freeze.ret, freeze.failedCpu]).toEqual([-ENOSPC, 6]);
    expect(freeze.steps.at(-1)).toMatchObject({ needed: 150 });
    expect(machine.kernel.online.toString()).toBe('0-7');
  });

  it('P1: those of the dying CPU count as if they had to move, and it is refused with -ERANGE', () => {
    const machine = crowded('6.1', 'legacy');
    const freeze = machine.kernel.freezeSecondaryCpus();
    // CPUs 0, 6 and 7 are left when CPU 5 is asked: the ISA interrupts have 16 of theirs.
    expect([freeze.ret, freeze.failedCpu]).toEqual([-ERANGE, 5]);
    expect(freeze.steps.at(-1)).toMatchObject({ needed: 150, available: 3 * (205 - 150) - 16 });
  });

  it('P1 with fewer: shut down and restored, where they were', () => {
    const machine = crowded('6.1', 'legacy', 60);
    const { kernel } = machine;
    const where = (): (readonly [number, number])[] =>
      placesOf(kernel.descs().filter(({ managed }) => managed));
    const before = where();
    const freeze = kernel.freezeSecondaryCpus();
    expect([freeze.ret, kernel.online.toString()]).toEqual([0, '0']);
    expect(freeze.steps.flatMap(({ migrated }) => migrated.map(({ outcome }) => outcome))).toEqual(
      new Array(7 * 60).fill('shutdown'),
    );
    expect(kernel.matrix.totalAllocated).toBe(16 + 60);
    kernel.thaw(freeze.steps.map(({ cpu }) => cpu));
    expect(where()).toEqual(before);
    expect(kernel.descs().every(({ managed, started }) => !managed || started)).toBe(true);
    expect(machine.warnings).toEqual([]);
  });

  it.each(['reservation-online', 'overcommit'])(
    '%s: nothing is managed, so all has to move, and is refused',
    (policy) => {
      const freeze = crowded('6.1', policy).kernel.freezeSecondaryCpus();
      expect([freeze.ret, freeze.failedCpu]).toEqual([-ENOSPC, 3]);
    },
  );
});

describe('S26: more messages than possible CPUs, with calc_sets', () => {
  const calcSets = (n: number): readonly number[] => [n];
  const ask = (profile: string, min: number): { machine: TestMachine; device: string; ret: number } => {
    const machine = new TestMachine(profile, 4);
    const device = machine.device({ msix: { tableSize: 16 } });
    const affinity = { preVectors: 0, postVectors: 0, calcSets };
    const ret = machine.kernel.pci.allocIrqVectors(device, {
      min,
      max: 6,
      types: ['msix'],
      spread: true,
      affinity,
    });
    return { machine, device, ret };
  };

  it('6.12: two masks are empty; tried again with 4, or -ENOSPC where that is too few', () => {
    const { machine, device, ret } = ask('6.12', 1);
    expect(ret).toBe(4);
    expect(masksOf(machine.irqs(device))).toEqual(['0', '1', '2', '3']);
    expect(ask('6.12', 6).ret).toBe(-ENOSPC);
  });

  it('5.4: all or nothing', () => {
    expect(ask('5.4', 1).ret).toBe(-ENOSPC);
  });

  it('6.18: the two get the default affinity', () => {
    const { machine, device, ret } = ask('6.18', 1);
    expect(ret).toBe(6);
    expect(masksOf(machine.irqs(device))).toEqual(['0', '1', '2', '3', '0-3', '0-3']);
    expect(machine.irqs(device).every(({ managed }) => managed)).toBe(true);
  });
});

describe('S27: 128 CPUs on 4 nodes, 16 managed messages', () => {
  const nodesOf = (profile: string): number[] => {
    const machine = new TestMachine(profile, '4x32');
    return machine.irqs(machine.managed(16)).map(({ node }) => node);
  };

  it.each([
    ['4.20', [0, 1, 2, 3]],
    ['5.4', [1, 2, 3, 0]],
    ['6.1', [1, 2, 3, 0]],
    ['6.12', [1, 3, 2, 0]],
    ['7.0', [1, 3, 2, 0]],
  ])('%s: four messages each for the nodes %j', (profile, order) => {
    expect(nodesOf(profile)).toEqual(order.flatMap((node) => [node, node, node, node]));
  });

  it('6.1: the masks of the mail that reported the order', () => {
    const machine = new TestMachine('6.1', '4x32');
    const masks = masksOf(machine.irqs(machine.managed(16)));
    expect([masks[0], masks[1], masks[11], masks[12], masks[15]]).toEqual([
      '32-39',
      '40-47',
      '120-127',
      '0-7',
      '24-31',
    ]);
  });

  it('7.0: inside a node, clusters in the order of the sort (chapter 16)', () => {
    const nodes = [0, 1, 2, 3].map((node) => CpuSet.span(node * 32, node * 32 + 31));
    const possible = CpuSet.span(0, 127);
    const clusters = Array.from({ length: 16 }, (_, k) => CpuSet.span(k * 8, k * 8 + 7));
    const siblings = [...possible].map((cpu) => CpuSet.of(cpu));
    const topology: Topology = { possible, present: possible, nodes, siblings, clusters };
    const machine = new TestMachine('7.0', '4x32', { topology });
    expect(masksOf(machine.irqs(machine.managed(16))).slice(0, 4)).toEqual([
      '40-47',
      '56-63',
      '48-55',
      '32-39',
    ]);
  });
});

describe('S28: the third CPU of a managed mask has no vector left', () => {
  it('-ENOSPC, the first two are given back, and every counter is as before', () => {
    const machine = new TestMachine('6.1', 4);
    machine.fill(2);
    machine.forget();
    const irq = machine.kernel.numbers.findFree(1);
    const before = machine.kernel.matrix.snapshot();
    const device = machine.device({ msix: { tableSize: 1 } });
    const request = { min: 1, max: 1, types: ['msix'], spread: true } as const;
    expect(machine.kernel.pci.allocIrqVectors(device, request)).toBe(-ENOSPC);
    expect(machine.events.map(({ name }) => name)).toEqual([
      'irq_matrix_reserve_managed',
      'irq_matrix_reserve_managed',
      'irq_matrix_remove_managed',
      'irq_matrix_remove_managed',
      'vector_reserve_managed',
      'vector_setup',
    ]);
    expect(machine.events.at(-2)).toMatchObject({ irq, ret: -ENOSPC });
    expect(machine.kernel.matrix.snapshot()).toEqual(before);
  });
});
