/** A section for each change that fits can be asked, all by the same `ask()`; hence the length. */
import { describe, expect, it } from 'vitest';
import { drawMachine as draw } from '../../test/draw-machine.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { exactly, range } from '../base/range.ts';
import { type Fits, type FitsChangeAnswer, fits as fitsSchema } from '../format/fits.ts';
import type { MachineState } from '../model/machine-state.ts';
import { topologyOfShape } from '../model/spreading/topology.ts';
import { fitsOf } from './fits.ts';
import { type FitsChange, parseChange } from './fits-change.ts';
import { fitsMaxOf } from './fits-max.ts';

/** A CPU can give out as many vectors as it has room for, and no more: the window is as small as the capacity. */
const drawMachine = (drawing: string): MachineState => ({ ...draw(drawing), systemVectors: undefined });

/** `add nvme=1x4`, `smt-off`. */
function changeOf(text: string): FitsChange {
  const [kind = '', value] = text.split(' ');
  return parseChange(kind as FitsChange['kind'], value);
}

function ask(machine: MachineState | string, ...changes: string[]): Fits {
  const answer = fitsOf(typeof machine === 'string' ? drawMachine(machine) : machine, changes.map(changeOf));
  expect(fitsSchema.parse(answer)).toEqual(answer);
  return answer;
}

const only = (answer: Fits): FitsChangeAnswer => {
  const [change] = answer.changes;
  expect(answer.changes).toHaveLength(1);
  return change as FitsChangeAnswer;
};

const TWO = 'cpu capacity other\n0 10 2\n1 10 2';

describe('a device that comes', () => {
  it('has as many interrupts as there is room for, and what is left is told', () => {
    // A message to talk with, and a queue of its own for each CPU.
    const change = only(ask(TWO, 'add nvme=1x2'));
    expect(change).toMatchObject({ fits: true, target: '1 x nvme, 2 queues', refused: [] });
    expect(change.interrupts).toEqual({ wanted: 3, got: exactly(3) });
    // A queue each, and the first message where more is left.
    expect(change.leastLeft?.available).toEqual(exactly(6));
  });

  it('does not fit where it gets fewer than it would have alone', () => {
    const change = only(ask('cpu capacity other\n0 10 9\n1 10 10', 'add nvme=1x2'));
    expect(change.fits).toBe(false);
    expect(change.refused[0]).toMatch(/^nvme0 gets \d of 3 interrupts$|nvme does not bind/);
  });

  it('cannot be decided where bounds straddle: the fullest and the emptiest machine differ', () => {
    const answer = ask('cpu capacity other\n0 10..20 9\n1 10..20 10', 'add nvme=1x2');
    expect(only(answer).fits).toBeNull();
    expect(answer.fits).toBeNull();
    expect(only(answer).interrupts?.got).toEqual(range(0, 3));
  });

  it('fits a machine with bounds where it fits the fullest one', () => {
    const change = only(ask('cpu capacity other\n0 12..20 5\n1 12..20 5', 'add nvme=1x2'));
    expect(change.fits).toBe(true);
    expect(change.leastLeft?.available.min).toBeLessThan(change.leastLeft?.available.max ?? 0);
  });

  it('takes room from what comes after it', () => {
    expect(ask(TWO, 'offline 1').fits).toBe(true);
    // 2 + 2 regular ones and one message of each device; its queue on CPU 0 is set aside there.
    const answer = ask(TWO, 'add nvme=4x2', 'offline 1');
    expect(answer.changes.map(({ fits }) => fits)).toEqual([true, false]);
    expect(answer.steps[0]?.message).toMatch(/^CPU 1 has \d+ vectors, \d+ available\. Cannot disable CPU$/);
  });

  it('is one of the catalogue, on a node that is there, with queues that its driver knows', () => {
    expect(() => ask(TWO, 'add nope=1')).toThrow('--add: expected a driver of the catalogue (aacraid, ahci');
    expect(() => ask(TWO, 'add nvme=1@3')).toThrow('--add: expected -1 to 0, found 3');
    expect(() => ask(TWO, 'add ahci=1x3')).toThrow('--add: the driver ahci knows no number of queues');
    expect(() => ask(TWO, 'add nvme=1x0')).toThrow('--add: expected 1 to 65535, found 0');
  });
});

