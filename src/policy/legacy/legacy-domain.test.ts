import { describe, expect, it } from 'vitest';
import { placesOf, TestMachine } from '../../../test/model/test-machine.ts';
import { legacyViolations } from '../../../test/policy/legacy-violations.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { ENOSPC, ERANGE } from '../../model/failures.ts';
import { IrqDesc } from '../../model/irq-desc.ts';
import { LegacyVectorData } from './legacy-vector-data.ts';

/** A machine of 4.14. */
function machine414(cpus: ConstructorParameters<typeof TestMachine>[1], policy = 'legacy'): TestMachine {
  return new TestMachine('newest', cpus, { remapping: true }, policy);
}

function domainOf({ data }: IrqDesc): string {
  return data instanceof LegacyVectorData ? data.domain.toString() : 'none';
}

const vectorsOf = (irqs: readonly IrqDesc[]): (number | undefined)[] => irqs.map(({ data }) => data?.vector);

describe('the vector domain of 4.14', () => {
  it('gives vectors from the enable on, a priority level apart; no request needs one', () => {
    const machine = machine414(4);
    const irqs = machine.irqs(machine.msix(14));
    // 0x31 is an ISA interrupt's, and so is 0x32 of the second round.
    expect(vectorsOf(irqs)).toEqual([
      ...[0x41, 0x51, 0x61, 0x71, 0x81, 0x91, 0xa1, 0xb1, 0xc1, 0xd1, 0xe1],
      ...[0x22, 0x42, 0x52],
    ]);
    expect(placesOf(irqs).every(([cpu]) => cpu === 0)).toBe(true);
    const before = machine.kernel.matrix.snapshot();
    for (const desc of irqs) expect(machine.request(desc)).toBe(0);
    expect(machine.kernel.matrix.snapshot()).toEqual(before);
  });

  it('leaves the first CPU of a node only when all its vectors are taken', () => {
    const machine = machine414('2x2');
    machine.msix(205 + 100, {}, 1);
    expect([0, 1, 2, 3].map((cpu) => machine.allocated(cpu))).toEqual([16, 0, 205, 100]);
    // And the node only when it is full.
    machine.msix(110, {}, 1);
    expect([0, 1, 2, 3].map((cpu) => machine.allocated(cpu))).toEqual([21, 0, 205, 205]);
  });

  it('goes on from the vector that was given out last, wherever that was', () => {
    const machine = machine414('2x1');
    const first = machine.irqs(machine.msix(1, {}, 0));
    const second = machine.irqs(machine.msix(1, {}, 1));
    expect([...placesOf(first), ...placesOf(second)]).toEqual([
      [0, 0x41],
      [1, 0x51],
    ]);
  });

  it('leaves nothing of an interrupt for which there is no vector', () => {
    const machine = machine414(1);
    const { kernel } = machine;
    const chip = machine.irq(machine.msix(189), 0).chip;
    const desc = new IrqDesc(999, chip, -1, kernel.defaultAffinity, false, false);
    expect(kernel.addIrq(desc, { kind: 'by-policy' })).toBe(-ENOSPC);
    expect([desc.data, kernel.desc(999), legacyViolations(kernel)]).toEqual([undefined, undefined, []]);
  });

  it('has no tracepoints', () => {
    const machine = machine414(2);
    machine.requestAll(machine.msix(3));
    machine.kernel.cpuDown(1);
    expect(machine.events).toEqual([]);
  });

  it('moves an interrupt to the lowest CPU of the mask, and holds the old vector until the clean-up', () => {
    const machine = machine414(4);
    const { kernel } = machine;
    const [desc] = machine.irqs(machine.msix(1));
    if (desc === undefined) throw new Error('no interrupt');
    machine.request(desc);
    expect(kernel.writeSmpAffinityList(desc.irq, '2-3')).toBe(0);
    expect([placesOf([desc]), machine.allocated(0), machine.allocated(2)]).toEqual([[[2, 0x51]], 17, 1]);
    // Not before the old one is given back: the write is kept for the next interrupt.
    expect(kernel.writeSmpAffinityList(desc.irq, '3')).toBe(0);
    expect([desc.movePending, desc.data?.cpu]).toEqual([true, 2]);
    kernel.tick();
    expect([machine.allocated(0), kernel.vectors.table.at(0, 0x41)]).toEqual([16, 'unused']);
    kernel.interruptArrives(desc.irq);
    expect(placesOf([desc])).toEqual([[3, 0x61]]);
    expect(legacyViolations(kernel)).toEqual([]);
  });

  it('without remapping the old vector waits for the first interrupt on the new CPU', () => {
    const machine = new TestMachine('newest', 2, {}, 'legacy');
    const { kernel } = machine;
    const irq = machine.irq(machine.msix(1), 0);
    machine.request(irq);
    kernel.writeSmpAffinityList(irq.irq, '1');
    kernel.tick();
    expect(irq.data?.cpu).toBe(0);
    kernel.interruptArrives(irq.irq);
    kernel.tick();
    expect([irq.data?.cpu, irq.data?.moveInProgress, machine.allocated(0)]).toEqual([1, true, 17]);
    // One that was still under way to the old CPU does not end the move.
    kernel.vectors.completeMove(irq, 0);
    expect(irq.data?.moveInProgress).toBe(true);
    kernel.interruptArrives(irq.irq);
    expect([irq.data?.moveInProgress, irq.data?.cleanupPending, machine.allocated(0)]).toEqual([
      false,
      true,
      17,
    ]);
    kernel.tick();
    expect([irq.data?.prevVector, machine.allocated(0)]).toEqual([0, 16]);
  });

  it('says so where an old vector is in the way of a CPU that goes', () => {
    const machine = machine414(4);
    const { kernel } = machine;
    const irq = machine.irq(machine.msix(1), 0);
    machine.request(irq);
    kernel.writeSmpAffinityList(irq.irq, '1');
    kernel.writeSmpAffinityList(irq.irq, '1-2');
    machine.forget();
    kernel.cpuDown(1);
    expect([irq.data?.cpu, irq.data?.prevVector, machine.allocated(0)]).toEqual([2, 0, 16]);
    expect(machine.log).toEqual([]);
    const plain = new TestMachine('newest', 4, {}, 'legacy');
    const other = plain.irq(plain.msix(1), 0);
    plain.request(other);
    plain.kernel.writeSmpAffinityList(other.irq, '1');
    plain.kernel.interruptArrives(other.irq);
    plain.forget();
    plain.kernel.cpuDown(1);
    expect(plain.log).toEqual([
      `warn: IRQ fixup: irq ${other.irq} move in progress, old vector 65`,
      `warn: IRQ ${other.irq}: no longer affine to CPU1`,
    ]);
    expect([other.data?.cpu, plain.allocated(0)]).toEqual([0, 17]);
  });

  it('an interrupt that is not requested does not move with its CPU, and has its vector again when it returns', () => {
    const machine = machine414('2x1');
    const { kernel } = machine;
    const device = machine.msix(2, {}, 1);
    const [idle, busy] = machine.irqs(device);
    if (idle === undefined || busy === undefined) throw new Error('no interrupts');
    machine.request(busy);
    expect(kernel.cpuDown(1).migrated).toEqual([{ irq: busy.irq, outcome: 'broken', from: 1, to: 0 }]);
    expect([idle.data?.cpu, machine.allocated(1), machine.allocated(0)]).toEqual([1, 0, 17]);
    kernel.cpuUp(1);
    expect([machine.allocated(1), kernel.vectors.table.at(1, idle.data?.vector ?? 0)]).toEqual([1, idle.irq]);
    expect(busy.data?.cpu).toBe(0);
    expect(legacyViolations(kernel)).toEqual([]);
  });

  it('counts for a CPU that goes what has a handler and must leave: no other CPU is allowed, or one that is offline', () => {
    const machine = machine414(4);
    const { kernel } = machine;
    const irqs = machine.irqs(machine.msix(4));
    for (const desc of irqs.slice(0, 3)) machine.request(desc);
    const masks = ['1', '1-2', '1,3', '1'];
    for (const [at, { irq }] of irqs.entries()) kernel.writeSmpAffinityList(irq, masks[at] ?? '');
    kernel.tick();
    expect(placesOf(irqs).map(([cpu]) => cpu)).toEqual([1, 1, 1, 1]);
    expect(kernel.vectors.canUnplug(1)).toMatchObject({ ret: 0, needed: 1, available: 189 + 2 * 205 });
    // What may go to 3 counts once that is offline. What nobody requested never does.
    kernel.cpuDown(3);
    expect(kernel.vectors.canUnplug(1).needed).toBe(2);
    const [first] = irqs;
    if (first === undefined) throw new Error('no interrupt');
    first.perCpu = true;
    expect(kernel.vectors.canUnplug(1).needed).toBe(1);
  });

  it('refuses a CPU where the others have one vector too few, and lets it go where they have just enough', () => {
    const machine = machine414(2);
    const { kernel } = machine;
    const irqs = machine.irqs(machine.msix(2));
    for (const desc of irqs) machine.request(desc);
    for (const { irq } of irqs) kernel.writeSmpAffinityList(irq, '1');
    kernel.tick();
    machine.msix(188);
    expect([machine.available(0), kernel.vectors.canUnplug(1).ret]).toEqual([1, -ERANGE]);
    expect(machine.log).toEqual([
      'warn: CPU 1 disable failed: CPU has 2 vectors assigned and there are only 1 available.',
    ]);
    const [first] = irqs;
    if (first !== undefined) machine.free(first);
    expect(kernel.vectors.canUnplug(1)).toMatchObject({ ret: 0, needed: 1, available: 1 });
  });

  it('keeps the vectors of ISA interrupts, and the one of the cascade, on the CPU that boots', () => {
    const machine = machine414(2);
    const { kernel } = machine;
    const legacy = Array.from({ length: 16 }, (_, n) => 0x30 + n);
    expect(kernel.matrix.allocatedBits(0)).toEqual(legacy);
    expect([kernel.matrix.systembitsInalloc, machine.available(1)]).toEqual([2, 205]);
    kernel.takeDown(0);
    expect(kernel.matrix.allocatedBits(0)).toEqual([]);
    const copy = kernel.clone();
    for (const each of [kernel, copy]) {
      each.cpuUp(0);
      // The timer had to move; the others nobody has requested.
      expect(each.matrix.allocatedBits(0)).toEqual(legacy.filter((vector) => vector !== 0x30));
      expect(legacyViolations(each)).toEqual([]);
    }
  });

  it('a copy goes on where it is, and changes nothing here', () => {
    const machine = machine414(2);
    machine.msix(3);
    const copy = machine.kernel.clone();
    const [vector] = vectorsOf(machine.irqs(machine.msix(1)));
    copy.pci.add({ address: '0000:77:00.0', node: -1, msix: { tableSize: 1 } });
    copy.pci.enableMsixRange('0000:77:00.0', { min: 1, max: 1 });
    const irq = copy.pci.irqVector('0000:77:00.0', 0);
    expect([vector, copy.desc(irq)?.data?.vector]).toEqual([0x71, 0x71]);
    copy.removeIrq(irq);
    expect(machine.allocated(0)).toBe(20);
    expect([legacyViolations(copy), legacyViolations(machine.kernel)]).toEqual([[], []]);
  });
});

