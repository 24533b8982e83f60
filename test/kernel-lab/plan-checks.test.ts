/** The checks of plans, on captures that are made up: each fails where the kernel did something else. */
import { describe, expect, it } from 'vitest';
import type { LabCapture } from './checks.ts';
import { asked, figure, holds, madeUp, placed, wrote } from './made-up.ts';
import {
  drainedCpusGo,
  plansAreAccepted,
  plansAreStable,
  plansComeTrue,
  rollbackRestores,
  shortageIsTrue,
} from './plan-checks.ts';

describe('the checks of a plan that was applied', () => {
  const WRITE = { irq: 5, from: '0-3', to: '2', cpu: 3, toCpu: 2 };

  interface Seen {
    readonly outcome?: string;
    readonly cpu?: string;
    readonly mask?: string;
    readonly waits?: boolean;
    readonly available?: number;
    /** Of another interrupt, which was on CPU 0; and whether it waited to move. */
    readonly other?: string;
    readonly waited?: boolean;
    /** Interrupts that held an old vector when it was planned. */
    readonly olds?: number;
  }

  function applied({
    outcome = 'applied',
    cpu = '2',
    mask = '2',
    waits = false,
    available = 190,
    other = '0',
    waited = false,
    olds = 0,
  }: Seen): LabCapture {
    const rows = [{ cpu: 2, available: figure(available) }];
    const plan = {
      goal: { kind: 'drain' },
      writes: [WRITE],
      left: [
        waited ? { why: 'move-pending', irqs: '4,6-7', count: 3 } : { why: 'managed', irqs: '6', count: 1 },
        { why: 'old-vector', irqs: '9', count: olds },
      ],
      cpus: [{ cpu: 2, available: { after: figure(190) } }],
      state: { irqs: [{ irq: 5, cpu: 3 }, { irq: 6, cpu: 0 }, { irq: 8 }] },
    };
    return madeUp([
      asked('plan drain 3', plan),
      asked('apply plan.json', { outcome: 'dry-run', writes: [WRITE], notes: [] }),
      asked('apply plan.json --yes', { outcome, writes: [WRITE], notes: [] }),
      placed('after', { 5: cpu, 6: other }, { 5: mask, 6: '0-3' }),
      asked('report', { cpus: rows, irqs: [{ irq: 5, movePending: waits }] }),
    ]);
  }

  it('hold where the kernel took every write and all is where the plan said', () => {
    expect(holds(plansAreAccepted, applied({}))).toBe(true);
    expect(holds(plansComeTrue, applied({}))).toBe(true);
  });

  it('fail on a refusal, and where nothing was applied', () => {
    expect(holds(plansAreAccepted, applied({ outcome: 'refused' }))).toBe(false);
    expect(holds(plansAreAccepted, madeUp([]))).toBe(false);
    expect(holds(plansComeTrue, madeUp([]))).toBe(false);
  });

  it('fail on another CPU, another mask, and another number of vectors', () => {
    expect(holds(plansComeTrue, applied({ cpu: '1' }))).toBe(false);
    expect(holds(plansComeTrue, applied({ mask: '0-3' }))).toBe(false);
    expect(holds(plansComeTrue, applied({ available: 191 }))).toBe(false);
  });

  it('fail where every move still waits: nothing was seen', () => {
    expect(holds(plansComeTrue, applied({ cpu: '3', waits: true, available: 191 }))).toBe(false);
  });

  it('count a move that waited before, and fail on one that nobody asked for', () => {
    expect(holds(plansComeTrue, applied({ other: '2', waited: true, available: 189 }))).toBe(true);
    expect(holds(plansComeTrue, applied({ other: '2', waited: true, available: 190 }))).toBe(false);
    expect(holds(plansComeTrue, applied({ other: '2', available: 189 }))).toBe(false);
  });

  it('allow for old vectors that came back, as many as there were', () => {
    expect(holds(plansComeTrue, applied({ available: 192, olds: 2 }))).toBe(true);
    expect(holds(plansComeTrue, applied({ available: 193, olds: 2 }))).toBe(false);
    expect(holds(plansComeTrue, applied({ available: 189, olds: 2 }))).toBe(false);
  });

  it('hold where drained CPUs went as fits said, and fail where one was refused or not tried', () => {
    const offline = (result: string, fits = true): LabCapture => {
      const { story } = applied({});
      return madeUp([...story, asked('fits --offline 3', { fits }), wrote('/cpu3/online', '0', result)]);
    };
    expect(holds(drainedCpusGo, offline('OK'))).toBe(true);
    expect(holds(drainedCpusGo, offline('ENOSPC'))).toBe(false);
    expect(holds(drainedCpusGo, offline('OK', false))).toBe(false);
    expect(holds(drainedCpusGo, applied({}))).toBe(false);
  });
});

