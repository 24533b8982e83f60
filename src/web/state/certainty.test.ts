import { expect, test } from 'vitest';
import { SAMPLES } from '../../../test/web/sample-reports.ts';
import { certaintyWord, hasBounds } from './certainty.ts';

test('the badge says exact only of what was read, and bounded only where a figure has bounds', () => {
  const read = SAMPLES.numa16().report();
  expect(certaintyWord(read)).toBe('exact');
  expect(certaintyWord({ ...read, certainty: 'bounded' })).toBe('doubtful');
  const bounded = SAMPLES.undecided().report();
  expect(certaintyWord(bounded)).toBe('bounded');
  const one = { min: 1, max: 1 };
  const cpus = bounded.cpus.map((cpu) => ({
    ...cpu,
    available: one,
    allocated: one,
    managed: one,
    managedAllocated: one,
  }));
  const global = { available: one, reserved: one, totalAllocated: one };
  expect(certaintyWord({ ...bounded, cpus, global })).toBe('inferred');
});

test('an answer has bounds where a figure of its own has', () => {
  expect(hasBounds(SAMPLES.numa16().fits([{ kind: 'hibernate' }]))).toBe(false);
  expect(hasBounds(SAMPLES.undecided().fits([{ kind: 'hibernate' }]))).toBe(true);
});
