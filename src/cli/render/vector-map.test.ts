import { describe, expect, it } from 'vitest';
import { run } from '../../../test/scenario/run-scenario.ts';
import { SAMPLES } from '../../../test/web/sample-reports.ts';
import type { Report } from '../../format/report.ts';
import { renderMap } from './vector-map.ts';

const draw = (report: Report, columns = 260): string[] =>
  renderMap(report, { write: () => undefined, columns, color: false });

/** A row's label and its characters. */
function rowsOf(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const [, label = '', cells = ''] = /^ *([\d,…-]+) \|(.*)\|$/.exec(line) ?? [];
      return label === '' ? [] : [[label, cells] as const];
    }),
  );
}

describe('the picture of the vectors', () => {
  const { state } = run({
    devices: [{ driver: 'nvme', parameters: { queues: 4 } }, { driver: 'ahci' }],
    steps: [{ do: 'probe' }],
  });

  it('has a character for each vector where there is room, from 32 on', () => {
    const cells = rowsOf(draw(state)).get('0') ?? '';
    expect(cells).toHaveLength(256 - 32);
    const at = (vector: number): string | undefined => cells[vector - 32];
    // 6.1 keeps 32 for clean-ups, 50 for the PIC, 128 for 32-bit system calls.
    expect([at(32), at(48), at(50), at(128), at(255)]).toEqual(['#', 'i', '#', '#', '#']);
    const { vector } = state.irqs.find(({ name }) => name === 'nvme0q1') ?? {};
    expect(at(vector ?? 0)).toBe('m');
  });

  it('draws CPUs that look alike once', () => {
    const rows = rowsOf(draw(state, 80));
    expect([...rows.keys()].join(' ').match(/\d/g)?.length).toBe(4);
    expect(rows.size).toBeLessThan(4);
  });

  it('puts several vectors into a character where it is narrow, a capital where all are in use', () => {
    const one: Report = {
      ...state,
      cpus: state.cpus.slice(0, 1).map((cpu) => ({ ...cpu, vectors: '33-38,60' })),
      irqs: state.irqs
        .slice(0, 6)
        .map((irq, n) => ({ ...irq, irq: 100 + n, cpu: 0, vector: 33 + n, managed: true, state: 'active' })),
    };
    const lines = draw(one, 80);
    const cells = rowsOf(lines).get('0') ?? '';
    expect(cells.slice(0, 9)).toBe('Mm.....?.');
    expect(lines.at(-1)).toMatch(/4 vectors to a character|all that devices can have are in use/);
  });

  it('draws only how many where the numbers are not known', () => {
    const report = SAMPLES.numa16().report();
    const bare = { ...report, cpus: report.cpus.map(({ vectors: _, ...cpu }) => cpu) };
    const lines = draw(bare, 100);
    expect(lines.join('\n')).toContain('vector numbers are not known');
    expect(lines[0]).not.toContain('CPUs');
  });

  it('keeps to the width', () => {
    for (const columns of [60, 80, 100, 133, 200]) {
      for (const line of draw(state, columns)) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });
});
