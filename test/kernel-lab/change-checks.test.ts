import { describe, expect, it } from 'vitest';
import { changesAreRight } from './change-checks.ts';
import type { LabCapture } from './checks.ts';
import { asked, figure, holds, madeUp, placed, wrote } from './made-up.ts';
import type { StoryLine } from './story.ts';

interface Made {
  readonly fits?: boolean | null;
  readonly to?: number;
  readonly left?: number;
  readonly result?: string;
}

function change({ fits = true, to = 2, left = 190, result = 'OK' }: Made): StoryLine[] {
  const moves = [
    { irq: 5, from: 1, to },
    // It starts where it is shown already.
    { irq: 6, from: null, to: 0 },
  ];
  const answer = { fits, moves, leastLeft: { cpu: 2, available: figure(left) } };
  return [
    placed('before-change', { 5: '1', 6: '0' }),
    asked('fits --pin 5=2', { changes: [answer] }),
    wrote('/proc/irq/5/smp_affinity_list', '2', result),
    placed('after-change', { 5: '2', 6: '0' }),
    asked('report', { cpus: [{ cpu: 2, available: figure(190) }] }),
  ];
}

const fifty = (last: Made): LabCapture =>
  madeUp([...Array.from({ length: 49 }, () => change({})).flat(), ...change(last)]);

describe('the check of many changes', () => {
  it('holds where every one of them is as predicted', () => {
    expect(holds(changesAreRight, fifty({}))).toBe(true);
  });

  it('fails on one wrong verdict, target or number of vectors among fifty, and on fewer', () => {
    expect(holds(changesAreRight, fifty({ fits: null }))).toBe(false);
    expect(holds(changesAreRight, fifty({ result: 'ENOSPC' }))).toBe(false);
    expect(holds(changesAreRight, fifty({ to: 3 }))).toBe(false);
    expect(holds(changesAreRight, fifty({ left: 189 }))).toBe(false);
    expect(holds(changesAreRight, madeUp(change({})))).toBe(false);
  });
});
