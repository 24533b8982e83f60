/**
 * The acceptance scenarios of the specification, chapter 14, on the machine as Linux ships it (policy P5), and under the other policies where they are named: what is
 * allocated and when. Managed interrupts and moves have files of their own. Chapter 16 wins over chapter 14.
 */
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { violationOf } from '../../src/model/driver-contract.ts';
import { ENOSPC } from '../../src/model/failures.ts';
import { type Raised, raiseInterrupt } from '../../src/model/raised-interrupt.ts';
import { LEGACY_IRQS } from '../../src/model/system-vectors.ts';
import { MANAGED_SHUTDOWN_VECTOR } from '../../src/model/vector-domain.ts';
import { placesOf, TestMachine } from './test-machine.ts';

const CAPACITY = 201;
const NON_MASKABLE = { log2Count: 5, maskable: false, is64Bit: true };

describe('S1: 1x4, 10 MSI-X enabled, 4 requested', () => {
  it.each([
    ['6.1', 33],
    ['6.6', 32],
    ['6.12', 32],
  ])('%s: reserved falls by 4, on CPUs 1, 2, 3, 0, vector %i on each', (profile, vector) => {
    const machine = new TestMachine(profile, 4);
    const nic = machine.msix(10);
    expect(machine.reserved).toBe(10);
    const requested = machine.irqs(nic).slice(0, 4);
    expect(requested.map((desc) => machine.request(desc))).toEqual([0, 0, 0, 0]);
    expect(machine.reserved).toBe(6);
    expect(placesOf(requested)).toEqual([
      [1, vector],
      [2, vector],
      [3, vector],
      [0, vector],
    ]);
    expect(machine.log).toEqual([]);
  });
});

describe('S2: S1, then 2 freed', () => {
  it('8 are reserved, and the two vectors are the lowest free ones of their CPUs', () => {
    const machine = new TestMachine('6.1', 4);
    const nic = machine.msix(10);
    const requested = machine.irqs(nic).slice(0, 4);
    for (const desc of requested) machine.request(desc);
    for (const desc of requested.slice(0, 2)) machine.free(desc);
    expect(machine.reserved).toBe(8);
    const next = machine.irqs(nic).slice(4, 6);
    for (const desc of next) machine.request(desc);
    expect(placesOf(next)).toEqual([
      [1, 33],
      [2, 33],
    ]);
  });
});

describe('S3: 1x2, 500 MSI-X enabled, all requested', () => {
  it('requests work until the vectors are gone, the rest is -ENOSPC; one warning, at the crossing', () => {
    const machine = new TestMachine('6.1', 2);
    const capacity = 201;
    const nic = machine.msix(500);
    expect(machine.log).toEqual(['warn: Interrupt reservation exceeds available resources']);
    // With the 14 of the ISA interrupts they were as many as the free vectors: the next one is too many.
    const crossing = machine.events.findIndex(({ name }) => name === 'printk');
    const before = machine.events.slice(0, crossing).filter(({ name }) => name === 'irq_matrix_reserve');
    expect(before).toHaveLength(2 * capacity - 1 - 14);
    machine.forget();
    const results = machine.irqs(nic).map((desc) => machine.request(desc));
    // The timer holds one.
    expect(results.indexOf(-ENOSPC)).toBe(2 * capacity - 1);
    expect(new Set(results.slice(2 * capacity - 1))).toEqual(new Set([-ENOSPC]));
    expect(machine.log).toEqual([]);
    expect(machine.reserved).toBe(500 - (2 * capacity - 1));
  });
});

describe('S4: S3 under P1', () => {
  it.each(['legacy', 'idlest-cpu'])('%s: the enable itself fails, all or nothing, with -ENOSPC', (policy) => {
    const machine = new TestMachine('6.1', 2, {}, policy);
    const { pci, matrix } = machine.kernel;
    const device = machine.device({ msix: { tableSize: 500 } });
    expect(pci.enableMsixRange(device, { min: 500, max: 500 })).toBe(-ENOSPC);
    // Not what fits, although the driver would be content with one.
    expect(pci.enableMsixRange(device, { min: 1, max: 500 })).toBe(-ENOSPC);
    expect([matrix.totalAllocated, machine.kernel.numbers.findFree(1)]).toEqual([LEGACY_IRQS, 24]);
    // Of 205 on each of the two CPUs the ISA interrupts have 16.
    expect(pci.enableMsixRange(device, { min: 394, max: 394 })).toBe(394);
    expect(machine.requestAll(device)).toBe(394);
    expect([matrix.globalAvailable, machine.log]).toEqual([0, []]);
  });
});