describe('the modes of 4.14', () => {
  it('flat: one vector on all CPUs, and a CPU that comes has it too', () => {
    const machine = new TestMachine('newest', 4, { online: CpuSet.of(0, 1) }, 'legacy-flat');
    const [desc] = machine.irqs(machine.msix(1));
    if (desc === undefined) throw new Error('no interrupt');
    expect([domainOf(desc), desc.effective.toString()]).toEqual(['0-7', '0-1']);
    machine.kernel.cpuUp(2);
    expect(machine.kernel.vectors.table.at(2, desc.data?.vector ?? 0)).toBe(desc.irq);
    machine.request(desc);
    expect([desc.effective.toString(), vectorsOf([desc])]).toEqual(['0-2', [0x41]]);
    expect(legacyViolations(machine.kernel)).toEqual([]);
  });

  it('flat: an interrupt arrives as long as one of its CPUs is online', () => {
    const machine = new TestMachine('newest', 2, {}, 'legacy-flat');
    const { kernel } = machine;
    const { irq } = machine.irq(machine.msix(1), 0);
    kernel.takeDown(0);
    expect(kernel.interruptArrives(irq)).toBe(true);
    kernel.takeDown(1);
    expect(kernel.interruptArrives(irq)).toBe(false);
  });

  it('complains of an interrupt that arrives on a vector that nobody has', () => {
    const machine = machine414(2);
    const desc = machine.irq(machine.msix(1), 0);
    machine.kernel.vectors.table.clear(0, 0x41, 'unused');
    expect(machine.kernel.interruptArrives(desc.irq)).toBe(false);
    expect(machine.log).toEqual(['emerg: do_IRQ: 0.65 No irq handler for vector']);
  });

  it('cluster: with a node known, one message takes a vector of every CPU of node and cluster', () => {
    const machine = new TestMachine('newest', '2x32', {}, 'legacy-cluster');
    const [known] = machine.irqs(machine.msix(1, {}, 1));
    const [unknown] = machine.irqs(machine.msix(1));
    if (known === undefined || unknown === undefined) throw new Error('no interrupts');
    expect([domainOf(known), known.effective.toString()]).toEqual(['32-47', '32-47']);
    expect([domainOf(unknown), unknown.effective.toString()]).toEqual(['0', '0']);
    expect(machine.allocated(47)).toBe(1);
    // Full is full on all of them: the other cluster of the node is next.
    machine.msix(205, {}, 1);
    expect([32, 47, 48, 63].map((cpu) => machine.allocated(cpu))).toEqual([205, 205, 1, 1]);
  });

  it('cluster: fewer CPUs of the same ones are a move without a new vector', () => {
    const machine = machine414('2x4', 'legacy-cluster');
    const { kernel } = machine;
    const desc = machine.irq(machine.msix(1, {}, 1), 0);
    machine.request(desc);
    const vector = desc.data?.vector;
    kernel.writeSmpAffinityList(desc.irq, '5-6');
    expect([domainOf(desc), desc.data?.vector]).toEqual(['5-6', vector]);
    expect([4, 5, 6, 7].map((cpu) => machine.allocated(cpu))).toEqual([1, 1, 1, 1]);
    kernel.tick();
    expect([4, 5, 6, 7].map((cpu) => machine.allocated(cpu))).toEqual([0, 1, 1, 0]);
    expect(legacyViolations(kernel)).toEqual([]);
  });

  it('cluster: a CPU that returns finds its vector taken, and the interrupt that waited for it gets another', () => {
    const machine = machine414(2, 'legacy-cluster');
    const { kernel } = machine;
    const wide = machine.irq(machine.msix(1), 0);
    const disk = machine.managed(2);
    machine.requestAll(disk);
    kernel.tick();
    const waiting = machine.irq(disk, 1);
    const vector = waiting.data?.vector ?? 0;
    kernel.cpuDown(1);
    // CPU 0 has given out everything, and then that number alone is free.
    const others = Array.from({ length: machine.available(0) }, () => machine.msix(1, {}, 0));
    const taker = others.find((device) => machine.irq(device, 0).data?.vector === vector) ?? '';
    for (const device of [taker, others[0] ?? '']) machine.remove(device);
    // (The number that was given out last is never the next one.)
    machine.msix(1, {}, 0);
    // Only the CPU that is online is searched, and the vector is meant for both.
    expect(kernel.writeSmpAffinityList(wide.irq, '0-1')).toBe(0);
    kernel.tick();
    expect([domainOf(wide), wide.data?.vector]).toEqual(['0-1', vector]);
    kernel.cpuStarting(1);
    expect([domainOf(waiting), waiting.data?.vector, legacyViolations(kernel)]).toEqual(['', 0, []]);
    kernel.restoreAffinity(waiting, 1);
    expect([waiting.started, waiting.effective.toString(), domainOf(waiting)]).toEqual([true, '1', '1']);
    expect(waiting.data?.vector).not.toBe(vector);
    expect(legacyViolations(kernel)).toEqual([]);
  });

  it('the idlest CPU is the one with the fewest vectors of any kind, the lowest where several are', () => {
    const machine = machine414('2x2', 'idlest-cpu');
    const cpus = placesOf(machine.irqs(machine.msix(5))).map(([cpu]) => cpu);
    expect(cpus).toEqual([1, 2, 3, 1, 2]);
    // Vectors are as far apart as ever, from 0x31 on, which is free there.
    expect(vectorsOf(machine.irqs(machine.msix(2, {}, 1)))).toEqual([0x81, 0x91]);
    // 16 ISA interrupts are on CPU 0: its node is empty enough only on the other one.
    expect(placesOf(machine.irqs(machine.msix(20, {}, 0))).filter(([cpu]) => cpu === 0)).toHaveLength(3);
  });
});
