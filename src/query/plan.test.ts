/** A section for each goal and promise of a plan, all held by the same `plan()`, which asks again after each; hence the length. */
import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { meanwhile, PROGRESS } from '../../test/meanwhile.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { type Plan, plan as planSchema } from '../format/plan.ts';
import { asNodeId } from '../model/ids.ts';
import type { IrqState, MachineState } from '../model/machine-state.ts';
import type { PlanGoal, PlanRequest } from '../plan/goal.ts';
import { machineAfter, planOf } from './plan.ts';

function request(goal: PlanGoal, more: Partial<PlanRequest> = {}): PlanRequest {
  return { goal, hints: 'ignore', wide: false, ...more };
}

/**
 * The plan, which the schema must accept, and after which there is nothing left to do: also while interrupts wait to
 * move, or hold the vectors that they left.
 */
function plan(machine: MachineState, goal: PlanGoal, more: Partial<PlanRequest> = {}): Plan {
  const asked = request(goal, more);
  const answer = planSchema.parse(planOf(machine, asked));
  expect(planOf(machine, asked)).toEqual(answer);
  if (answer.feasible === true) expect(planOf(machineAfter(machine, asked), asked).writes).toEqual([]);
  else expect(answer.writes).toEqual([]);
  for (const first of PROGRESS.keys()) {
    const written = meanwhile(machine, answer, (at) => PROGRESS[(first + at) % PROGRESS.length] ?? 'done');
    if (answer.feasible === true) expect(planOf(written, asked).writes).toEqual([]);
  }
  return answer;
}

function moves({ writes }: Plan): string[] {
  return writes.map(({ irq, from, to, cpu, toCpu }) => `${irq} ${from}>${to} ${cpu}>${toCpu ?? '?'}`);
}

const isolate = (...cpus: readonly number[]): PlanGoal => ({ kind: 'isolate', cpus: CpuSet.of(...cpus) });
const drain = (...cpus: readonly number[]): PlanGoal => ({ kind: 'drain', cpus });

function withIrqs(machine: MachineState, change: (irq: IrqState) => Partial<IrqState>): MachineState {
  return { ...machine, irqs: machine.irqs.map((irq) => ({ ...irq, ...change(irq) })) };
}

const REMAPPED = { chip: 'IR-PCI-MSI' };

const FOUR = `
  cpu capacity
    0       10
    1       10
    2       10
    3       10
`;

describe('a plan touches only what user space may move', () => {
  const machine = drawMachine(`${FOUR}
    30 on 3 mask 0-3
    31 on 3 mask 2-3 managed
    32 on 3 mask 2-3 managed?
    33 on ? mask 0-3
    34 on 3 mask 0-1
    35 on 3 mask 0-3 old 1
    36 on 3 mask 0-3
    37 down mask 3 managed
  `);
  const answer = plan(
    withIrqs(machine, ({ irq }) => (irq === 36 ? { fixed: 'not balanced' } : {})),
    isolate(3),
  );

  it('and says of the others why they are left, and which the goal wanted elsewhere', () => {
    expect(moves(answer)).toEqual(['30 0-3>0 3>0']);
    expect(answer.left.map(({ why, irqs, against }) => `${why} ${irqs} ${against ?? '-'}`)).toEqual([
      'managed 31 31',
      'perhaps-managed 32 32',
      'cpu-unknown 33 -',
      'move-pending 34 -',
      'old-vector 35 35',
      'fixed 36 36',
    ]);
    expect(answer.left.map(({ text }) => text).join()).toContain('a write answers EIO');
  });

  it('with the errno of its kernel', () => {
    const later = drawMachine(`kernel 6.12\n${FOUR}\n 31 on 3 mask 2-3 managed`);
    expect(plan(later, isolate(3)).left[0]?.text).toContain('a write answers EPERM');
  });
});

