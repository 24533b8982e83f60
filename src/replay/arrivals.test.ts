import { describe, expect, it } from 'vitest';
import { TestMachine } from '../../test/model/test-machine.ts';
import { snapshotOf } from '../../test/replay/samples.ts';
import { ensure } from '../base/assert.ts';
import { CpuSet } from '../base/cpu-set.ts';
import type { IrqDesc } from '../model/irq-desc.ts';
import { Arrivals } from './arrivals.ts';
import type { PlacedSnapshot } from './facts.ts';

/** A requested interrupt on its CPU, with a move pending to CPUs among which that one is. */
function pendingWhereItIs(): { kernel: TestMachine['kernel']; desc: IrqDesc } {
  const machine = new TestMachine('6.1', 4);
  machine.msix(1);
  const { kernel } = machine;
  const desc = ensure(
    [...kernel.descs()].find(({ irq }) => irq >= 16),
    'no interrupt',
  );
  desc.movePending = true;
  desc.pendingMask = CpuSet.span(0, 3);
  return { kernel, desc };
}

const seen = (irq: number, counts: readonly number[], online?: readonly number[]): PlacedSnapshot =>
  snapshotOf('s', 0, {
    irqs: [{ irq, name: 'eth0', on: 0, counts }],
    ...(online === undefined ? {} : { online }),
  });

describe('an arrival that leaves no event', () => {
  it('shows in a count that has grown while a move was pending', () => {
    const { kernel, desc } = pendingWhereItIs();
    const arrivals = new Arrivals();
    expect(arrivals.since(kernel, seen(desc.irq, [5])).arrived).toEqual([]);
    expect(arrivals.since(kernel, seen(desc.irq, [6])).arrived).toEqual([desc.irq]);
  });

  it('is none where the count is the same', () => {
    const { kernel, desc } = pendingWhereItIs();
    const arrivals = new Arrivals();
    arrivals.since(kernel, seen(desc.irq, [5, 3]));
    expect(arrivals.since(kernel, seen(desc.irq, [5, 3])).arrived).toEqual([]);
  });

  it('is none where another mask is pending now: it may have come before that', () => {
    const { kernel, desc } = pendingWhereItIs();
    const arrivals = new Arrivals();
    arrivals.since(kernel, seen(desc.irq, [5]));
    desc.pendingMask = CpuSet.span(0, 1);
    expect(arrivals.since(kernel, seen(desc.irq, [9])).arrived).toEqual([]);
    expect(arrivals.since(kernel, seen(desc.irq, [10])).arrived).toEqual([desc.irq]);
  });

  it('is none where it would have moved: that has events', () => {
    const { kernel, desc } = pendingWhereItIs();
    desc.pendingMask = CpuSet.span(0, 3).andNot(CpuSet.of(desc.data?.cpu ?? -1));
    const arrivals = new Arrivals();
    arrivals.since(kernel, seen(desc.irq, [5]));
    expect(arrivals.since(kernel, seen(desc.irq, [9])).arrived).toEqual([]);
  });

  it('cannot be told by the columns of CPUs that were offline', () => {
    const { kernel, desc } = pendingWhereItIs();
    const arrivals = new Arrivals();
    arrivals.since(kernel, seen(desc.irq, [5, 7], [0]));
    expect(arrivals.since(kernel, seen(desc.irq, [5, 7], [0, 1])).arrived).toEqual([]);
  });
});
