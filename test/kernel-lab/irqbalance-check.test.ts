/** The check of irqbalance's turn, on captures that are made up. */
import { describe, expect, it } from 'vitest';
import type { LabCapture } from './checks.ts';
import { refusedBeside } from './irqbalance-check.ts';
import { asked, holds, madeUp, point } from './made-up.ts';
import type { StoryLine } from './story.ts';

const turn = (name: string, banned: string, cycles = 3): StoryLine => ({
  kind: 'balanced',
  name,
  banned,
  cycles,
});
const ENOSPC = 28;
const EIO = 5;

interface Seen {
  readonly result?: string;
  readonly cycles?: number;
  /** Of irqbalance on half of the CPUs. */
  readonly refusals?: readonly number[];
  readonly feasible?: boolean | null;
}

function capture({ result = 'done', cycles = 3, refusals = [], feasible = true }: Seen): LabCapture {
  return madeUp(
    [
      asked('apply plan.json', { outcome: 'dry-run', writes: [] }),
      asked('apply plan.json --yes', { outcome: 'applied', writes: [{ irq: 5, result }] }),
      turn('all', '', cycles),
      asked('plan isolate 2-3', { feasible, writes: [], shortage: { text: 'too many' } }),
      turn('half', '2-3'),
    ],
    [point('mark irqbalance-end all', { refusals: [EIO] }), point('mark irqbalance-end half', { refusals })],
  );
}

describe('the check of irqspace beside irqbalance', () => {
  it('holds where irqspace had no refusal, and said before where irqbalance would have one', () => {
    expect(holds(refusedBeside, capture({}))).toBe(true);
    expect(holds(refusedBeside, capture({ refusals: [EIO] }))).toBe(true);
    expect(holds(refusedBeside, capture({ refusals: [ENOSPC, ENOSPC], feasible: false }))).toBe(true);
    const [finding] = refusedBeside(capture({ refusals: [ENOSPC, ENOSPC, EIO], feasible: false }));
    expect(finding?.shows).toBe(
      'irqspace: 0 of 1 refused; irqbalance: 0 ENOSPC, 1 other, 3 cycles; ' +
        'irqbalance without CPU 2-3: 2 ENOSPC, 1 other, 3 cycles; irqspace, asked for that: too many',
    );
  });

  it('fails on a refusal of ours, on one of theirs that was not foretold, and where nothing ran', () => {
    expect(holds(refusedBeside, capture({ result: 'refused' }))).toBe(false);
    expect(holds(refusedBeside, capture({ refusals: [ENOSPC] }))).toBe(false);
    expect(holds(refusedBeside, capture({ cycles: 0 }))).toBe(false);
    expect(holds(refusedBeside, madeUp([]))).toBe(false);
  });
});