describe('isolate', () => {
  it('moves what is on the CPUs, each to the CPU with the most left, and narrows the masks of the others', () => {
    const machine = drawMachine(`
      cpu capacity other
        0       10     5
        1       10     2
        2       10     0
      30 on 2 mask 0-2
      31 on 2 mask 2
      32 on 0 mask 0-2
      33 on 1 mask 0-1
    `);
    const answer = plan(machine, isolate(2));
    expect(moves(answer)).toEqual(['30 0-2>1 2>1', '31 2>1 2>1', '32 0-2>0-1 0>0']);
    expect(answer.writes.map(({ moves: how }) => how)).toEqual(['next-interrupt', 'next-interrupt', 'stays']);
    // 33 is on CPU 1 too.
    expect(answer.cpus[1]?.available).toEqual({ before: { min: 7, max: 7 }, after: { min: 5, max: 5 } });
  });

  it('leaves who is outside of its mask where it is: the mask was full when it was requested', () => {
    const drawn = drawMachine(`
      cpu capacity other
        0       10     0
        1       10    10
        2       10     9
      30 on 0 mask 1-2
      31 on 2 mask 1-2
    `);
    const machine = withIrqs(drawn, () => ({ ...REMAPPED, movePending: false }));
    const answer = plan(machine, isolate(2));
    expect(moves(answer)).toEqual(['30 1-2>0-1 0>0', '31 1-2>0 2>0']);
    expect(answer.writes[0]?.moves).toBe('stays');
  });

  it('says what would have to leave, what room there is, and the smallest change that makes it fit', () => {
    const machine = drawMachine(`
      cpu capacity other
        0       10     8
        1       10     0
        2       10     0
      30 on 1 mask 0-2
      31 on 1 mask 0-2
      32 on 1 mask 0-2
      33 on 2 mask 0-2
    `);
    const answer = plan(machine, isolate(1, 2));
    expect(answer.feasible).toBe(false);
    expect(answer.shortage).toMatchObject({ needed: 4, available: { min: 2, max: 2 }, cpus: '0' });
    expect(answer.shortage?.text).toBe('4 vectors have to leave CPU 1-2, and CPU 0 has 2 left: 2 too many');
    expect(answer.shortage?.remedies[0]).toBe(
      'keep one CPU of them for interrupts, e.g. CPU 1: then 1 have to leave, for 9',
    );
    // And so it is.
    expect(plan(machine, isolate(2)).feasible).toBe(true);
  });

  it('is undecided where only the bounds of what is left allow it', () => {
    const machine = drawMachine(`
      cpu capacity other drift
        0       10     8  -1..1
        1       10     0      0
      30 on 1 mask 0-1
      31 on 1 mask 0-1
    `);
    const answer = plan(machine, isolate(1));
    expect([answer.feasible, answer.shortage?.available]).toEqual([null, { min: 1, max: 3 }]);
  });

  it('sends nothing to a CPU that was isolated at boot', () => {
    const machine = { ...drawMachine(`${FOUR}\n 30 on 3 mask 0-3`), isolated: CpuSet.of(0, 1) };
    expect(moves(plan(machine, isolate(3)))).toEqual(['30 0-3>2 3>2']);
  });

  it('prefers the node of the device, and goes elsewhere where that is full', () => {
    const machine = drawMachine(`
      cpu capacity other
        0       10     0
        1       10     9
        2       10     0
      30 on 2 mask 0-2
      31 on 2 mask 0-2
    `);
    const nodes = [
      { node: asNodeId(0), cpus: CpuSet.of(0) },
      { node: asNodeId(1), cpus: CpuSet.of(1, 2) },
    ];
    const local = withIrqs({ ...machine, nodes }, () => ({ node: asNodeId(1) }));
    expect(moves(plan(local, isolate(2)))).toEqual(['30 0-2>1 2>1', '31 0-2>0 2>0']);
  });

  it('asks for no CPU that is not there, and for a CPU that is left', () => {
    const machine = drawMachine(FOUR);
    expect(() => planOf(machine, request(isolate(7)))).toThrow('there is no CPU 7 here (CPUs 0-3)');
    expect(() => planOf(machine, request(isolate(0, 1, 2, 3)))).toThrow('no CPU is left');
  });
});