describe('the most devices that fit', () => {
  const most = (drawing: string, ...changes: string[]): Fits =>
    fitsMaxOf(drawMachine(drawing), changes.map(changeOf));

  it('is the largest number that fits: one more does not', () => {
    const { max, changes } = most(TWO, 'add nvme=1x2');
    const count = max?.count.min ?? 0;
    expect(max?.count).toEqual(exactly(count));
    expect(changes[0]?.fits).toBe(true);
    expect(ask(TWO, `add nvme=${count}x2`).fits).toBe(true);
    expect(ask(TWO, `add nvme=${count + 1}x2`).fits).toBe(false);
    expect(max?.limit).toMatch(/nvme/);
  });

  it('counts what is asked after it: fewer fit a machine that is to hibernate', () => {
    const alone = most(TWO, 'add nvme=1x2').max?.count.min ?? 0;
    const asleep = most(TWO, 'add nvme=1x2', 'hibernate').max?.count.min ?? 0;
    expect(asleep).toBeGreaterThan(0);
    expect(asleep).toBeLessThan(alone);
  });

  it('has two figures where the machine has bounds', () => {
    const count = most('cpu capacity other\n0 10..12 2\n1 10..12 2', 'add nvme=1x2').max?.count;
    expect(count?.min).toBe(most(TWO, 'add nvme=1x2').max?.count.min);
    expect(count?.max).toBe(most('cpu capacity other\n0 12 2\n1 12 2', 'add nvme=1x2').max?.count.min);
  });

  it('is none where not even one fits, and only devices have a number', () => {
    expect(most('cpu capacity other\n0 4 4\n1 4 4', 'add nvme=1x2').max?.count).toEqual(exactly(0));
    expect(() => most(TWO, 'offline 1')).toThrow('--max: goes with --add or --vfs');
  });
});

describe('CPUs that are isolated', () => {
  const MACHINE = `
    cpu other
    0 0
    1 0
    2 0
    30 on 2 mask 0-2
    31 on 2 mask 2
    32 on 2 mask 2 managed
    33 on 2 mask 1-2 managed
    34 on 1 mask 0-2
  `;

  it('are left by what may be moved, and by managed interrupts that have another CPU', () => {
    const change = only(ask(MACHINE, 'isolate 2'));
    expect(change.fits).toBe(true);
    expect(change.moves.map(({ irq, from }) => [irq, from])).toEqual([
      [30, 2],
      [31, 2],
      [33, 2],
    ]);
    expect(change.moves.find(({ irq }) => irq === 33)?.to).toBe(1);
    expect(change.stays).toMatchObject([{ irq: 32, cpu: 2 }]);
    expect(change.stays[0]?.why).toContain('its whole mask is isolated');
  });

  it('keep every managed interrupt before the kernel knows isolcpus=managed_irq', () => {
    const change = only(ask(`kernel 5.4 ${MACHINE}`, 'isolate 2'));
    expect(change.stays.map(({ irq }) => irq)).toEqual([32, 33]);
    expect(change.stays[1]?.why).toContain('older than isolcpus=managed_irq');
  });

  it('cannot be left where the others are full', () => {
    const change = only(ask('cpu capacity other\n0 3 3\n1 3 0\n30 on 1 mask 0-1', 'isolate 1'));
    expect(change.fits).toBe(false);
    expect(change.refused).toEqual(
      ['IRQ 30 stays on CPU 1: CPU 0 has no vector left (ENOSPC)'].map((text) =>
        expect.stringContaining(text.slice(0, 44)),
      ),
    );
  });

  it('leave it open where no interrupt is named, or it is not known what is managed', () => {
    expect(ask('cpu other\n0 0\n1 3', 'isolate 1').fits).toBeNull();
    expect(ask('cpu other\n0 3\n1 0', 'isolate 1').fits).toBe(true);
    const answer = ask('cpu other\n0 0\n1 0\n30 on 1 mask 0-1 managed?', 'isolate 1');
    expect(answer.fits).toBeNull();
    expect(answer.doubts.join()).toContain('IRQ 30: it cannot be told whether it is managed');
  });

  it('are where new devices have queues that nobody else serves, but no other interrupts', () => {
    const answer = ask('cpu other\n0 0\n1 0', 'isolate 1', 'add nvme=1x2');
    expect(answer.changes[1]?.moves.map(({ to }) => to).sort()).toEqual([0, 0, 1]);
    expect(() => ask('cpu other\n0 0\n1 0', 'isolate 0-1')).toThrow('--isolate: no online CPU would be left');
  });
});

