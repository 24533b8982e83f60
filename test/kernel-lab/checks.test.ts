/** The lab's checks, on captures that are made up: each holds where irqspace is right, and fails where it is not. */
import { describe, expect, it } from 'vitest';
import { fillsUpAsReported, fitsIsRight, isWhole, type LabCapture, reportIsRight } from './checks.ts';
import { asked, figure, holds, madeUp, placed, point, wrote } from './made-up.ts';
import type { StoryLine } from './story.ts';

const OFFLINE = '/sys/devices/system/cpu/cpu1/online';
const REFUSAL = 'CPU 1 has 9 vectors, 4 available. Cannot disable CPU';

function fits(step: object): StoryLine {
  return asked('fits --offline 1', { steps: [{ cpu: 1, moves: [], ...step }] });
}

describe('the check of fits', () => {
  const gone = point(`res write ${OFFLINE} 0 -> OK`, {
    given: [
      { irq: 5, to: 0 },
      { irq: 7, to: 2 },
    ],
  });
  const moves = [
    { irq: 5, from: 1, to: 0 },
    { irq: 7, from: 1, to: 2 },
  ];
  const accepted = (step: object): LabCapture => madeUp([fits(step), wrote(OFFLINE, '0', 'OK')], [gone]);
  const refused = (step: object): LabCapture =>
    madeUp([fits(step), wrote(OFFLINE, '0', 'ENOSPC', `smpboot: ${REFUSAL}`)]);

  it("holds where verdict, message and moves are the kernel's", () => {
    expect(holds(fitsIsRight, accepted({ fits: true, moves }))).toBe(true);
    expect(holds(fitsIsRight, refused({ fits: false, message: REFUSAL }))).toBe(true);
  });

  it('fails on a wrong verdict, and on none', () => {
    expect(holds(fitsIsRight, accepted({ fits: false, moves }))).toBe(false);
    expect(holds(fitsIsRight, accepted({ fits: null, moves }))).toBe(false);
    expect(holds(fitsIsRight, refused({ fits: true, message: REFUSAL }))).toBe(false);
  });

  it('fails on another target, a move too few, and other numbers in the message', () => {
    const elsewhere = [moves[0], { irq: 7, from: 1, to: 3 }];
    expect(holds(fitsIsRight, accepted({ fits: true, moves: elsewhere }))).toBe(false);
    expect(holds(fitsIsRight, accepted({ fits: true, moves: moves.slice(1) }))).toBe(false);
    expect(holds(fitsIsRight, refused({ fits: false, message: REFUSAL.replace('4', '5') }))).toBe(false);
  });

  it('takes bounds for a message only where they hold the numbers of the kernel', () => {
    const bounds = { fits: false, needed: figure(9), available: figure(3, 5) };
    expect(holds(fitsIsRight, refused(bounds))).toBe(true);
    expect(holds(fitsIsRight, refused({ ...bounds, available: figure(5, 6) }))).toBe(false);
    expect(holds(fitsIsRight, refused({ ...bounds, needed: figure(10, 12) }))).toBe(false);
  });

  it('fails where nothing was asked before a CPU went', () => {
    expect(holds(fitsIsRight, madeUp([wrote(OFFLINE, '0', 'OK')], [gone]))).toBe(false);
  });
});

describe('the check of report', () => {
  const kernel = { available: 190, allocated: 11, managed: 2 };
  const made = (cpu: object, counters = new Map([[1, kernel]])): LabCapture =>
    madeUp([asked('report', { cpus: [{ cpu: 1, ...cpu }] })], [point('mark asked report', { counters })]);
  const right = { available: figure(190), allocated: figure(11), managed: figure(1, 2) };

  it("holds where the kernel's counters are within the figures", () => {
    expect(holds(reportIsRight, made(right))).toBe(true);
  });

  it('fails on a figure beside them, on bounds alone, and where there was nothing to compare', () => {
    expect(holds(reportIsRight, made({ ...right, available: figure(191) }))).toBe(false);
    expect(holds(reportIsRight, made({ ...right, managed: figure(0, 1) }))).toBe(false);
    const bounds = { available: figure(0, 201), allocated: figure(0, 201), managed: figure(0, 9) };
    expect(holds(reportIsRight, made(bounds))).toBe(false);
    expect(holds(reportIsRight, made(right, new Map()))).toBe(false);
  });
});

describe('the check of a CPU that fills up', () => {
  const story = (available: number, ...results: readonly string[]): LabCapture =>
    madeUp([
      placed('before-pin1', { 5: '0', 6: '0', 7: '1', 8: '0' }),
      asked('report', { cpus: [{ cpu: 1, available: { min: available, max: available } }] }),
      ...results.map((result, at) => wrote(`/proc/irq/${5 + at}/smp_affinity_list`, '1', result)),
      placed('after-pin1', { 5: '1', 6: '1', 7: '1', 8: '0' }),
    ]);

  it('holds where as many came as were available, and fails on one more or less or without a refusal', () => {
    expect(holds(fillsUpAsReported, story(2, 'OK', 'OK', 'OK', 'ENOSPC'))).toBe(true);
    expect(holds(fillsUpAsReported, story(1, 'OK', 'OK', 'OK', 'ENOSPC'))).toBe(false);
    expect(holds(fillsUpAsReported, story(3, 'OK', 'OK', 'OK', 'ENOSPC'))).toBe(false);
    expect(holds(fillsUpAsReported, story(2, 'OK', 'OK', 'OK', 'OK'))).toBe(false);
    expect(holds(fillsUpAsReported, madeUp([]))).toBe(false);
  });
});

describe('the check of a whole story', () => {
  it('fails on a story that was cut short, an error instead of an answer, and no question at all', () => {
    const answer = asked('report', { cpus: [] });
    expect(holds(isWhole, madeUp([answer, { kind: 'ended' }]))).toBe(true);
    expect(holds(isWhole, madeUp([answer]))).toBe(false);
    expect(holds(isWhole, madeUp([asked('report', undefined, 2), { kind: 'ended' }]))).toBe(false);
    expect(holds(isWhole, madeUp([{ kind: 'ended' }]))).toBe(false);
  });
});
