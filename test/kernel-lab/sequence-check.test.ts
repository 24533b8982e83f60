import { describe, expect, it } from 'vitest';
import type { LabCapture } from './checks.ts';
import { asked, figure, holds, madeUp, point, wrote } from './made-up.ts';
import { sequenceIsRight } from './sequence-check.ts';

const online = (cpu: number): string => `/sys/devices/system/cpu/cpu${cpu}/online`;
const REFUSAL = 'CPU 2 has 9 vectors, 4 available. Cannot disable CPU';

/** CPU 1 goes, CPU 2 is refused. */
function story(first: object, second: object): LabCapture {
  const steps = [
    { cpu: 1, fits: true, moves: [{ irq: 5, from: 1, to: 0 }], ...first },
    { cpu: 2, fits: false, moves: [], ...second },
  ];
  return madeUp(
    [
      asked('fits --offline 1,2', { steps }),
      wrote(online(1), '0', 'OK'),
      wrote(online(2), '0', 'ENOSPC', `smpboot: ${REFUSAL}`),
    ],
    [point(`res write ${online(1)} 0 -> OK`, { given: [{ irq: 5, to: 0 }] })],
  );
}

const BOUNDS = { needed: figure(8, 9), available: figure(4) };

describe('the check of CPUs that were asked for at once', () => {
  it('holds where each verdict is right, and the figures are those of the kernel or bounds around them', () => {
    expect(holds(sequenceIsRight, story({}, { message: REFUSAL }))).toBe(true);
    expect(holds(sequenceIsRight, story({}, BOUNDS))).toBe(true);
    expect(sequenceIsRight(story({}, BOUNDS))[0]?.shows).toBe(
      '2 CPUs one after the other; of 2 every move as the likely kernel has it',
    );
  });

  it('fails on a wrong verdict, other figures, and where nothing was asked', () => {
    expect(holds(sequenceIsRight, story({ fits: false, ...BOUNDS }, BOUNDS))).toBe(false);
    expect(holds(sequenceIsRight, story({}, { ...BOUNDS, needed: figure(10, 12) }))).toBe(false);
    expect(holds(sequenceIsRight, story({}, { message: REFUSAL.replace('9', '8') }))).toBe(false);
    expect(holds(sequenceIsRight, madeUp([]))).toBe(false);
  });
});
