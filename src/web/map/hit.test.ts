import { describe, expect, test } from 'vitest';
import { SAMPLES, type SampleName } from '../../../test/web/sample-reports.ts';
import { buildOccupancy } from '../../query/occupancy.ts';
import { describeInWords, describe as describeTarget } from './describe.ts';
import { hitTest, irqAt, rectOf, targetOf, WHOLE_CPU } from './hit.ts';
import { layoutMap } from './layout.ts';

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
  expect(words(4, 32)).toMatch(
    /^CPU 4 · vector 32 \(0x20\), IRQ \d+ nvme0q5, device 0000:41:00.0, driver nvme, /,
  );
  expect(words(4, 32)).toMatch(/managed yes \(debugfs irq\/irqs\), mask 4, count [\d,]+$/);
  expect(words(0, 48)).toMatch(/IRQ 0 timer, chip IR-IO-APIC, managed no/);
  expect(words(4, 128)).toBe('CPU 4 · vector 128 (0x80), system vector, never given to a device');
  expect(words(4, 220)).toBe('CPU 4 · vector 220 (0xdc), free, or one of 1 set aside for managed interrupts');
  expect(words(13, 33)).toBe('CPU 13, offline, 4 set aside for managed interrupts');
  expect(words(2, WHOLE_CPU)).toMatch(
    /^CPU 2, node 0, free 194 of 201, in use \d+, managed \d in use of \d set aside$/,
  );
});

test('a segment is described as so many vectors', () => {
  const { report, layout } = sample('vm');
  const cpu = report.cpus.find(({ available }) => available.max - available.min === 2)?.cpu ?? -1;
  const last = (layout.occupancy.byCpu.get(cpu)?.segments.length ?? 0) - 1;
  const words = (at: number): string => describeInWords(describeTarget(layout, { cpu, at }));
  expect(words(last)).toMatch(/^CPU \d, 19\d vectors free$/);
  expect(words(last - 1)).toMatch(/^CPU \d, 2 vectors free or in use: not known$/);
});

test('a move that waits, a counter that drifted and a vector without owner are said', () => {
  const { report } = sample('numa16');
  const changed = {
    ...report,
    irqs: report.irqs
      .filter((irq) => irq.irq !== 46)
      .map((irq) => (irq.irq === 29 ? { ...irq, movePending: true, affinity: '7' } : irq)),
    cpus: report.cpus.map((cpu) =>
      cpu.cpu === 3 ? { ...cpu, available: { min: cpu.available.min + 1, max: cpu.available.max + 1 } } : cpu,
    ),
  };
  const layout = layoutMap(changed, buildOccupancy(changed), 'node', 1200);
  const words = (cpu: number, at: number): string => describeInWords(describeTarget(layout, { cpu, at }));
  expect(words(4, 32)).toContain('move pending to CPU 7, at its next interrupt');
  expect(words(4, 33)).toBe('CPU 4 · vector 33 (0x21), in use, owner not known');
  expect(words(3, WHOLE_CPU)).toContain('drift the kernel counts 1 more free than there are');
  expect(words(2, WHOLE_CPU)).not.toContain('drift');
});
