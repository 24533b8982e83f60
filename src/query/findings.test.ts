import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { exactly } from '../base/range.ts';
import { asCpu, asIrq } from '../model/ids.ts';
import type { CpuState, MachineState } from '../model/machine-state.ts';
import { findingsOf } from './findings.ts';

/** `warning hibernate-refused: text` */
const found = (machine: MachineState): string[] =>
  findingsOf(machine).map(({ severity, code, text }) => `${severity} ${code}: ${text}`);
const drawn = (text: string): string[] => found(drawMachine(text));

const withCpu0 = (text: string, change: Partial<CpuState>): MachineState => {
  const machine = drawMachine(text);
  return { ...machine, cpus: machine.cpus.map((cpu) => (cpu.cpu === 0 ? { ...cpu, ...change } : cpu)) };
};

describe('findingsOf', () => {
  it('has nothing to say of a machine in order, nor of one with a single CPU', () => {
    expect(drawn('cpu other\n0 20\n1 20')).toEqual([]);
    expect(drawn('cpu other\n0 20')).toEqual([]);
  });

  it('hibernate-refused: the CPU and the figures', () => {
    expect(drawn('cpu capacity other\n0 20 10\n1 20 15')).toEqual([
      'warning hibernate-refused: hibernation and suspend will be refused at CPU 1: 15 vectors have to move, 10 are available',
    ]);
  });

  it('hibernate-undecided: the figures that straddle', () => {
    expect(drawn('cpu capacity\n0 1\n1 9\n30 on 1 mask 1 managed?\n31 on 1')).toEqual([
      'note hibernate-undecided: it cannot be told whether hibernation and suspend succeed: at CPU 1 1..2 vectors have to move, 1 are available',
    ]);
  });

  it('cpu-full and cpu-low: less than a tenth is low, a tenth is not', () => {
    const text = (left: number) => `cpu capacity other\n0 999 0\n1 100 ${100 - left}\n2 100 ${100 - left}`;
    expect(drawn(text(0))).toEqual([
      'error cpu-full: CPU 1-2: every vector is taken; no further interrupt can move there',
    ]);
    expect(drawn(text(9))).toEqual(['warning cpu-low: CPU 1-2: less than a tenth of the vectors is left']);
    expect(drawn(text(10))).toEqual([]);
  });

  it('does not speak of CPUs that are offline', () => {
    expect(drawn('cpu capacity other\n0 10 0\n1 10 off')).toEqual([]);
  });

  it('counter-wrapped: a counter below zero, as the kernel prints it', () => {
    expect(found(withCpu0('cpu\n0', { allocated: exactly(4294967295) }))).toEqual([
      "error counter-wrapped: CPU 0: a vector counter has wrapped below zero; the kernel's accounting is broken",
    ]);
    expect(found(withCpu0('cpu\n0', { available: exactly(2 ** 31) }))).toHaveLength(1);
    expect(found(withCpu0('cpu\n0', { available: exactly(2 ** 31 - 1) }))).toEqual([]);
  });

  it('reserved-exceeds-available: only what is certain', () => {
    const text = (reserved: string) => `reserved ${reserved}\ncpu capacity other\n0 100 50`;
    expect(drawn(text('51'))).toEqual([
      'warning reserved-exceeds-available: 51 interrupts are reserved, 50 vectors are available: request_irq() may fail',
    ]);
    expect(drawn(text('50'))).toEqual([]);
    expect(drawn(text('40..60'))).toEqual([]);
  });

  it('managed-shutdown, move-pending and old-vectors name their interrupts', () => {
    const text = `
      cpu other
        0     0
        1     0
        2   off
      30 down mask 2 managed
      31 down mask 2 managed
      33 on 0 mask 1
      34 on 0 mask 0-1 old 1
      35 on 0 mask 0-1 old? 1
    `;
    expect(drawn(text)).toEqual([
      'note managed-shutdown: shut down until a CPU of their mask is online again: IRQ 30-31',
      'note move-pending: an affinity write waits for the next interrupt: IRQ 33',
      'note old-vectors: hold a second vector on the CPU they left, until their next interrupt: IRQ 34',
    ]);
  });

  it('kernel-assumed: why, and what another would change', () => {
    const machine = drawMachine('cpu\n0');
    const kernel = { ...machine.kernel, assumption: 'the kernel is not named here' };
    expect(found({ ...machine, kernel })).toEqual(['note kernel-assumed: the kernel is not named here']);
  });

  it('vectors-unexplained: only where interrupts are known, and none of them can own the vector', () => {
    const machine = drawMachine('cpu other\n0 2\n30 on 0');
    expect(found(machine)).toEqual([
      'warning vectors-unexplained: 2 vectors in use belong to no interrupt that can be seen: perhaps leaked (CVE-2024-31076)',
    ]);
    expect(drawn('cpu other\n0 2')).toEqual([]);
    const unknown = machine.irqs.map((irq) => ({ ...irq, phase: 'unknown' as const }));
    expect(found({ ...machine, irqs: unknown })).toEqual([expect.stringContaining('1 vectors in use')]);
    const owner = {
      irq: asIrq(31),
      cpus: CpuSet.of(0, 1),
      held: exactly(1),
      managed: false,
      why: 'no-effective-affinity' as const,
    };
    expect(found({ ...machine, unplaced: [owner, { ...owner, irq: asIrq(32) }] })).toEqual([]);
    expect(machine.anonymous).toEqual([{ cpu: asCpu(0), regular: 2, managed: 0 }]);
  });

  it('no-vector-domain stands alone', () => {
    const machine = { ...drawMachine('cpu capacity other\n0 10 10\n1 10 10'), hasVectorDomain: false };
    expect(found(machine)).toEqual([
      'note no-vector-domain: no x86 interrupt vectors here: interrupts are listed, vectors are not',
    ]);
  });

  it('the most severe comes first', () => {
    const codes = findingsOf(drawMachine('cpu capacity other\n0 10 10\n1 10 5\n30 on 1 mask 0')).map(
      ({ severity }) => severity,
    );
    expect(codes).toEqual(['error', 'warning', 'warning', 'note']);
  });
});