describe('the check of a goal that was reached', () => {
  const story = (again: readonly object[], doubts: readonly string[] = []): LabCapture =>
    madeUp([
      asked('plan drain 1 -o plan.json', { writes: [{}], doubts: ['one'] }),
      asked('plan drain 1', { writes: again, doubts }),
    ]);

  it('holds where the second plan is empty, and fails where it is not or was not asked for', () => {
    expect(holds(plansAreStable, story([]))).toBe(true);
    expect(holds(plansAreStable, story([{}]))).toBe(false);
    expect(holds(plansAreStable, story([{}], ['one']))).toBe(false);
    const another = asked('plan isolate 2', { writes: [{}], doubts: [] });
    expect(holds(plansAreStable, madeUp([...story([]).story, another]))).toBe(true);
    expect(holds(plansAreStable, madeUp(story([]).story.slice(0, 1)))).toBe(false);
  });

  it('does not compare where less is known than before', () => {
    const unsure = asked('plan drain 1', { writes: [{}], doubts: ['one', 'another'] });
    expect(holds(plansAreStable, madeUp([...story([]).story, unsure]))).toBe(true);
    expect(holds(plansAreStable, story([{}], ['another']))).toBe(false);
  });
});

describe('the check of an infeasible plan', () => {
  const story = (needed: number, available: number, feasible: boolean | null = false): LabCapture => {
    const shortage = { text: '', needed, available: figure(available) };
    return madeUp([
      asked('plan isolate 2-3', { feasible, shortage }, 1),
      wrote('/proc/irq/5/smp_affinity_list', '0-1', 'OK'),
      wrote('/proc/irq/6/smp_affinity_list', '0-1', 'ENOSPC'),
    ]);
  };

  it('holds at the true numbers, and fails at others', () => {
    expect(holds(shortageIsTrue, story(2, 1))).toBe(true);
    expect(holds(shortageIsTrue, story(3, 1))).toBe(false);
    expect(holds(shortageIsTrue, story(2, 0))).toBe(false);
    expect(holds(shortageIsTrue, story(2, 1, null))).toBe(false);
    expect(holds(shortageIsTrue, madeUp([]))).toBe(false);
  });
});

describe('the check of a killed apply', () => {
  const kill = (
    at: number,
    died: boolean,
    after: string,
  ): readonly Parameters<typeof madeUp>[0][number][] => [
    placed('before-kill', {}, { 5: '0-3', 6: '1' }),
    { kind: 'killed', at, half: false, died },
    placed('after-rollback', {}, { 5: after, 6: '1' }),
  ];

  it('holds where every mask is as before and the last one had no write left', () => {
    expect(holds(rollbackRestores, madeUp([...kill(1, true, '0-3'), ...kill(2, false, '0-3')]))).toBe(true);
  });

  it('fails on a mask that differs, on writes that had no turn, and where nothing was killed', () => {
    expect(holds(rollbackRestores, madeUp([...kill(1, true, '2'), ...kill(2, false, '0-3')]))).toBe(false);
    expect(holds(rollbackRestores, madeUp([...kill(1, true, '0-3'), ...kill(2, false, '2')]))).toBe(false);
    expect(holds(rollbackRestores, madeUp(kill(1, true, '0-3')))).toBe(false);
    expect(holds(rollbackRestores, madeUp(kill(1, false, '0-3')))).toBe(false);
  });
});
