import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { exactly, range } from '../base/range.ts';
import { addResident, cloneHotplugState, initialHotplugState } from './hotplug-state.ts';
import { asIrq } from './ids.ts';
import type { MachineState } from './machine-state.ts';

const stateOf = (drawing: string) => initialHotplugState(drawMachine(drawing));

describe('initialHotplugState', () => {
  it('takes the room of a CPU as what it has available and its regular vectors together', () => {
    const state = stateOf(`
      cpu  capacity  other  managed  drift
        0        10      2        1      0
        1        10      0        0     -2
        2        10    off
      30 on 0 mask 0-1
      31 on 1 mask 0-1 managed
    `);
    // CPU 0: 10 - 1 - 1 managed; CPU 1: 10 - 1 managed - 2 lost to drift.
    expect(state.room.slice(0, 2)).toEqual([exactly(8), exactly(7)]);
    expect([...state.owned]).toEqual([3, 0, 0]);
    expect([...state.available]).toEqual([5, 7, 10]);
    expect([...state.managedAllocated]).toEqual([0, 1, 0]);
    expect(String(state.onlineSet)).toBe('0-1');
    expect(state.uncertain).toBe(false);
  });

  it('walks the interrupts of a CPU in ascending order, vectors without a name last', () => {
    const state = stateOf(`
      cpu other
        0     1
      41 on 0
      7 on 0
    `);
    expect(state.residents[0]?.map(({ irq }) => irq)).toEqual([7, 41, undefined]);
  });

  it('a certain old vector costs its CPU, an uncertain one widens the room it takes', () => {
    const state = stateOf(`
      cpu capacity
        0       10
        1       10
        2       10
      30 on 0 mask 0-1 old 1
      31 on 0 mask 0-1 old? 1-2
    `);
    expect(state.floating).toMatchObject([
      { irq: 30, held: exactly(1), moves: false },
      { irq: 31, held: range(0, 1), moves: false },
    ]);
    expect(state.available[1]).toBe(9);
    expect(state.uncertain).toBe(true);
  });

  it('one that is perhaps managed counts as regular, and takes room on the other CPUs of its mask perhaps', () => {
    const state = stateOf(`
      cpu capacity
        0       10
        1       10
        2       10
      30 on 0 mask 0-1 managed?
    `);
    expect(state.room).toEqual([exactly(10), range(9, 10), exactly(10)]);
    expect([state.owned[0], state.open[0], state.managedKnown]).toEqual([1, 1, false]);
  });

  it('one that is perhaps managed and runs outside of its mask does not stand for what others set aside', () => {
    // 30 waits for a move to CPU 1, so what CPU 0 may have set aside is that of 31 alone.
    const state = stateOf(`
      cpu capacity
        0       10
        1       10
      30 on 0 mask 1 managed?
      31 on 1 mask 0-1 managed?
    `);
    expect(state.room[0]).toEqual(range(9, 10));
  });

  it('an interrupt on a CPU that is not shown is on any, and holds no regular vector if it is managed', () => {
    const state = stateOf(`
      cpu capacity
        0       10
        1       10
      30 on ? mask 0-1
      31 on ? mask 0-1 managed?
    `);
    expect(state.floating.map(({ cpus, held, moves }) => [String(cpus), held, moves])).toEqual([
      ['0-1', exactly(1), true],
      ['0-1', range(0, 1), true],
    ]);
  });

  it('where VECTOR counts every vector, one on a CPU that is not shown is not counted again', () => {
    const drawn = drawMachine(`
      cpu capacity other
        0       10     1
        1       10     0
      30 on ? mask 0-1
    `);
    const cpus = drawn.cpus.map((cpu) => ({
      ...cpu,
      allocated: exactly(cpu.cpu === 0 ? 1 : 0),
      available: exactly(cpu.cpu === 0 ? 9 : 10),
      allocMap: [],
    }));
    const machine: MachineState = { ...drawn, cpus };
    const state = initialHotplugState(machine);
    expect(state.floating).toEqual([]);
    expect([...state.owned]).toEqual([1, 0]);
    expect(state.uncertain).toBe(false);
  });
});

describe('cloneHotplugState', () => {
  it('is a state of its own', () => {
    const state = stateOf('cpu\n0\n1\n30 on 0 old 1');
    const before = JSON.stringify(state);
    const copy = cloneHotplugState(state);
    copy.online[0] = 0;
    copy.onlineSet.delete(0);
    for (const counts of [copy.available, copy.managedAllocated, copy.owned, copy.open]) counts[0] = 99;
    copy.managedAllocatedDoubt[0] = 99;
    copy.frozen.add(0);
    copy.floating.pop();
    copy.residents[0]?.pop();
    copy.parked.push({
      cpu: 0,
      resident: { irq: asIrq(1), managed: true, perhapsManaged: false, mask: undefined },
    });
    expect(JSON.stringify(state)).toBe(before);
  });
});

describe('addResident', () => {
  it('keeps the kernel’s order', () => {
    const state = stateOf('cpu other\n0 1\n1 0\n10 on 0\n30 on 0');
    addResident(state, 0, { irq: asIrq(20), managed: false, perhapsManaged: false, mask: undefined });
    expect(state.residents[0]?.map(({ irq }) => irq)).toEqual([10, 20, 30, undefined]);
  });
});