describe('the way to where a plan leads', () => {
  it('never counts on a vector that another interrupt leaves', () => {
    // Each of the two would fit after the other has left, and none of them leaves before it has moved.
    const machine = drawMachine(`
      cpu capacity other
        0        3     2
        1        3     2
      30 on 0 mask 0-1
      31 on 1 mask 0-1
    `);
    const nodes = [0, 1].map((cpu) => ({ node: asNodeId(cpu), cpus: CpuSet.of(cpu) }));
    const crossed = withIrqs({ ...machine, nodes }, ({ irq }) => ({ node: asNodeId(irq === 30 ? 1 : 0) }));
    const answer = plan(crossed, { kind: 'numa-local' });
    expect([answer.feasible, answer.shortage?.needed, answer.shortage?.available.max]).toEqual([false, 1, 0]);
  });

  it('nor on one that is sure to be left: it is held until its clean-up', () => {
    const machine = drawMachine(`
      cpu capacity other
        0        3     2
        1        3     0
        2        3     0
      30 on 0 mask 0-2
      31 on 1 mask 0-2
    `);
    // 30 goes to CPU 2, which has room; 31 would have to take its place on CPU 0.
    const nodes = [0, 1, 2].map((cpu) => ({ node: asNodeId(cpu), cpus: CpuSet.of(cpu) }));
    const chained = withIrqs({ ...machine, nodes }, ({ irq }) => ({ node: asNodeId(irq === 30 ? 2 : 0) }));
    const answer = plan(chained, { kind: 'numa-local' });
    expect([answer.feasible, answer.shortage?.needed, answer.shortage?.cpus]).toEqual([false, 1, '0']);
    expect(answer.shortage?.text).toContain('1 interrupt belongs on node 0');
  });

  it('leaves room for a move that waits and may come to any CPU of its mask', () => {
    const machine = drawMachine(`
      cpu capacity other
        0       10     8
        1       10     0
        2       10     0
      30 on 2 mask 0-2
      31 on 2 mask 0-1
      32 on 2 mask 0-2
    `);
    // CPU 0 has two left: one of them is for 31.
    const answer = plan(machine, isolate(1, 2));
    expect([answer.feasible, answer.shortage?.available]).toEqual([null, { min: 1, max: 2 }]);
  });

  it('makes way for one that can go nowhere else', () => {
    const machine = drawMachine(`
      cpu capacity other
        0       10     9
        1       10     9
        2       10     0
        3       10    10
      30 on 2 mask 0-3
      31 on 2 mask 0-3
    `);
    const hinted = withIrqs(machine, ({ irq }) => ({ hint: CpuSet.of(0, irq === 30 ? 1 : 3) }));
    expect(moves(plan(hinted, isolate(2), { hints: 'subset' }))).toEqual(['30 0-3>1 2>1', '31 0-3>0 2>0']);
  });
});

describe('drain', () => {
  it('moves what is on the CPUs and leaves the masks of the others', () => {
    const machine = drawMachine(`${FOUR}\n 30 on 3 mask 3\n 31 on 0 mask 0-3\n 32 on 2 mask 0-3`);
    expect(moves(plan(machine, drain(3, 2)))).toEqual(['30 3>1 3>1', '32 0-3>0 2>0']);
  });

  it('says what the kernel would say where the others have not enough', () => {
    const machine = drawMachine(`
      cpu capacity other
        0       10     8
        1       10     5
      30 on 1 mask 0-1
    `);
    const answer = plan(machine, drain(1));
    expect(answer.feasible).toBe(false);
    expect(answer.shortage?.text).toBe('CPU 1 has 5 vectors, 1 available. Cannot disable CPU');
  });

  it('refuses CPU 0 and CPUs that are offline', () => {
    const machine = drawMachine('cpu capacity other\n 0 10 0\n 1 10 off');
    expect(() => planOf(machine, request(drain(0)))).toThrow('CPU 0 cannot go offline on x86');
    expect(() => planOf(machine, request(drain(1)))).toThrow('CPU 1 is offline already');
  });
});