describe('an affinity that is written', () => {
  it('moves interrupts that may be moved, and names the errno for those that may not', () => {
    const change = only(ask('cpu other\n0 0\n1 0\n30 on 0 mask 0-1\n31 on 0 mask 0 managed', 'pin 30-31=1'));
    expect(change.moves).toEqual([{ irq: 30, from: 0, to: 1 }]);
    expect(change.refused).toEqual(['IRQ 31: the write answers EIO (managed: the kernel places it)']);
    expect(
      only(
        ask(
          `${'kernel 6.12 cpu other\n0 0\n1 0'.replace('6.12 ', '6.12\n')}\n31 on 0 mask 0 managed`,
          'pin 31=1',
        ),
      ).refused[0],
    ).toContain('EPERM');
  });

  it('that is accepted but finds no vector is told: without remapping no error says so', () => {
    const change = only(ask('cpu capacity other\n0 5 0\n1 5 5\n30 on 0 mask 0-1', 'pin 30=1'));
    expect(change.fits).toBe(false);
    expect(change.refused).toEqual([
      'IRQ 30: the write is accepted, but it stays on CPU 0: CPU 1 has no vector left',
    ]);
  });

  it('holds for what comes next: pinned interrupts break when their CPU goes', () => {
    const answer = ask('kernel 6.12\ncpu other\n0 0\n1 0\n30 on 0 mask 0-1', 'pin 30=1', 'offline 1');
    expect(answer.steps[0]).toMatchObject({ broken: [30], fits: true });
  });

  it('waits where nothing comes: the message of VT-d faults stays where it is', () => {
    const drawn = drawMachine('cpu other\n0 0\n1 0\n24 on 0 mask 0-1');
    const machine = { ...drawn, irqs: drawn.irqs.map((irq) => ({ ...irq, chip: 'DMAR-MSI' })) };
    const change = only(ask(machine, 'pin 24=1'));
    expect([change.fits, change.moves, change.remarks.length]).toEqual([true, [], 1]);
    expect(change.leastLeft?.available).toEqual(range(200, 201));
    expect(only(ask(machine, 'isolate 0')).stays).toMatchObject([
      { irq: 24, why: 'it reports faults of VT-d, and goes with the next one' },
    ]);
  });

  it('is of an interrupt that is there', () => {
    expect(() => ask(TWO, 'pin 99=1')).toThrow('--pin: there is no interrupt 99 here');
    expect(() => ask('cpu other\n0 0\n30 on 0', 'pin 30=4')).toThrow(
      '--pin: there is no CPU 4 here (CPUs 0)',
    );
  });
});

describe('CPUs that come online', () => {
  it('start the managed interrupts that wait for them', () => {
    const change = only(ask('cpu other\n0 0\n1 off\n30 down mask 1 managed', 'online 1'));
    expect(change.moves).toEqual([{ irq: 30, from: null, to: 1 }]);
  });

  it('are room for what has to go', () => {
    const drawing = 'cpu capacity other\n0 10 8\n1 10 8\n2 10 off';
    expect(ask(drawing, 'offline 1').fits).toBe(false);
    expect(ask(drawing, 'online 2', 'offline 1').fits).toBe(true);
    expect(ask(drawing.replaceAll(' 10 ', ' 9..10 '), 'online 2', 'offline 1').steps[0]?.available).toEqual(
      range(10, 12),
    );
    expect(() => ask(drawing, 'online 1')).toThrow('--online: CPU 1 is online already');
  });
});

