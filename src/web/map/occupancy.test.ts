import { describe, expect, test } from 'vitest';
import { SAMPLES } from '../../../test/web/sample-reports.ts';
import type { Report } from '../../format/report.ts';
import { buildOccupancy } from './occupancy.ts';

describe('the use of vectors', () => {
  test('is by number where VECTOR was readable', () => {
    const occupancy = buildOccupancy(SAMPLES.numa16().report());
    const cells = occupancy.byCpu.get(0)?.cells ?? [];
    expect(occupancy.mode).toBe('vectors');
    expect(cells).toHaveLength(256);
    expect([
      cells[0],
      cells[25],
      cells[33],
      cells[48],
      cells[50],
      cells[128],
      cells[200],
      cells[250],
    ]).toEqual(['system', 'outside', 'managed', 'legacy', 'system', 'system', 'free', 'system']);
    expect(occupancy.byCpu.get(13)?.cells).toBeUndefined();
  });

  test('is by count elsewhere: every segment of a CPU ends at its capacity', () => {
    const occupancy = buildOccupancy(SAMPLES.undecided().report());
    expect(occupancy.mode).toBe('bars');
    for (const use of occupancy.cpus) {
      expect(use.segments.at(-1)?.to).toBe(use.cpu.capacity.max);
      for (const [at, segment] of use.segments.entries()) {
        expect(segment.from).toBe(use.segments[at - 1]?.to ?? 0);
      }
    }
  });

  test('shows as uncertain what lies between the bounds', () => {
    const use = buildOccupancy(SAMPLES.vm().report()).byCpu.get(1);
    const uncertain = use?.segments.find((segment) => segment.kind === 'uncertain');
    expect((uncertain?.to ?? 0) - (uncertain?.from ?? 0)).toBe(2);
  });

  test('shows managed vectors that are set aside and idle', () => {
    const use = buildOccupancy(SAMPLES.huge().report()).byCpu.get(5);
    const idle = use?.segments.find((segment) => segment.kind === 'idle');
    const { managed, managedAllocated } = use?.cpu ?? {};
    expect((idle?.to ?? 0) - (idle?.from ?? 0)).toBe((managed?.min ?? 0) - (managedAllocated?.min ?? 0));
  });

  test('calls a vector without a known owner unknown, as in a lone VECTOR dump', () => {
    const dump: Report = { ...SAMPLES.numa16().report(), irqs: [] };
    const use = buildOccupancy(dump).byCpu.get(1);
    expect(use?.cells?.[33]).toBe('unknown');
    expect(use?.segments[0]).toMatchObject({ kind: 'unknown', from: 0, to: use?.cpu.allocated.min });
  });

  test('does not take an ISA interrupt on another vector for a legacy one', () => {
    const report = SAMPLES.numa16().report();
    const irqs = report.irqs.map((irq) => (irq.irq === 4 ? { ...irq, vector: 33, cpu: 1 } : irq));
    const use = buildOccupancy({ ...report, irqs: irqs.filter((irq) => irq.vector !== 33 || irq.irq === 4) });
    expect(use.byCpu.get(1)?.cells?.[33]).toBe('regular');
  });
});
