import { describe, expect, test } from 'vitest';
import { SAMPLES, type SampleName } from '../../../test/web/sample-reports.ts';
import { describeInWords, describe as describeTarget } from './describe.ts';
import { hitTest, irqAt, rectOf, targetOf, WHOLE_CPU } from './hit.ts';
import { layoutMap } from './layout.ts';
import { buildOccupancy } from './occupancy.ts';

const sample = (name: SampleName) => {
  const report = SAMPLES[name]().report();
  return { report, layout: layoutMap(report, buildOccupancy(report), 'node', 1200) };
};

describe.each(['numa16', 'vm', 'undecided'] as const)('on the map of %s', (name) => {
  const { report, layout } = sample(name);

  test('the middle of every interrupt leads back to it', () => {
    const active = report.irqs.filter((irq) => irq.state === 'active');
    expect(active.length).toBeGreaterThan(10);
    for (const irq of active) {
      const target = targetOf(layout, irq);
      const rect = target === undefined ? undefined : rectOf(layout, target);
      if (rect === undefined) throw new Error(`IRQ ${irq.irq} is not on the map`);
      const hit = hitTest(layout, rect.x + rect.width / 2, rect.y + rect.height / 2);
      expect(hit).toEqual(target);
      expect(hit === undefined ? undefined : irqAt(layout, hit)).toBe(irq);
    }
  });

  test('the number and the figure mean the CPU as a whole', () => {
    const y = (layout.rowOfCpu.get(1)?.y ?? 0) + 1;
    expect(hitTest(layout, 5, y)).toEqual({ cpu: 1, at: WHOLE_CPU });
    expect(hitTest(layout, layout.figureRight - 3, y)).toEqual({ cpu: 1, at: WHOLE_CPU });
  });

  test('outside there is nothing', () => {
    expect(hitTest(layout, 100, -1)).toBeUndefined();
    expect(hitTest(layout, 100, layout.contentHeight + 1)).toBeUndefined();
    expect(hitTest(layout, 5000, 5)).toBeUndefined();
  });
});

test('a heading is no place, and an offline CPU is one place', () => {
  const { layout } = sample('numa16');
  expect(hitTest(layout, 300, 3)).toBeUndefined();
  const y = (layout.rowOfCpu.get(13)?.y ?? 0) + 1;
  expect(hitTest(layout, 300, y)).toEqual({ cpu: 13, at: WHOLE_CPU });
});

test('an interrupt without a vector is not on the map', () => {
  const { report, layout } = sample('numa16');
  const reserved = report.irqs.find((irq) => irq.state === 'reserved');
  expect(reserved === undefined ? 'none' : targetOf(layout, reserved)).toBeUndefined();
});

test('a place is described with the facts that belong to it', () => {
  const { layout } = sample('numa16');
  const words = (cpu: number, at: number): string => describeInWords(describeTarget(layout, { cpu, at }));
  expect(words(4, 33)).toMatch(
    /^CPU 4 · vector 33 \(0x21\), IRQ \d+ nvme0q5, device 0000:41:00.0, driver nvme, /,
  );
  expect(words(4, 33)).toMatch(/managed yes \(smp_affinity is read-only .*\), mask 4, count [\d,]+$/);
  expect(words(4, 128)).toBe('CPU 4 · vector 128 (0x80), system vector, never given to a device');
  expect(words(4, 220)).toBe('CPU 4 · vector 220 (0xdc), free');
  expect(words(13, 33)).toBe('CPU 13, offline, 4 set aside for managed');
  expect(words(2, WHOLE_CPU)).toMatch(
    /^CPU 2, node 0, free 194 of 201, in use \d+, managed \d in use of \d set aside$/,
  );
});

test('a segment is described as so many vectors', () => {
  const { layout } = sample('vm');
  const last = (layout.occupancy.byCpu.get(1)?.segments.length ?? 0) - 1;
  expect(describeInWords(describeTarget(layout, { cpu: 1, at: last }))).toBe('CPU 1, 192 vectors free');
  expect(describeInWords(describeTarget(layout, { cpu: 1, at: last - 1 }))).toBe(
    'CPU 1, 2 vectors free or in use: not known',
  );
});