describe('the queues of virtio-net when a CPU comes online', () => {
  /** Three pairs; somebody has sent the second one to CPU 0. */
  const machine = (chip: string, hints: readonly CpuSet[]): MachineState => {
    const drawn = drawMachine(`
      cpu capacity other
        0       10     0
        1       10     9
        2       10   off
      30 on 0 mask 0
      31 on 0 mask 0
      32 on 0 mask 0
      33 on 0 mask 0
      34 on 0 mask 0
      35 on 0 mask 0
    `);
    const named = drawn.irqs.map((irq, at) => ({
      ...irq,
      chip,
      name: `virtio0-${at % 2 === 0 ? 'input' : 'output'}.${at >> 1}`,
      hint: hints[at >> 1],
    }));
    return { ...drawn, irqs: named };
  };
  const byRule = [CpuSet.of(0), CpuSet.of(1), CpuSet.of(0)];
  const online = (chip: string, hints = byRule): FitsChangeAnswer =>
    only(ask(machine(chip, hints), 'online 2'));

  it('are dealt out anew, whatever mask they were given', () => {
    // The first pair stays on CPU 0, the third one gets CPU 2, and CPU 1 has room for the input of its own alone.
    const change = online('IR-PCI-MSI');
    expect(change.moves).toEqual([
      { irq: 32, from: 0, to: 1 },
      { irq: 34, from: 0, to: 2 },
      { irq: 35, from: 0, to: 2 },
    ]);
    expect([change.leastLeft, change.remarks]).toEqual([{ cpu: 1, available: exactly(0) }, []]);
  });

  it('without remapping go with their next interrupt: until then only bounds are known', () => {
    const change = online('PCI-MSI');
    expect(change.moves).toEqual([]);
    expect(change.leastLeft).toEqual({ cpu: 1, available: range(0, 1) });
    expect(change.remarks).toEqual([
      'IRQ 32-35 may still be where it was: each goes with its next interrupt',
    ]);
  });

  it('are left alone where the hints are not by its rule', () => {
    expect(online('IR-PCI-MSI', [CpuSet.of(1), CpuSet.of(0), CpuSet.of(0)]).moves).toEqual([]);
  });
});

