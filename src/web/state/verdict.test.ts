import { describe, expect, test } from 'vitest';
import { SAMPLES } from '../../../test/web/sample-reports.ts';
import { margin, verdictFacts } from './verdict.ts';

const factsOf = (name: keyof typeof SAMPLES) => {
  const machine = SAMPLES[name]();
  return verdictFacts(machine.fits({ hibernate: true }));
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
    const steps = SAMPLES.numa16().fits({ hibernate: true }).steps;
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

  test('has no step on a machine with one CPU', () => {
    const machine = SAMPLES.vm();
    const fits = { ...machine.fits({ hibernate: true }), steps: [] };
    expect(verdictFacts(fits)).toMatchObject({ verdict: 'fits', decisive: undefined });
  });
});
