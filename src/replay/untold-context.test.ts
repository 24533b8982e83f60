import { describe, expect, it } from 'vitest';
import { TestMachine } from '../../test/model/test-machine.ts';
import { event, type Sample, stepAt } from '../../test/replay/samples.ts';
import { CpuSet } from '../base/cpu-set.ts';
import type { Kernel } from '../model/kernel.ts';
import { type Expecting, UntoldContext } from './untold-context.ts';

/** Requested, so that a vector is looked for only when it is moved. */
function requested(remapping: boolean): { kernel: Kernel; irq: number } {
  const machine = new TestMachine('6.1', 4, { remapping });
  const address = machine.msix(1);
  machine.requestAll(address);
  return { kernel: machine.kernel, irq: machine.irq(address, 0).irq };
}

function contextOf(kernel: Kernel, irq: number, expecting: Partial<Expecting> = {}): UntoldContext {
  return new UntoldContext(kernel, {
    irqOf: () => irq,
    next: () => undefined,
    isMigration: () => false,
    isToSet: () => false,
    ...expecting,
  });
}

const untold = (sample: Sample): Sample => ({ flags: '', pid: 77, cpu: 2, ...sample });
const moves = (irq: number): Sample[] =>
  [
    event('irq_matrix_alloc', { cpu: 1, bit: 40 }),
    event('vector_alloc', { irq }),
    event('vector_update', { irq }),
    event('vector_config', { irq }),
  ].map(untold);
const inInterrupt = (context: UntoldContext, samples: readonly Sample[]): boolean[] =>
  samples.map((sample, at) => context.of(stepAt(sample, at)).inInterrupt);

describe('a trace that does not tell in which context something happened', () => {
  it('shows a move in an interrupt where the interrupt is not remapped, to the end of the section', () => {
    const { kernel, irq } = requested(false);
    const after = untold(event('vector_config', { irq: irq + 1 }));
    expect(inInterrupt(contextOf(kernel, irq), [...moves(irq), after])).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(contextOf(kernel, irq).of(stepAt(moves(irq)[0] ?? after)).thread).toBe('h2');
  });

  it('shows a move by a task behind remapping, unless one is pending that the task does not set', () => {
    const { kernel, irq } = requested(true);
    const [first] = moves(irq);
    const isOf = (expecting: Partial<Expecting> = {}) =>
      inInterrupt(contextOf(kernel, irq, expecting), first === undefined ? [] : [first]);
    expect(isOf()).toEqual([false]);
    const desc = kernel.desc(irq);
    Object.assign(desc ?? {}, { movePending: true, pendingMask: CpuSet.of(1) });
    expect(isOf()).toEqual([true]);
    expect(isOf({ isToSet: () => true })).toEqual([false]);
  });

  it('shows a clean-up in an interrupt, with what it frees, unless the task was to do it', () => {
    const { kernel, irq } = requested(false);
    const cleanUp = untold(event('vector_free_moved', { irq, cpu: 3, vector: 35 }));
    const frees = untold(event('irq_matrix_free', { cpu: 3, bit: 35 }));
    const other = untold(event('irq_matrix_free', { cpu: 3, bit: 36 }));
    expect(inInterrupt(contextOf(kernel, irq), [cleanUp, frees, other])).toEqual([true, true, false]);
    const next = { event: { name: 'vector_free_moved' } as never, irq };
    expect(inInterrupt(contextOf(kernel, irq, { next: () => next }), [cleanUp, frees])).toEqual([
      false,
      false,
    ]);
  });

  it('shows a dying CPU’s own migration as what it is, and leaves alone what is told', () => {
    const { kernel, irq } = requested(false);
    expect(inInterrupt(contextOf(kernel, irq, { isMigration: () => true }), moves(irq))).not.toContain(true);
    const toldOf = moves(irq).map((sample) => ({ ...sample, flags: 'd..1.' }));
    expect(inInterrupt(contextOf(kernel, irq), toldOf)).not.toContain(true);
  });
});
