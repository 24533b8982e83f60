import { describe, expect, test } from 'vitest';
import { fits } from '../../src/format/fits.ts';
import { report } from '../../src/format/report.ts';
import { SAMPLES } from './sample-reports.ts';

describe.each(Object.entries(SAMPLES))('the sample %s', (_name, make) => {
  const machine = make();

  test('is a report by the schema, and its figures add up', () => {
    const answer = report.parse(machine.report());
    for (const c of answer.cpus.filter((cpu) => cpu.online)) {
      const free = c.capacity.max - c.managed.min - (c.allocated.min - c.managedAllocated.min);
      expect(c.available.max).toBe(free);
    }
  });

  test('answers whether hibernation fits', () => {
    expect(fits.parse(machine.fits([{ kind: 'hibernate' }])).steps.length).toBeGreaterThan(0);
  });
});

test('the samples reach all three verdicts', () => {
  expect(SAMPLES.vm().fits([{ kind: 'hibernate' }]).fits).toBe(true);
  expect(SAMPLES.numa16().fits([{ kind: 'hibernate' }]).fits).toBe(true);
  expect(SAMPLES.threadripper().fits([{ kind: 'hibernate' }]).fits).toBe(false);
  expect(SAMPLES.undecided().fits([{ kind: 'hibernate' }]).fits).toBe(null);
  expect(SAMPLES.loses().fits([{ kind: 'hibernate' }])).toMatchObject({
    fits: true,
    steps: [{ stuck: { length: 20 } }, {}, {}],
  });
});

test('the Threadripper of lkml is refused at CPU 31: 250 vectors, of which the last two CPUs hold half each', () => {
  const machine = SAMPLES.threadripper();
  const managed = machine.report().cpus.map((cpu) => cpu.managed.min);
  expect(managed).toEqual(Array.from({ length: 32 }, () => 1));
  const answer = machine.fits([{ kind: 'hibernate' }]);
  expect(answer.kernel.profile).toBe('6.1');
  expect(answer.onePrimary).toEqual({ cpu: 0, needed: { min: 250, max: 250 }, room: { min: 200, max: 200 } });
  expect(answer.steps).toHaveLength(31);
  expect(answer.steps.at(-1)).toMatchObject({
    cpu: 31,
    fits: false,
    needed: { min: 125, max: 125 },
    available: { min: 75, max: 75 },
  });
});
