/** The lab's checks, on captures that are made up: each holds where irqspace is right, and fails where it is not. */
import { describe, expect, it } from 'vitest';
import {
  type Check,
  fillsUpAsReported,
  fitsIsRight,
  isWhole,
  type LabCapture,
  reportIsRight,
} from './checks.ts';
import type { TracePoint } from './kernel-trace.ts';
import type { StoryLine } from './story.ts';

const OFFLINE = '/sys/devices/system/cpu/cpu1/online';
const REFUSAL = 'CPU 1 has 9 vectors, 4 available. Cannot disable CPU';

function asked(command: string, answer: unknown, code = 0): StoryLine {
  return { kind: 'asked', args: command.split(' '), code, answer, complaint: '' };
}

function wrote(path: string, value: string, result: string, ...log: readonly string[]): StoryLine {
  return { kind: 'wrote', path, value, result, log };
}

function point(text: string, also: Partial<TracePoint> = {}): TracePoint {
  return { text, counters: new Map(), given: [], ...also };
}

function capture(story: readonly StoryLine[], points: readonly TracePoint[] = []): LabCapture {
  return { folder: '', root: '', story, points, seesDying: true };
}

const held = (check: Check, made: LabCapture): boolean => check(made).every(({ holds }) => holds);

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
  const accepted = (step: object): LabCapture => capture([fits(step), wrote(OFFLINE, '0', 'OK')], [gone]);
  const refused = (step: object): LabCapture =>
    capture([fits(step), wrote(OFFLINE, '0', 'ENOSPC', `smpboot: ${REFUSAL}`)]);

  it("holds where verdict, message and moves are the kernel's", () => {
    expect(held(fitsIsRight, accepted({ fits: true, moves }))).toBe(true);
    expect(held(fitsIsRight, refused({ fits: false, message: REFUSAL }))).toBe(true);
  });

  it('fails on a wrong verdict, and on none', () => {
    expect(held(fitsIsRight, accepted({ fits: false, moves }))).toBe(false);
    expect(held(fitsIsRight, accepted({ fits: null, moves }))).toBe(false);
    expect(held(fitsIsRight, refused({ fits: true, message: REFUSAL }))).toBe(false);
  });

  it('fails on another target, a move too few, and other numbers in the message', () => {
    const elsewhere = [moves[0], { irq: 7, from: 1, to: 3 }];
    expect(held(fitsIsRight, accepted({ fits: true, moves: elsewhere }))).toBe(false);
    expect(held(fitsIsRight, accepted({ fits: true, moves: moves.slice(1) }))).toBe(false);
    expect(held(fitsIsRight, refused({ fits: false, message: REFUSAL.replace('4', '5') }))).toBe(false);
    expect(held(fitsIsRight, refused({ fits: false }))).toBe(false);
  });

  it('fails where nothing was asked before a CPU went', () => {
    expect(held(fitsIsRight, capture([wrote(OFFLINE, '0', 'OK')], [gone]))).toBe(false);
  });
});

describe('the check of report', () => {
  const figure = (min: number, max = min): object => ({ min, max });
  const kernel = { available: 190, allocated: 11, managed: 2 };
  const made = (cpu: object, counters = new Map([[1, kernel]])): LabCapture =>
    capture([asked('report', { cpus: [{ cpu: 1, ...cpu }] })], [point('mark asked report', { counters })]);
  const right = { available: figure(190), allocated: figure(11), managed: figure(1, 2) };

  it("holds where the kernel's counters are within the figures", () => {
    expect(held(reportIsRight, made(right))).toBe(true);
  });

  it('fails on a figure beside them, on bounds alone, and where there was nothing to compare', () => {
    expect(held(reportIsRight, made({ ...right, available: figure(191) }))).toBe(false);
    expect(held(reportIsRight, made({ ...right, managed: figure(0, 1) }))).toBe(false);
    const bounds = { available: figure(0, 201), allocated: figure(0, 201), managed: figure(0, 9) };
    expect(held(reportIsRight, made(bounds))).toBe(false);
    expect(held(reportIsRight, made(right, new Map()))).toBe(false);
  });
});

describe('the check of a CPU that fills up', () => {
  const story = (available: number, ...results: readonly string[]): LabCapture =>
    capture([
      { kind: 'placed', name: 'before-pin1', cpuOf: { 5: '0', 6: '0', 7: '1', 8: '0' }, masks: {} },
      asked('report', { cpus: [{ cpu: 1, available: { min: available, max: available } }] }),
      ...results.map((result, at) => wrote(`/proc/irq/${5 + at}/smp_affinity_list`, '1', result)),
      { kind: 'placed', name: 'after-pin1', cpuOf: { 5: '1', 6: '1', 7: '1', 8: '0' }, masks: {} },
    ]);

  it('holds where as many came as were available, and fails on one more or less or without a refusal', () => {
    expect(held(fillsUpAsReported, story(2, 'OK', 'OK', 'OK', 'ENOSPC'))).toBe(true);
    expect(held(fillsUpAsReported, story(1, 'OK', 'OK', 'OK', 'ENOSPC'))).toBe(false);
    expect(held(fillsUpAsReported, story(3, 'OK', 'OK', 'OK', 'ENOSPC'))).toBe(false);
    expect(held(fillsUpAsReported, story(2, 'OK', 'OK', 'OK', 'OK'))).toBe(false);
    expect(held(fillsUpAsReported, capture([]))).toBe(false);
  });
});

describe('the check of a whole story', () => {
  it('fails on a story that was cut short, an error instead of an answer, and no question at all', () => {
    const answer = asked('report', { cpus: [] });
    expect(held(isWhole, capture([answer, { kind: 'ended' }]))).toBe(true);
    expect(held(isWhole, capture([answer]))).toBe(false);
    expect(held(isWhole, capture([asked('report', undefined, 2), { kind: 'ended' }]))).toBe(false);
    expect(held(isWhole, capture([{ kind: 'ended' }]))).toBe(false);
  });
});