describe('balance and spread', () => {
  const rates = (deliveries: Readonly<Record<number, number>>) => ({
    deliveries: new Map(Object.entries(deliveries).map(([irq, count]) => [Number(irq), count])),
    seconds: 1,
  });

  it('by rates moves the few that level the load, and no quiet one', () => {
    const machine = drawMachine(`${FOUR}
      30 on 0 mask 0-3
      31 on 0 mask 0-3
      32 on 0 mask 0-3
      33 on 0 mask 0-3
      34 on 0 mask 0-3
    `);
    const answer = plan(
      machine,
      { kind: 'balance', by: 'rates' },
      { rates: rates({ 30: 100, 31: 100, 32: 100, 33: 100 }) },
    );
    expect(answer.writes).toHaveLength(3);
    expect(answer.cpus.map(({ load }) => load?.after)).toEqual([100, 100, 100, 100]);
    expect(answer.measured).toEqual({ deliveries: 400, seconds: 1 });
  });

  it('exchanges a heavy interrupt for a light one where no single move helps', () => {
    const machine = drawMachine(`
      cpu capacity
        0       10
        1       10
      30 on 0 mask 0-1
      31 on 0 mask 0-1
      32 on 1 mask 0-1
      33 on 1 mask 0-1
    `);
    const measured = rates({ 30: 70, 31: 60, 32: 50, 33: 40 });
    const answer = plan(machine, { kind: 'balance', by: 'rates' }, { rates: measured });
    expect(moves(answer)).toEqual(['30 0-1>1 0>1', '32 0-1>0 1>0']);
    expect(answer.cpus.map(({ load }) => load?.after)).toEqual([110, 110]);
  });

  it('leaves a machine that is within 5 % of the mean, and says what keeps a CPU above it', () => {
    const machine = drawMachine('cpu capacity\n 0 10\n 1 10\n 30 on 0 mask 0-1\n 31 on 1 mask 0-1');
    const balance: PlanGoal = { kind: 'balance', by: 'rates' };
    expect(plan(machine, balance, { rates: rates({ 30: 104, 31: 100 }) }).writes).toEqual([]);
    const one = plan(machine, balance, { rates: rates({ 30: 300, 31: 100 }) });
    expect(one.writes).toEqual([]);
    expect(one.notes).toEqual(['CPU 0 keeps 150 % of the mean: 150 % of it by one interrupt']);
  });

  it('counts what cannot be moved where it is', () => {
    const machine = drawMachine(`
      cpu capacity
        0       10
        1       10
      30 on 0 mask 0 managed
      31 on 0 mask 0-1
      32 on 1 mask 0-1
    `);
    const answer = plan(
      machine,
      { kind: 'balance', by: 'rates' },
      { rates: rates({ 30: 100, 31: 50, 32: 50 }) },
    );
    expect(moves(answer)).toEqual(['31 0-1>1 0>1']);
  });

  it('by vectors levels what is left, spread what is in use', () => {
    const machine = drawMachine(`
      cpu capacity managed
        0       10       4
        1       10       0
      30 on 0 mask 0-1
      31 on 1 mask 0-1
      32 on 1 mask 0-1
      33 on 1 mask 0-1
    `);
    // Left: 5 and 7, and with one more on CPU 1 it would be 6 and 6; in use: 1 and 3.
    expect(moves(plan(machine, { kind: 'balance', by: 'vectors' }))).toEqual(['30 0-1>1 0>1']);
    expect(moves(plan(machine, { kind: 'spread' }))).toEqual(['31 0-1>0 1>0']);
  });

  it('stays on the node of the device', () => {
    const machine = drawMachine(`${FOUR}
      30 on 0 mask 0-3
      31 on 0 mask 0-3
      32 on 0 mask 0-3
    `);
    const nodes = [CpuSet.of(0, 1), CpuSet.of(2, 3)].map((cpus, node) => ({ node: asNodeId(node), cpus }));
    const local = withIrqs({ ...machine, nodes }, () => ({ node: asNodeId(0) }));
    expect(moves(plan(local, { kind: 'spread' }))).toEqual(['30 0-3>1 0>1']);
  });

  it('asks for rates', () => {
    expect(() => planOf(drawMachine(FOUR), request({ kind: 'balance', by: 'rates' }))).toThrow(
      'two readings',
    );
  });
});

