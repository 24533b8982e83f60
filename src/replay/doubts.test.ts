import { describe, expect, it } from 'vitest';
import { TestMachine } from '../../test/model/test-machine.ts';
import { ensure } from '../base/assert.ts';
import { CpuSet } from '../base/cpu-set.ts';
import type { IrqDesc } from '../model/irq-desc.ts';
import type { Kernel } from '../model/kernel.ts';
import { Doubts } from './doubts.ts';

const ALL = CpuSet.span(0, 3);

interface Requested {
  readonly kernel: Kernel;
  readonly desc: IrqDesc;
  readonly doubts: Doubts;
  readonly here: CpuSet;
  readonly cpu: number;
}

/** Requested on a machine without remapping, where every affinity waits for an interrupt. */
function requested(): Requested {
  const machine = new TestMachine('6.1', 4);
  const address = machine.msix(1);
  machine.requestAll(address);
  const { kernel } = machine;
  const desc = machine.irq(address, 0);
  const cpu = ensure(desc.data, 'no vector').cpu;
  return { kernel, desc, doubts: new Doubts(), here: CpuSet.of(cpu), cpu };
}

function write({ kernel, desc, doubts }: Requested, mask: CpuSet): void {
  expect(kernel.writeSmpAffinityList(desc.irq, `${mask}`)).toBe(0);
  doubts.note(kernel, desc);
}

const told = ({ doubts, desc }: Requested): string[] =>
  doubts.of(desc).map(({ affinity, movePending }) => `${affinity}${movePending ? ' pending' : ''}`);

describe('what may be stored of an affinity', () => {
  it('is the old one or the pending one, where an interrupt would stay', () => {
    const one = requested();
    write(one, one.here);
    expect(told(one)).toEqual([`${ALL} pending`, `${one.here}`]);
    write(one, ALL.andNot(CpuSet.of((one.cpu + 1) % 4)));
    expect(told(one)).toHaveLength(3);
  });

  it('is not in doubt where an interrupt would move: that has events', () => {
    const one = requested();
    write(one, ALL.andNot(one.here));
    expect(told(one)).toEqual([`${ALL} pending`]);
  });

  it('is not in doubt any more when the interrupt has moved', () => {
    const one = requested();
    write(one, one.here);
    write(one, ALL.andNot(one.here));
    one.kernel.interruptArrives(one.desc.irq);
    expect(told(one)).toEqual([`${ALL.andNot(one.here)}`]);
  });

  it('is what a snapshot shows without a move that waits', () => {
    const one = requested();
    write(one, one.here);
    expect(one.doubts.isShown(one.desc, CpuSet.of(9))).toBe(false);
    expect(one.doubts.isShown(one.desc, one.here)).toBe(true);
    expect(told(one)).toEqual([`${one.here}`]);
  });

  it('is the old one where the counts of two snapshots say that none has arrived, since the first of them only', () => {
    const one = requested();
    write(one, one.here);
    const other = ALL.andNot(CpuSet.of((one.cpu + 1) % 4));
    one.doubts.atSnapshot(one.kernel, one.desc, false);
    write(one, other);
    one.doubts.atSnapshot(one.kernel, one.desc, true);
    // Both may still have been: the first before the first snapshot, what is pending from now on.
    expect(told(one)).toEqual([`${ALL} pending`, `${one.here} pending`, `${other}`]);
    const two = requested();
    write(two, two.here);
    write(two, other);
    two.doubts.atSnapshot(two.kernel, two.desc, true);
    expect(told(two)).toEqual([`${ALL} pending`, `${other}`]);
  });
});

describe('a CPU that goes', () => {
  const pairWith = (cpu: number): CpuSet => CpuSet.of(cpu, (cpu + 1) % 4);

  it('is all one to an interrupt whose pending mask has another CPU', () => {
    const one = requested();
    write(one, pairWith(one.cpu));
    expect(one.doubts.tornBy(one.kernel, one.cpu)).toEqual([]);
  });

  it('breaks either mask or one: where both come to all CPUs only the message is in doubt', () => {
    const one = requested();
    write(one, one.here);
    expect(one.doubts.tornBy(one.kernel, one.cpu)).toEqual([]);
    expect(one.doubts.maybeBrokenBy(one.kernel, one.cpu)).toEqual([one.desc]);
    one.doubts.during(one.kernel, one.cpu, () => one.kernel.cpuDown(one.cpu));
    expect(told(one)).toEqual([`${ALL}`, `${ALL.andNot(one.here)}`]);
  });

  it('moves an interrupt elsewhere by one mask than by the other', () => {
    const one = requested();
    write(one, pairWith(one.cpu));
    one.desc.affinity = pairWith(one.cpu);
    write(one, one.here);
    expect(one.doubts.tornBy(one.kernel, one.cpu)).toEqual([one.desc]);
    expect(one.doubts.tornBy(one.kernel, (one.cpu + 2) % 4)).toEqual([]);
  });

  it('leaves everything as it was where it is refused', () => {
    const one = requested();
    write(one, one.here);
    expect(one.doubts.during(one.kernel, one.cpu, () => 'refused')).toBe('refused');
    expect(told(one)).toEqual([`${ALL} pending`, `${one.here}`]);
  });
});
