import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { ensure } from '../base/assert.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { exactly, range } from '../base/range.ts';
import { profileNamed } from './kernel-profile.ts';
import { secondaryCpus } from './suspend.ts';
import { WhatIf } from './what-if.ts';

const whatIf = (drawing: string): WhatIf => WhatIf.of(drawMachine(drawing));

/** `30>2 31>0`: who went where. */
const moved = (machine: WhatIf, cpu: number): string =>
  machine
    .takeDown(cpu)
    .moves.map(({ irq, to }) => `${irq ?? '?'}>${to}`)
    .join(' ');

describe('the capacity check: what has to move against what the others have', () => {
  const DRAWING = `
    cpu  capacity  other  managed
      0        10      8        1
      1        10      3        0
    30 on 1 mask 1 managed
    31 on 1 mask 0-1 managed
  `;

  it('managed vectors do not have to move from 6.7 and 6.1.63 on', () => {
    for (const kernel of ['6.1', '6.12']) {
      // CPU 0: 10 - 8 - 1 - 1 set aside for 31.
      expect(whatIf(`kernel ${kernel} ${DRAWING}`).check(1)).toEqual({
        fits: false,
        needed: exactly(3),
        available: exactly(0),
        spare: exactly(-3),
        message: 'CPU 1 has 3 vectors, 0 available. Cannot disable CPU',
      });
    }
  });

  it('before that, those in use count as if they had to', () => {
    for (const kernel of ['4.15', '5.4', '6.1.20', '6.6.1']) {
      expect(whatIf(`kernel ${kernel} ${DRAWING}`).check(1)).toMatchObject({
        needed: exactly(5),
        message: 'CPU 1 has 5 vectors, 0 available. Cannot disable CPU',
      });
    }
  });

  it('fits when exactly as many are available as have to move, and not with one less', () => {
    const tight = (other: number) => whatIf(`cpu capacity other\n0 10 ${other}\n1 10 3`);
    expect(tight(7).check(1)).toMatchObject({ fits: true, available: exactly(3) });
    expect(tight(8).check(1)).toMatchObject({ fits: false, available: exactly(2) });
  });

  it('counts what offline CPUs have not, and what the CPU itself has not', () => {
    const machine = whatIf('cpu capacity other\n0 10 9\n1 10 4\n2 10 off\n3 10 8');
    expect(machine.check(1)).toMatchObject({ fits: false, needed: exactly(4), available: exactly(3) });
  });

  it('is blind to masks, as the kernel is: full CPUs of the mask do not refuse', () => {
    const machine = whatIf('cpu capacity other\n0 10 0\n1 10 0\n2 10 10\n30 on 1 mask 1-2');
    expect(machine.check(1).fits).toBe(true);
  });

  it('takes the drift of `available` into account', () => {
    const machine = whatIf('cpu capacity other drift\n0 10 8 -1\n1 10 2 0');
    expect(machine.check(1)).toMatchObject({ fits: false, available: exactly(1) });
  });

  it('warns when fewer are left than are reserved, and goes down all the same', () => {
    const reserved = (count: number) =>
      whatIf(`reserved ${count}\ncpu capacity other\n0 10 3\n1 10 2`).check(1);
    expect(reserved(8)).toMatchObject({
      fits: true,
      message: 'Reserved vectors 8 > available 7. IRQ request may fail',
    });
    expect(reserved(7).message).toBeUndefined();
    expect(whatIf('reserved 7..9\ncpu capacity other\n0 10 3\n1 10 2').check(1).message).toBeUndefined();
  });

  it('an old vector has to fit with the CPU that holds it, and takes room from the others', () => {
    const machine = whatIf('cpu capacity other\n0 5 4\n1 5 0\n2 5 5\n30 on 0 mask 0-1 old 1');
    expect(machine.check(1)).toMatchObject({ needed: exactly(1), available: exactly(0), fits: false });
    expect(machine.check(2)).toMatchObject({ needed: exactly(5), available: exactly(4), fits: false });
  });

  it('bounds that straddle decide nothing; bounds that do not, decide', () => {
    const drawing = (spare: number) =>
      `
      cpu  capacity  other
        0        10     ${10 - spare}
        1        10      0
        2        10     10
      30 on 1 mask 0-1
      31 on 2 mask 2 old? 0-1
    `.replace('2        10     10', '2        11     10');
    // One vector for sure and one perhaps, against what CPU 0 has left, less the one perhaps.
    expect(whatIf(drawing(1)).check(1).fits).toBeUndefined();
    expect(whatIf(drawing(2)).check(1).fits).toBe(true);
    expect(whatIf(drawing(0)).check(1).fits).toBe(false);
  });

  it('one that is perhaps managed may not have to move', () => {
    const machine = whatIf('cpu capacity other\n0 10 9\n1 10 0\n30 on 1 mask 1 managed?\n31 on 1 mask 0-1');
    expect(machine.check(1)).toMatchObject({
      fits: undefined,
      needed: range(1, 2),
      available: exactly(1),
    });
  });

  it('before 6.7 it makes no difference whether it is managed: it counts either way', () => {
    const machine = whatIf(
      'kernel 5.4\ncpu capacity other\n0 10 9\n1 10 0\n30 on 1 mask 1 managed?\n31 on 1',
    );
    expect(machine.check(1)).toMatchObject({ fits: false, needed: exactly(2), available: exactly(1) });
  });

  it('capacity that is a range makes `available` one', () => {
    const machine = whatIf('cpu capacity other\n0 10..11 8\n1 10..11 2');
    expect(machine.check(1)).toMatchObject({ fits: true, needed: exactly(2), available: range(2, 3) });
  });
});