describe('a machine on which a plan was written, and interrupts still wait to move', () => {
  const machine = drawMachine(`
    cpu capacity other
      0       10     6
      1       10     0
    30 on 0 mask 1
    31 on 0 mask 1
    32 on 0 mask 0-1
    33 on 1 mask 0-1 old 0
  `);

  it.each<PlanGoal>([{ kind: 'spread' }, { kind: 'balance', by: 'vectors' }])(
    'has them counted where they go: $kind',
    (goal) => {
      // In use are 10 and 1, and it will be 7 and 3: two more go, and then it is even.
      const answer = plan(machine, goal);
      expect(answer.cpus.map(({ load }) => load?.before)).toEqual(goal.kind === 'spread' ? [7, 3] : [4, 0]);
      expect(moves(answer)).toEqual(['32 0-1>1 0>1']);
    },
  );

  it('and by rates too', () => {
    const deliveries = new Map([30, 31, 32, 33].map((irq) => [irq, 100]));
    const answer = plan(machine, { kind: 'balance', by: 'rates' }, { rates: { deliveries, seconds: 1 } });
    expect(answer.cpus.map(({ load }) => load?.before)).toEqual([100, 300]);
  });

  it('has the headroom that is on its way', () => {
    expect(plan(machine, { kind: 'headroom', vectors: 3 }).writes).toEqual([]);
    expect(moves(plan(machine, { kind: 'headroom', vectors: 4 }))).toEqual(['32 0-1>1 0>1']);
  });

  it('is not levelled because of what is not known of a CPU', () => {
    const irqs = '30 on 0 mask 0-1\n31 on 1 mask 0-1';
    const level: PlanGoal = { kind: 'balance', by: 'vectors' };
    expect(plan(drawMachine(`cpu capacity drift\n0 10 0\n1 10 -2..2\n${irqs}`), level).writes).toEqual([]);
    expect(plan(drawMachine(`cpu capacity drift\n0 10 0\n1 10 -4..0\n${irqs}`), level).writes).toHaveLength(
      1,
    );
  });

  it('takes an interrupt that may go to several CPUs to go where most is left', () => {
    const several = drawMachine(`
      cpu capacity other
        0       10     4
        1       10     8
        2       10     0
      30 on 0 mask 1-2
    `);
    expect(plan(several, { kind: 'spread' }).cpus.map(({ load }) => load?.before)).toEqual([4, 8, 1]);
  });
});

describe('headroom', () => {
  const machine = drawMachine(`
    cpu capacity other
      0       10     6
      1       10     0
    30 on 0 mask 0-1
    31 on 0 mask 0-1
  `);
  it('moves the last ones off the CPUs that have too few left', () => {
    expect(moves(plan(machine, { kind: 'headroom', vectors: 3 }))).toEqual(['31 0-1>1 0>1']);
  });

  it('is there too when a full CPU has room again, and only its bounds are known', () => {
    const irqs = Array.from({ length: 9 }, (_, at) => `${30 + at} on 0 mask 0-1`);
    const full = drawMachine(`cpu capacity drift\n0 8 0..1\n1 50 0\n${irqs.join('\n')}`);
    // It has none left; once two have left it, one or two.
    expect(plan(full, { kind: 'headroom', vectors: 2 }).writes).toHaveLength(3);
  });

  it('says what limits it, and the most that fits', () => {
    const answer = plan(machine, { kind: 'headroom', vectors: 5 });
    expect(answer.shortage?.text).toContain('CPU 0 comes to 4 at most: all else there cannot be moved');
    expect(answer.shortage?.remedies).toEqual(['headroom 4 is the most that fits']);
    expect(plan(machine, { kind: 'headroom', vectors: 4 }).feasible).toBe(true);
  });
});

describe('numa-local', () => {
  const nodes = [CpuSet.of(0, 1), CpuSet.of(2, 3)].map((cpus, node) => ({ node: asNodeId(node), cpus }));
  const machine = {
    ...drawMachine(`${FOUR}\n 30 on 0 mask 0-3\n 31 on 2 mask 0-3\n 32 on 1 mask 0-3`),
    nodes,
  };

  it('moves who is away from the node of its device, and nobody else', () => {
    const local = withIrqs(machine, ({ irq }) => (irq === 32 ? {} : { node: asNodeId(1) }));
    expect(moves(plan(local, { kind: 'numa-local' }))).toEqual(['30 0-3>3 0>3']);
    expect(moves(plan(local, { kind: 'numa-local' }, { wide: true }))).toEqual(['30 0-3>2-3 0>?']);
  });

  it('has nothing to do without nodes', () => {
    expect(plan(drawMachine(FOUR), { kind: 'numa-local' }).notes[0]).toContain('every CPU is local');
  });
});