describe('the queues of virtio-net when a CPU goes offline', () => {
  /** Three pairs of queues and the CPUs of the driver's rule; remapped. */
  const machine = (drawing: string, chip = 'IR-PCI-MSI'): MachineState => {
    const drawn = drawMachine(drawing);
    const named = drawn.irqs.map((irq, at) => ({
      ...irq,
      chip,
      name: `virtio0-${at % 2 === 0 ? 'input' : 'output'}.${at >> 1}`,
      hint: CpuSet.of(at >> 1),
    }));
    return { ...drawn, irqs: named };
  };
  const PAIRS = `
    30 on 0 mask 0
    31 on 0 mask 0
    32 on 1 mask 1
    33 on 1 mask 1
    34 on 2 mask 2
    35 on 2 mask 2
  `;

  it('are dealt out anew before the next one goes', () => {
    const drawing = `cpu capacity other\n0 20 5\n1 20 0\n2 20 0${PAIRS}`;
    const answer = ask(machine(drawing), 'offline 2,1');
    // Those of CPU 2 land on CPU 1, which has most left, and are sent to CPU 0 by their driver.
    expect(answer.steps[0]?.moves.map(({ irq, to }) => [irq, to])).toEqual([
      [34, 1],
      [35, 1],
    ]);
    expect(answer.steps[1]?.moves.map(({ irq }) => irq)).toEqual([32, 33]);
    expect([answer.steps[1]?.needed, answer.doubts]).toEqual([exactly(2), []]);
    const waiting = ask(machine(drawing, 'PCI-MSI'), 'offline 2,1');
    expect(waiting.doubts).toEqual([expect.stringContaining('virtio-net moves its queues anew')]);
  });

  it('are dealt out anew too where the CPU was refused', () => {
    // Somebody has sent the second pair to CPU 0.
    const sent = PAIRS.replaceAll('on 1 mask 1', 'on 0 mask 0');
    const answer = ask(machine(`cpu capacity other\n0 10 4\n1 10 8\n2 10 8${sent}`), 'offline 2,1');
    expect(answer.steps.map(({ message }) => message)).toEqual([
      'CPU 2 has 10 vectors, 4 available. Cannot disable CPU',
      'CPU 1 has 10 vectors, 4 available. Cannot disable CPU',
    ]);
  });

  it('leave the figures open where one is refused: an old vector may have come back in time', () => {
    // When CPU 2 has gone the second pair is to go to CPU 1, which is full until the third has left it.
    const pairs = PAIRS.replaceAll('on 1 mask 1', 'on 0 mask 0').replaceAll('on 2 mask 2', 'on 1 mask 1');
    const drawing = `cpu capacity other\n0 30 0\n1 10 8\n2 30 0${pairs}`;
    const answer = ask(machine(drawing), 'offline 2,1');
    expect(answer.steps.map(({ needed }) => needed)).toEqual([exactly(0), range(6, 10)]);
    expect(answer.steps[1]?.spare.min).toBe(answer.steps[1]?.spare.max);
    expect([answer.fits, answer.doubts]).toEqual([
      true,
      [expect.stringContaining('virtio-net is refused vectors on a full CPU')],
    ]);
  });

  it('leave the figures open where it is not known for certain that there was room', () => {
    const drawing = `cpu capacity other\n0 20..21 15\n1 20..21 0\n2 20..21 0${PAIRS}`;
    const sure = ask(machine(drawing.replace(' 15', ' 14')), 'offline 2,1').steps[1]?.needed;
    const unsure = ask(machine(drawing.replace(' 15', ' 18')), 'offline 2,1').steps[1]?.needed;
    expect(sure).toEqual(exactly(2));
    expect(unsure?.min).toBeLessThan(unsure?.max ?? 0);
  });

  it('are not dealt out in a suspend: their driver sleeps', () => {
    const answer = ask(machine(`cpu capacity other\n0 20 5\n1 20 0\n2 20 0${PAIRS}`), 'suspend');
    const moved = new Map(answer.steps.map(({ cpu, moves }) => [cpu, moves.map(({ irq }) => irq)]));
    expect([moved.get(1), moved.get(2)]).toEqual([
      [32, 33],
      [32, 33, 34, 35],
    ]);
  });
});

describe('threads that are switched off', () => {
  const machine = (cpus: string): MachineState => ({
    ...drawMachine(cpus),
    topology: topologyOfShape({ sockets: 1, cores: 2, threads: 2 }),
  });

  it('go in ascending order, the first of every core stays', () => {
    const answer = ask(machine('cpu other\n0 1\n1 1\n2 1\n3 1'), 'smt-off');
    expect(answer.steps.map(({ cpu, change }) => [cpu, change])).toEqual([
      [2, 'smt-off'],
      [3, 'smt-off'],
    ]);
    expect(answer.changes[0]?.steps).toEqual({ first: 0, count: 2 });
  });

  it('stop at the first that is refused, and those before it stay off', () => {
    const answer = ask(machine('cpu capacity other\n0 6 6\n1 6 5\n2 6 2\n3 6 6'), 'smt-off');
    expect(answer.steps.map(({ cpu, fits }) => [cpu, fits])).toEqual([[2, false]]);
    expect(() => ask(TWO, 'smt-off')).toThrow('--smt: which CPUs are threads of one core is not known here');
  });
});

describe('another kernel', () => {
  it('has its own number of vectors and its own rules, for all that follows', () => {
    const answer = ask('kernel 6.1\ncpu other\n0 1\n1 1\n2 1', 'upgrade 6.12', 'suspend');
    expect(answer.kernel.profile).toBe('6.12');
    expect(answer.steps.map(({ cpu }) => cpu)).toEqual([2, 1]);
    expect(answer.changes[0]?.remarks).toContain('suspend takes the CPUs down from the highest');
    expect(answer.changes[0]?.remarks).toContain(
      'a write to the smp_affinity of a managed interrupt answers EPERM',
    );
  });

  it('may have another number of vectors, which decides', () => {
    // 6.6 cleans up without a vector of its own: 202 for devices where 6.1 has 201.
    const drawing = 'kernel 6.1\ncpu other\n0 101\n1 101';
    expect(ask(drawing, 'offline 1').steps[0]).toMatchObject({ available: exactly(100), fits: false });
    const answer = ask(drawing, 'upgrade 6.6', 'offline 1');
    expect(answer.changes[0]?.remarks[0]).toBe('every CPU has 1 vector more for devices');
    expect(answer.steps[0]).toMatchObject({ available: exactly(101), fits: true });
  });

  it('comes first, and changes nothing where it is the same one', () => {
    expect(() => ask(TWO, 'offline 1', 'upgrade 6.12')).toThrow(
      '--upgrade: another kernel comes with a boot',
    );
    expect(only(ask(TWO, 'upgrade 6.1')).remarks[0]).toBe(
      'nothing that irqspace knows of changes for interrupts',
    );
  });
});

