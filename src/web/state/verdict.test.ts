import { describe, expect, test } from 'vitest';
import { SAMPLES } from '../../../test/web/sample-reports.ts';
import {
  lostIrqs,
  margin,
  openQuestions,
  reservations,
  tooMany,
  verdictFacts,
  verdictOfStep,
} from './verdict.ts';

const factsOf = (name: keyof typeof SAMPLES) => {
  const machine = SAMPLES[name]();
  return verdictFacts(machine.fits([{ kind: 'hibernate' }]));
};

describe('the hibernation verdict', () => {
  test('names the CPU that the kernel refuses, its message, and what is too much', () => {
    const facts = factsOf('threadripper');
    expect(facts).toMatchObject({ verdict: 'refused', stepNumber: 31 });
    expect(facts.decisive?.cpu).toBe(31);
    expect(facts.message).toBe('CPU 31 has 125 vectors, 75 available. Cannot disable CPU');
    expect(facts.endState).toEqual({ cpu: 0, needed: { min: 250, max: 250 }, room: { min: 200, max: 200 } });
  });

  test('names the tightest step where all fit', () => {
    const facts = factsOf('numa16');
    const steps = SAMPLES.numa16().fits([{ kind: 'hibernate' }]).steps;
    expect(facts.verdict).toBe('fits');
    expect(margin(facts.decisive)).toBe(Math.min(...steps.map(margin)));
  });

  test('names the step from which it is open', () => {
    const facts = factsOf('undecided');
    expect(facts.verdict).toBe('undecided');
    expect(facts.decisive?.fits).toBe(null);
    // 149 are certain: 48 more if no queue of qedf is managed, and 62 old vectors.
    expect(facts.endState?.needed).toEqual({ min: 149, max: 259 });
  });

  test('is no plain yes where interrupts are lost on the way', () => {
    const facts = factsOf('loses');
    expect(facts.verdict).toBe('loses');
    expect(facts.lost).toHaveLength(20);
    const fits = SAMPLES.loses().fits([{ kind: 'hibernate' }]);
    expect(fits.fits).toBe(true);
    expect(fits.steps.map(verdictOfStep)).toEqual(['loses', 'fits', 'fits']);
    expect(lostIrqs({ steps: [...fits.steps, ...fits.steps] })).toEqual(facts.lost);
  });

  test('has reservations of its own, and what would decide it', () => {
    const { undecided } = SAMPLES;
    const report = undecided().report();
    const fits = undecided().fits([{ kind: 'hibernate' }]);
    expect(fits.doubts[0]).toMatch(/^undecided at CPU /);
    expect(reservations(report, fits)).toEqual([]);
    expect(openQuestions(fits)).toEqual(fits.doubts.slice(1));
    const doubts = [...fits.doubts, 'virtio-net moves its queues anew'];
    expect(reservations(report, { ...fits, doubts })).toEqual(['virtio-net moves its queues anew']);
  });

  test('has no step on a machine with one CPU', () => {
    const machine = SAMPLES.vm();
    const fits = { ...machine.fits([{ kind: 'hibernate' }]), steps: [] };
    expect(verdictFacts(fits)).toMatchObject({ verdict: 'fits', decisive: undefined });
  });
});

describe('what is left of a step', () => {
  const [step] = SAMPLES.numa16().fits([{ kind: 'offline', cpus: [1] }]).steps;
  if (step === undefined) throw new Error('no step');
  const overlapping = { ...step, needed: { min: 90, max: 110 }, available: { min: 80, max: 95 } };
  const refused = { ...overlapping, fits: false };

  test('is taken jointly where the answer has it, and from the two figures where not', () => {
    expect(margin({ ...overlapping, spare: { min: -15, max: -5 } })).toBe(-15);
    const { spare: _, ...without } = overlapping;
    expect(margin(without as typeof overlapping)).toBe(-30);
  });

  test('is said as too many where the figures overlap and it is refused all the same', () => {
    expect(tooMany({ ...refused, spare: { min: -15, max: -5 } })).toBe(5);
    expect(tooMany({ ...refused, spare: { min: -15, max: 5 } })).toBeUndefined();
    expect(tooMany({ ...overlapping, spare: { min: -15, max: -5 } })).toBeUndefined();
    const apart = { ...refused, needed: { min: 96, max: 110 } };
    expect(tooMany({ ...apart, spare: { min: -30, max: -1 } })).toBeUndefined();
    const { spare: _, ...without } = refused;
    expect(tooMany(without as typeof refused)).toBeUndefined();
  });
});