describe('hints', () => {
  const machine = withIrqs(drawMachine(`${FOUR}\n 30 on 3 mask 0-3\n 31 on 3 mask 0-3`), ({ irq }) => ({
    hint: irq === 30 ? CpuSet.of(1, 2) : CpuSet.of(3),
  }));

  it('ignored, count nothing', () => {
    expect(moves(plan(machine, isolate(3)))).toEqual(['30 0-3>0 3>0', '31 0-3>1 3>1']);
  });

  it('as a subset, bound where an interrupt goes; one whose hint is nowhere is left', () => {
    const answer = plan(machine, isolate(3), { hints: 'subset' });
    expect(moves(answer)).toEqual(['30 0-3>1 3>1']);
    expect(answer.left).toMatchObject([{ why: 'hint', irqs: '31', against: '31' }]);
  });

  it('exactly, are the mask', () => {
    expect(moves(plan(machine, isolate(3), { hints: 'exact' }))).toEqual(['30 0-3>1-2 3>?']);
    expect(plan(machine, { kind: 'spread' }, { hints: 'exact' }).left.map(({ why }) => why)).toContain(
      'hint',
    );
  });
});

describe('what is foretold', () => {
  const drawn = drawMachine(`${FOUR}\n 30 on 3 mask 0-3\n 31 on 3 mask 0-3`);
  const remapped = withIrqs(drawn, () => REMAPPED);

  it('is the vector too where every counter is known and moves are at once', () => {
    const writes = plan(remapped, isolate(3)).writes;
    expect(writes.map(({ moves: how, vector }) => [how, typeof vector])).toEqual([
      ['at-once', 'number'],
      ['at-once', 'number'],
    ]);
    expect(plan(drawn, isolate(3)).writes.map(({ vector }) => vector)).toEqual([undefined, undefined]);
  });

  it('with wide masks is the CPU where moves are at once, and elsewhere one of the mask', () => {
    expect(moves(plan(remapped, isolate(3), { wide: true }))).toEqual(['30 0-3>0-2 3>0', '31 0-3>0-2 3>1']);
    expect(moves(plan(drawn, isolate(3), { wide: true }))).toEqual(['30 0-3>0-2 3>?', '31 0-3>0-2 3>?']);
  });
});

describe('a mask that leaves the choice to the kernel', () => {
  const machine = withIrqs(
    drawMachine(`
      cpu capacity other
        0       10     9
        1       10     9
        2       10     0
      30 on 2 mask 0-2
      31 on 2 mask 0-2
    `),
    ({ irq }) => ({ hint: irq === 30 ? CpuSet.of(0, 1) : CpuSet.of(0) }),
  );

  it('must fit whatever it chooses, in any order', () => {
    // 30 may take the one vector that 31 needs.
    const wide = plan(machine, isolate(2), { hints: 'subset', wide: true });
    expect([wide.feasible, wide.shortage?.remedies]).toEqual([
      null,
      ['one CPU for each (without --wide, or masks of one CPU)'],
    ]);
    expect(plan(machine, isolate(2), { hints: 'subset' }).feasible).toBe(true);
  });

  it('is refused by the model where the choice is known and wrong', () => {
    const remapped = withIrqs(machine, () => REMAPPED);
    const wide = plan(remapped, isolate(2), { hints: 'subset', wide: true });
    expect([wide.feasible, wide.shortage?.text]).toEqual([
      false,
      'the kernel would answer ENOSPC for IRQ 31',
    ]);
  });
});

describe('a machine of which nothing can be said', () => {
  it('gets no plan', () => {
    const machine = drawMachine(FOUR);
    expect(() => planOf({ ...machine, hasVectorDomain: false }, request({ kind: 'spread' }))).toThrow(
      'no x86',
    );
    expect(() => planOf({ ...machine, uncountable: 'it wrapped' }, request({ kind: 'spread' }))).toThrow(
      'it wrapped',
    );
  });
});