describe('where interrupts go', () => {
  it('a regular one goes where most is available, in ascending order of interrupts', () => {
    const machine = whatIf(`
      cpu  capacity  other
        0        10      3
        1        10      0
        2        10      1
      31 on 1
      30 on 1
      32 on 1
    `);
    // 7 on CPU 0, 9 on CPU 2: twice to 2, then a tie.
    expect(moved(machine, 1)).toBe('30>2 31>2 32>0');
  });

  it('a tie goes to the lowest CPU', () => {
    expect(moved(whatIf('cpu\n0\n1\n2\n3\n30 on 1\n31 on 1\n32 on 1\n33 on 1'), 1)).toBe(
      '30>0 31>2 32>3 33>0',
    );
  });

  it('it stays inside its mask while a CPU of that is online', () => {
    expect(moved(whatIf('cpu capacity other\n0 10 0\n1 10 0\n2 10 9\n30 on 1 mask 1-2'), 1)).toBe('30>2');
  });

  it('its mask is broken, and lost for good, when no CPU of it is left', () => {
    const machine = whatIf('cpu other\n0 5\n1 0\n2 0\n30 on 1 mask 1');
    expect(machine.takeDown(1)).toMatchObject({ broken: [30], moves: [{ irq: 30, from: 1, to: 2 }] });
    // It was given the CPUs that were online: CPU 0 is one of them, so this time nothing breaks.
    expect(machine.takeDown(2)).toMatchObject({ broken: [], moves: [{ irq: 30, from: 2, to: 0 }] });
  });

  const FULL = 'cpu capacity other\n0 10 0\n1 10 0\n2 10 10\n30 on 1 mask 1-2';

  it.each(['5.4', '6.1', '6.8'])('%s: with its mask full it is stuck on the dead CPU', (kernel) => {
    const machine = whatIf(`kernel ${kernel}\n${FULL}`);
    expect(machine.takeDown(1)).toEqual({ moves: [], broken: [], shutdown: [], stuck: [30] });
    // It holds nothing on the CPUs that are left.
    expect(machine.check(2)).toMatchObject({
      needed: exactly(10),
      available: exactly(10),
      fits: true,
    });
  });

  it.each(['6.10', '6.12', '7.2'])('%s: with its mask full it is tried on all CPUs', (kernel) => {
    const result = whatIf(`kernel ${kernel}\n${FULL}`).takeDown(1);
    expect(result).toMatchObject({ broken: [30], stuck: [], moves: [{ irq: 30, to: 0 }] });
  });

  it('what is stuck is tried again when the next CPU goes, and moves where there is room by then', () => {
    const machine = whatIf(`${FULL}\n40 on 2 mask 2-3`.replace('2 10 10', '2 10 9\n3 10 0'));
    expect(machine.takeDown(1).stuck).toEqual([30]);
    // CPU 2 is all that is left of its mask. It goes, so the mask breaks.
    expect(machine.takeDown(2)).toMatchObject({
      broken: [30],
      moves: expect.arrayContaining([{ irq: 30, from: 1, to: 0 }]),
    });
  });

  it('what is stuck and finds no room again is no news', () => {
    const machine = whatIf('cpu capacity other\n0 10 0\n1 10 0\n2 10 10\n3 10 0\n30 on 1 mask 1-2');
    expect(machine.takeDown(1).stuck).toEqual([30]);
    expect(machine.takeDown(3)).toEqual({ moves: [], broken: [], shutdown: [], stuck: [] });
  });

  it('a managed one goes where fewest managed are in use, a tie to the highest CPU', () => {
    const machine = whatIf(`
      cpu
      0
      1
      2
      3
      30 on 3 mask 3 managed
      31 on 1 mask 0-3 managed
      32 on 1 mask 0-2 managed
      33 on 1 mask 0,2-3 managed
    `);
    expect(moved(machine, 1)).toBe('31>2 32>0 33>3');
  });

  it('4.20 chooses for it by `available`, 4.15 the lowest CPU of its mask', () => {
    const drawing = 'cpu other\n0 5\n1 0\n2 3\n3 3\n30 on 1 mask 0-3 managed';
    expect(moved(whatIf(`kernel 4.20\n${drawing}`), 1)).toBe('30>2');
    expect(moved(whatIf(`kernel 4.15\n${drawing}`), 1)).toBe('30>0');
    expect(moved(whatIf(`kernel 5.4\n${drawing}`), 1)).toBe('30>3');
  });

  it('4.20 loses one whose CPUs have nothing available, though a vector is set aside there', () => {
    const machine = whatIf('kernel 4.20\ncpu capacity other\n0 4 0\n1 4 0\n2 4 3\n30 on 1 mask 1-2 managed');
    expect(machine.takeDown(1)).toMatchObject({ shutdown: [], stuck: [30] });
  });

  it('a managed one is shut down when no CPU of its mask is left, and costs the others nothing', () => {
    const machine = whatIf('cpu capacity other\n0 4 3\n1 4 1\n30 on 1 mask 1 managed');
    expect(machine.takeDown(1)).toMatchObject({
      shutdown: [30],
      broken: [],
      moves: [{ irq: undefined, to: 0 }],
    });
    expect(machine.fitOnOne()).toMatchObject({ needed: exactly(4), room: exactly(4) });
  });

  it('a managed one prefers the housekeeping CPUs of its mask, and takes an isolated one if there is no other', () => {
    const drawing = 'housekeeping 0-1\ncpu\n0\n1\n2\n3\n30 on 1 mask 0-3 managed\n31 on 1 mask 1-3 managed';
    expect(moved(whatIf(drawing), 1)).toBe('30>0 31>3');
  });

  it('5.4 knows nothing of isolation', () => {
    expect(moved(whatIf('kernel 5.4\nhousekeeping 0-1\ncpu\n0\n1\n2\n30 on 1 mask 0-2 managed'), 1)).toBe(
      '30>2',
    );
  });

  it('isolation does not touch regular interrupts', () => {
    expect(moved(whatIf('housekeeping 0-1\ncpu other\n0 9\n1 0\n2 0\n30 on 1'), 1)).toBe('30>2');
  });

  it('a wish to move is dropped with the last CPU of its mask', () => {
    const machine = whatIf('cpu\n0\n1\n2\n30 on 2 mask 1');
    expect(machine.takeDown(1).moves).toEqual([]);
    // It never ran there, and now its mask is lost.
    expect(machine.takeDown(2)).toMatchObject({ broken: [30], moves: [{ irq: 30, from: 2, to: 0 }] });
  });

  it('frees the old vector of an interrupt that moves before it chooses for it', () => {
    const machine = whatIf('cpu capacity other\n0 10 8\n1 10 0\n2 10 8\n30 on 1 old 2');
    // CPU 2 has 1 while it holds the old one, and 2 as CPU 0 once that is free: a tie.
    expect(moved(machine, 1)).toBe('30>0');
    // What CPU 0 has left now, and what CPU 2 has.
    expect(machine.check(2)).toMatchObject({ needed: exactly(8), available: exactly(1) });
    expect(machine.check(0).available).toEqual(exactly(2));
  });

  it('compares CPUs alike where the capacity is a range, the ones that are certainly full too', () => {
    const machine = whatIf(`
      cpu  capacity  other
        0     9..10      9
        1     9..10      8
        2     9..10      0
      20 on 2 mask 0-2 old 0
    `);
    // CPU 0 is full, so it is 10: with the old vector freed CPU 0 has 1, CPU 1 has 2.
    expect(moved(machine, 2)).toBe('20>1');
    expect(machine.check(1).needed).toEqual(exactly(9));
  });

  it('an old vector vanishes with its CPU', () => {
    const machine = whatIf('cpu\n0\n1\n2\n30 on 0 old 1');
    expect(machine.takeDown(1).moves).toEqual([]);
    expect(machine.fitOnOne()?.needed).toEqual(exactly(1));
  });

  it('a perhaps old vector is perhaps on the CPUs that are left, and certain no more', () => {
    const machine = whatIf('cpu\n0\n1\n2\n3\n30 on 0 old? 1-2');
    machine.takeDown(1);
    expect(machine.check(2).needed).toEqual(range(0, 1));
    expect(machine.check(3).needed).toEqual(exactly(0));
  });
});

