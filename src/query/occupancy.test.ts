import { describe, expect, test } from 'vitest';
import { SAMPLES } from '../../test/web/sample-reports.ts';
import type { Report } from '../format/report.ts';
import { buildOccupancy, driftOf } from './occupancy.ts';

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

  test('knows whose the vector is that a moved interrupt left behind', () => {
    const report = SAMPLES.numa16().report();
    const moved = report.irqs.find(
      (irq) => irq.cpu === 1 && irq.vector !== undefined && irq.managed === false,
    );
    const vectors = '33-34,99';
    const cpus = report.cpus.map((cpu) => (cpu.cpu === 2 ? { ...cpu, vectors } : cpu));
    const irqs = report.irqs.map((irq) =>
      irq === moved ? { ...irq, oldVector: { cpus: '2', certain: true, vector: 99 } } : irq,
    );
    const use = buildOccupancy({ ...report, cpus, irqs }).byCpu.get(2);
    expect(use?.owners.get(99)?.irq).toBe(moved?.irq);
    expect(use?.cells?.[99]).toBe('regular');
    expect(use?.irqs.map(({ irq }) => irq)).not.toContain(moved?.irq);
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
    const report = SAMPLES.vm().report();
    const between = ({ available }: Report['cpus'][number]): number => available.max - available.min;
    const cpu = report.cpus.find((one) => between(one) === 2)?.cpu ?? -1;
    const use = buildOccupancy(report).byCpu.get(cpu);
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

  test('keeps to what there is where the counter of the kernel has drifted', () => {
    const report = SAMPLES.numa16().report();
    for (const drift of [1, -1]) {
      const cpus = report.cpus.map((cpu) => ({
        ...cpu,
        available: { min: cpu.available.min + drift, max: cpu.available.max + drift },
      }));
      const use = buildOccupancy({ ...report, cpus }).byCpu.get(4);
      if (use === undefined) throw new Error('CPU 4 is not there');
      expect(driftOf(use.cpu)).toBe(drift);
      expect(use.segments.at(-1)).toMatchObject({ kind: 'free', to: use.cpu.capacity.max });
      expect(use.segments.some((segment) => segment.kind === 'uncertain')).toBe(false);
    }
  });

  test('does not take an ISA interrupt on another vector for a legacy one', () => {
    const report = SAMPLES.numa16().report();
    const irqs = report.irqs.map((irq) => (irq.irq === 4 ? { ...irq, vector: 33, cpu: 1 } : irq));
    const use = buildOccupancy({ ...report, irqs: irqs.filter((irq) => irq.vector !== 33 || irq.irq === 4) });
    expect(use.byCpu.get(1)?.cells?.[33]).toBe('regular');
  });
});