describe('S5: S3 under P3', () => {
  it('with online sizing the enable fails at the space, and what it admits can be requested', () => {
    const machine = new TestMachine('6.1', 2, {}, 'reservation-online');
    const { pci } = machine.kernel;
    const device = machine.device({ msix: { tableSize: 500 } });
    expect(pci.enableMsixRange(device, { min: 500, max: 500 })).toBe(-ENOSPC);
    // The timer has one of the two times 201, and 14 idle ISA interrupts a reservation each.
    const space = 2 * CAPACITY - 15;
    expect(pci.enableMsixRange(device, { min: space + 1, max: 500 })).toBe(-ENOSPC);
    expect(pci.enableMsixRange(device, { min: 1, max: 500 })).toBe(space);
    expect([machine.requestAll(device), machine.log]).toEqual([space, []]);
  });

  it('with possible sizing and 2 of 4 CPUs online the enable works, and the request fails', () => {
    const machine = new TestMachine('6.1', 4, { online: CpuSet.of(0, 1) }, 'reservation-possible');
    const device = machine.msix(500);
    // The timer has the one that is missing.
    expect(machine.requestAll(device)).toBe(2 * CAPACITY - 1);
    expect(machine.request(machine.irq(device, 499))).toBe(-ENOSPC);
    // When the others come there is room for all.
    machine.kernel.cpuUp(2);
    expect(machine.request(machine.irq(device, 499))).toBe(0);
  });
});

describe('S12: 2 nodes x 4, an ordinary interrupt requested on node 1 with the default affinity', () => {
  const onFullNode = (profile: string): { machine: TestMachine; places: unknown[]; tries: number[] } => {
    const machine = new TestMachine(profile, '2x4');
    const places: unknown[] = [];
    const nic = machine.msix(2, {}, 1);
    machine.request(machine.irq(nic, 0));
    places.push(...placesOf([machine.irq(nic, 0)]));
    for (const cpu of [4, 5, 6, 7]) machine.fill(cpu);
    machine.forget();
    expect(machine.request(machine.irq(nic, 1))).toBe(0);
    places.push(...placesOf([machine.irq(nic, 1)]));
    // Only those of the activation: a reservation is what it is paid with.
    const tries = machine.events.flatMap((e) => (e.name === 'vector_alloc' && e.reserved ? [e.ret] : []));
    return { machine, places, tries };
  };

  it.each([
    ['6.1', [-ENOSPC, 0]],
    ['4.15', [-ENOSPC, -ENOSPC, 0]],
  ])('%s: on node 1, and once that is full on node 0', (profile, tries) => {
    const found = onFullNode(profile);
    expect(found.places).toEqual([
      [4, 33],
      [1, 33],
    ]);
    // 6.1 goes on with the affinity (step 2); 4.15 tries the whole node first (step 3 finds node 0).
    expect(found.tries).toEqual(tries);
    expect(found.machine.log).toEqual([]);
  });
});

