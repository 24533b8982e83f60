import { describe, expect, test } from 'vitest';
import { fits } from '../../src/format/fits.ts';
import { report } from '../../src/format/report.ts';
import { SAMPLES } from './sample-reports.ts';

describe.each(Object.entries(SAMPLES))('the sample %s', (_name, make) => {
  const machine = make();

  test('is a report by the schema, and its figures add up', () => {
    const answer = report.parse(machine.report());
    for (const c of answer.cpus) {
      const free = c.capacity.max - c.managed.max - (c.allocated.min - c.managedAllocated.max);
      expect(c.available.max).toBe(free);
    }
  });

  test('answers whether hibernation fits', () => {
    expect(fits.parse(machine.fits({ hibernate: true })).steps.length).toBeGreaterThan(0);
  });
});

test('the samples reach all three verdicts', () => {
  expect(SAMPLES.vm().fits({ hibernate: true }).fits).toBe(true);
  expect(SAMPLES.numa16().fits({ hibernate: true }).fits).toBe(true);
  expect(SAMPLES.threadripper().fits({ hibernate: true }).fits).toBe(false);
  expect(SAMPLES.undecided().fits({ hibernate: true }).fits).toBe(null);
});

test('the Threadripper has 250 vectors for the 200 of CPU 0', () => {
  const { cpus } = SAMPLES.threadripper().report();
  const regular = cpus.reduce((n, c) => n + c.allocated.min - c.managedAllocated.min, 0);
  const first = cpus[0];
  expect(regular).toBe(250);
  expect((first?.capacity.min ?? 0) - (first?.managed.min ?? 0)).toBe(200);
});