describe('the CPUs that a suspend took down', () => {
  it('come back with what was shut down; what moved stays', () => {
    const machine = whatIf('cpu other\n0 0\n1 2\n30 on 1 mask 1 managed\n31 on 1 mask 0-1 managed');
    machine.takeDown(1, true);
    machine.thaw();
    expect(String(machine.online)).toBe('0-1');
    expect(machine.check(1)).toMatchObject({ needed: exactly(0), available: exactly(198) });
  });

  it('find a stuck interrupt’s vector where it was', () => {
    const machine = whatIf('cpu capacity other\n0 10 0\n1 10 0\n2 10 10\n30 on 1 mask 1-2');
    machine.takeDown(1, true);
    machine.thaw();
    expect(machine.check(1)).toMatchObject({ needed: exactly(1), available: exactly(10) });
    expect(machine.check(0)).toMatchObject({ available: exactly(9) });
  });

  it.each([
    ['IR-PCI-MSI', ''],
    // Without remapping it waits for its next interrupt.
    ['PCI-MSI', '30>1'],
  ])('take managed interrupts back from isolated CPUs (%s)', (chip, later) => {
    const drawn = drawMachine('housekeeping 0-1\ncpu\n0\n1\n2\n30 on 1 mask 1-2 managed');
    const machine = WhatIf.of({ ...drawn, irqs: drawn.irqs.map((irq) => ({ ...irq, chip })) });
    machine.takeDown(1, true);
    machine.thaw();
    expect(moved(machine, 2)).toBe(later);
  });

  it.each([
    ['6.1', '30>2'],
    // It was suspended, and started when both CPUs of its mask were back.
    ['6.12', '30>1'],
  ])('%s: start a managed interrupt again', (kernel, later) => {
    const machine = whatIf(`kernel ${kernel}\ncpu\n0\n1\n2\n30 on 1 mask 1-2 managed`);
    machine.freeze();
    for (const cpu of [1, 2]) machine.takeDown(cpu, true);
    machine.thaw();
    expect(moved(machine, kernel === '6.1' ? 1 : 2)).toBe(later);
  });

  it.each([
    // CVE-2024-31076: completed too late, it is lost.
    ['5.4', 1],
    ['6.12', 0],
  ])('%s: bring back %i old vectors that were on them', (kernel, needed) => {
    for (const old of ['old 1', 'old? 1']) {
      const machine = whatIf(`kernel ${kernel}\ncpu\n0\n1\n30 on 0 mask 0-1 ${old}`);
      expect(machine.check(1).needed.max).toBe(1);
      machine.takeDown(1, true);
      machine.thaw();
      expect(machine.check(1).needed.max).toBe(needed);
    }
  });
});

describe('secondaryCpus', () => {
  const order = (kernel: string, ...online: number[]): number[] =>
    secondaryCpus(ensure(profileNamed(kernel), kernel), CpuSet.of(...online));

  it('ascends up to 6.11 and descends from 6.12 on, CPU 0 excepted', () => {
    for (const kernel of ['4.15', '6.1', '6.8', '6.11']) expect(order(kernel, 0, 1, 3, 4)).toEqual([1, 3, 4]);
    for (const kernel of ['6.12', '7.2']) expect(order(kernel, 0, 1, 3, 4)).toEqual([4, 3, 1]);
  });

  it('keeps the lowest online CPU where CPU 0 is off', () => {
    expect(order('6.1', 2, 3, 5)).toEqual([3, 5]);
    expect(order('6.12', 2, 3, 5)).toEqual([5, 3]);
  });
});

describe('fitOnOne', () => {
  it('is all regular vectors against what one CPU can give to them', () => {
    const machine = whatIf(
      'cpu capacity other managed\n0 10 2 3\n1 10 4 0\n30 on 1 mask 1 managed\n31 on 0 old? 1',
    );
    expect(machine.fitOnOne()).toEqual({ cpu: 0, needed: range(7, 8), room: exactly(7) });
  });
});