describe('S18: an MSI of 32 messages that cannot be masked, behind remapping, on node 0', () => {
  it('takes 32 vectors at enable, spread by most available over node 0', () => {
    const machine = new TestMachine('6.1', '2x4', { remapping: true });
    const device = machine.device({ node: 0, msi: NON_MASKABLE });
    expect(machine.kernel.pci.allocIrqVectors(device, { min: 32, max: 32 })).toBe(32);
    const onCpu = (cpu: number): number =>
      placesOf(machine.irqs(device)).filter(([at, vector]) => at === cpu && vector > 0).length;
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(onCpu)).toEqual([8, 8, 8, 8, 0, 0, 0, 0]);
    expect([machine.reserved, machine.kernel.matrix.totalAllocated]).toEqual([0, 33]);
  });

  it.each(['first-fit', 'legacy'])('under the rule of %s all are on CPU 0', (policy) => {
    const machine = new TestMachine('6.1', '2x4', { remapping: true }, policy);
    const before = [0, 1, 2, 3, 4, 5, 6, 7].map((cpu) => machine.allocated(cpu));
    const device = machine.device({ node: 0, msi: NON_MASKABLE });
    expect(machine.kernel.pci.allocIrqVectors(device, { min: 32, max: 32 })).toBe(32);
    const after = before.map((_, cpu) => machine.allocated(cpu) - (before[cpu] ?? 0));
    expect(after).toEqual([32, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('S19: four MSI messages without remapping', () => {
  it.each(['4.15', '6.1', '6.12'])('%s: 1 where that is enough, else -ENOSPC', (profile) => {
    const machine = new TestMachine(profile, 4);
    const device = machine.device({ msi: { ...NON_MASKABLE, log2Count: 2 } });
    expect(machine.kernel.pci.enableMsiRange(device, { min: 4, max: 4 })).toBe(-ENOSPC);
    expect(machine.kernel.pci.enableMsiRange(device, { min: 1, max: 4 })).toBe(1);
  });
});

describe('S20: an MSI-X table of 16, 32 asked for', () => {
  it.each(['4.15', '6.1', '6.12'])('%s: 16 with a minimum of 1, -ENOSPC with one of 20', (profile) => {
    const machine = new TestMachine(profile, 4);
    const device = machine.device({ msix: { tableSize: 16 } });
    expect(machine.kernel.pci.enableMsixRange(device, { min: 20, max: 32 })).toBe(-ENOSPC);
    expect(machine.kernel.pci.enableMsixRange(device, { min: 1, max: 32 })).toBe(16);
  });
});

describe('S24: the device is told to interrupt before the interrupt is requested', () => {
  it('MSI-X: the entry is masked, and programmed so that nothing can arrive', () => {
    const machine = new TestMachine('6.1', 4);
    const [desc] = machine.irqs(machine.msix(1));
    if (desc === undefined) throw new Error('no interrupt');
    machine.forget();
    machine.kernel.interruptArrives(desc.irq);
    expect([desc.masked, desc.data?.hwVector, desc.data?.vector]).toEqual([true, MANAGED_SHUTDOWN_VECTOR, 0]);
    expect(machine.events).toEqual([]);
  });

  it('an MSI that cannot be masked is active already', () => {
    const machine = new TestMachine('6.1', 4);
    const device = machine.device({ msi: { ...NON_MASKABLE, log2Count: 0 } });
    machine.kernel.pci.allocIrqVectors(device, { min: 1, max: 1 });
    const [desc] = machine.irqs(device);
    expect([desc?.activated, desc?.data?.hwVector, desc?.effective.toString()]).toEqual([true, 33, '1']);
    expect(machine.kernel.vectors.table.at(1, 33)).toBe(desc?.irq);
  });

  it('the violation of C1 is reported, with what comes of the interrupt under each policy', () => {
    const raised = (policy: string, maskable: boolean): Raised | undefined => {
      const machine = new TestMachine('6.1', 4, { remapping: true }, policy);
      const device = machine.device(
        maskable ? { msix: { tableSize: 1 } } : { msi: { ...NON_MASKABLE, log2Count: 0 } },
      );
      machine.kernel.pci.allocIrqVectors(device, { min: 1, max: 1 });
      const early = raiseInterrupt(machine.kernel, device, 0);
      machine.request(machine.irq(device, 0));
      expect(raiseInterrupt(machine.kernel, device, 0)).toEqual({
        outcome: 'delivered',
        violates: undefined,
      });
      return early;
    };
    for (const policy of ['legacy', 'idlest-cpu', 'reservation-online', 'overcommit', 'matrix']) {
      expect(raised(policy, true)).toEqual({ outcome: 'suppressed by the mask', violates: 'C1' });
    }
    // With a vector from the enable on it arrives, and no handler is there; without one it is gone.
    for (const policy of ['legacy', 'idlest-cpu', 'matrix']) {
      expect(raised(policy, false)).toEqual({ outcome: 'spurious', violates: 'C1' });
    }
    for (const policy of ['reservation-online', 'overcommit']) {
      expect(raised(policy, false)).toEqual({ outcome: 'lost', violates: 'C1' });
    }
  });
});

describe('S25: a request fails at message k, and the driver unwinds like i40e with an unused ring', () => {
  it('frees what it never requested, the kernel warns, and the violation of C3 is reported', () => {
    const machine = new TestMachine('6.1', 2);
    machine.fill(0);
    const other = machine.msix(machine.available(1) - 2);
    machine.requestAll(other);
    const nic = machine.irqs(machine.msix(5));
    machine.forget();
    // Message 1 has no ring and is left out, message 3 finds no vector.
    expect([0, 2, 3].map((k) => nic[k]).map((desc) => desc && machine.request(desc))).toEqual([
      0,
      0,
      -ENOSPC,
    ]);
    expect(machine.log).toEqual([]);
    const before = machine.reserved;
    for (const desc of nic.slice(0, 3).reverse()) machine.free(desc);
    expect(machine.log).toEqual([`WARN: Trying to free already-free IRQ ${nic[1]?.irq}`]);
    expect(machine.events.flatMap((event) => violationOf(event) ?? [])).toEqual(['C3']);
    expect(machine.reserved).toBe(before + 2);
    expect(machine.kernel.matrix.allocatedBits(1)).toHaveLength(199);
  });
});

describe('S30: 64 messages on a node of 8 CPUs, P2 and P1', () => {
  it('P1 has all on CPU 0, P2 has 8 per CPU, the total is the same', () => {
    const placed = (policy: string): number[] => {
      // Without ISA interrupts, of which P2 would take account on CPU 0.
      const machine = new TestMachine('6.1', 8, { pic: false }, policy);
      machine.msix(64, {}, 0);
      return [...CpuSet.span(0, 7)].map((cpu) => machine.allocated(cpu));
    };
    expect(placed('legacy')).toEqual([64, 0, 0, 0, 0, 0, 0, 0]);
    expect(placed('idlest-cpu')).toEqual(new Array(8).fill(8));
  });
  it('P5: 8 per CPU, once they are requested', () => {
    const machine = new TestMachine('6.1', 8);
    const nic = machine.msix(64);
    expect(machine.kernel.matrix.totalAllocated).toBe(1);
    machine.requestAll(nic);
    expect([...CpuSet.span(0, 7)].map((cpu) => machine.allocated(cpu))).toEqual([9, 8, 8, 8, 8, 8, 8, 8]);
  });
});