describe('a device that goes', () => {
  const withDevices = (drawing: string, devices: Record<number, string>, driver?: string): MachineState => {
    const machine = drawMachine(drawing);
    return { ...machine, irqs: machine.irqs.map((irq) => ({ ...irq, device: devices[irq.irq], driver })) };
  };

  it('gives its vectors back, those set aside too', () => {
    const machine = withDevices(
      'cpu capacity other\n0 10 8\n1 10 0\n30 on 1 mask 0-1\n31 on 1 mask 0-1\n32 on 1 mask 0-1 managed',
      { 30: '0000:01:00.0', 31: '0000:02:00.0', 32: '0000:01:00.0' },
    );
    expect(ask(machine, 'offline 1').fits).toBe(false);
    const answer = ask(machine, 'remove 01:00.0', 'offline 1');
    expect(answer.fits).toBe(true);
    expect(answer.changes[0]?.moves).toEqual([
      { irq: 30, from: 1, to: null },
      { irq: 32, from: 1, to: null },
    ]);
    expect(answer.steps[0]?.needed).toEqual(exactly(1));
    expect(() => ask(machine, 'remove 03:00.0')).toThrow(
      '--remove: 0000:03:00.0 has no interrupt here (devices with interrupts: 0000:01:00.0, 0000:02:00.0)',
    );
  });

  it('may have virtual functions before, as many as its driver knows', () => {
    const machine = withDevices('cpu other\n0 0\n1 0\n30 on 1', { 30: '0000:01:00.0' }, 'igb');
    const change = only(ask(machine, 'vfs 0000:01:00.0=2'));
    expect(change.interrupts?.wanted).toBe(6);
    expect(change.fits).toBe(true);
    expect(() => ask(machine, 'vfs 0000:01:00.0=8')).toThrow(
      '--vfs: igb has 0 to 7 virtual functions, found 8',
    );
    expect(fitsMaxOf(machine, [changeOf('vfs 0000:01:00.0=1')]).max).toMatchObject({ count: exactly(7) });
    const disk = withDevices('cpu other\n0 0\n30 on 0', { 30: '0000:01:00.0' }, 'nvme');
    expect(() => ask(disk, 'vfs 0000:01:00.0=1')).toThrow('driven by nvme, which has no virtual functions');
  });
});

describe('what cannot be read as a change', () => {
  it.each([
    ['offline x', '--offline: expected a CPU number or a range like 0-3, found "x"'],
    ['online', '--online: expected a CPU list like 3,2,1 or 4-7'],
    ['add nvme', '--add: expected DRIVER=N'],
    ['add nvme=0', '--add: expected 1 to 2048 devices, found "0"'],
    ['vfs 01:00=3', '--vfs: expected a PCI address such as 0000:03:00.0, found "01:00"'],
    ['vfs 01:00.0', '--vfs: expected BDF=N'],
    ['pin 3', '--pin: expected IRQS=CPUS'],
    ['pin 5-3=1', '--pin: expected a range whose end is not below its start'],
    ['smt-off on', '--smt: expected off, found "on"'],
    ['upgrade 3.10', '--upgrade: expected a kernel from 4.15'],
    ['suspend now', '--suspend: takes no value, found "now"'],
  ])('%s', (text, message) => {
    expect(() => changeOf(text)).toThrow(message);
  });
});
