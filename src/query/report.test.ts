import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { tinyState, vectorText } from '../../test/tiny-machine.ts';
import { exactly, range } from '../base/range.ts';
import { type Report, report as reportSchema } from '../format/report.ts';
import type { MachineState } from '../model/machine-state.ts';
import { reportOf } from './report.ts';

function ask(machine: MachineState): Report {
  const answer = reportOf(machine);
  expect(reportSchema.parse(answer)).toEqual(answer);
  return answer;
}

describe('reportOf', () => {
  it('shows every CPU with its bounds, offline ones too', () => {
    const { cpus, global, certainty } = ask(
      drawMachine('cpu capacity other\n0 10 2\n1 10 off\n30 on 0 old? 0\n31 down mask 1 managed'),
    );
    expect(cpus).toEqual([
      {
        cpu: 0,
        online: true,
        capacity: exactly(10),
        available: range(6, 7),
        allocated: range(3, 4),
        managed: exactly(0),
        managedAllocated: exactly(0),
      },
      expect.objectContaining({ cpu: 1, online: false, available: exactly(9), managed: exactly(1) }),
    ]);
    expect(global.available).toEqual(range(6, 7));
    expect(certainty).toBe('bounded');
  });

  it('leaves out what is not known, and shows what is', () => {
    const irqs = [
      { irq: 30, name: 'x', on: 1, counts: [4294967295, 2] },
      { irq: 31, name: 'eth0', on: 1, mask: '3', counts: [0, 1], device: '0000:02:00.0', driver: 'igb' },
    ];
    const answer = ask(tinyState({ irqs, files: { 'sys/devices/system/node/node0/cpulist': '0-3\n' } }));
    const [, ...shown] = answer.irqs.filter(({ state }) => state === 'active');
    expect(shown).toEqual([
      {
        irq: 30,
        name: 'x',
        chip: 'PCI-MSI',
        // By its hwirq number.
        device: '0000:00:00.0',
        managedBy: 'driver not known',
        cpu: 1,
        affinity: '0-3',
        state: 'active',
        movePending: false,
        // Counters of 32 bits add up to more.
        count: 4294967297,
      },
      expect.objectContaining({
        driver: 'igb',
        device: '0000:02:00.0',
        managed: false,
        movePending: true,
        count: 1,
      }),
    ]);
    expect(answer.nodes).toEqual([{ node: 0, cpus: '0-3' }]);
    expect(answer.cpus.every(({ node }) => node === 0)).toBe(true);
    expect(answer.kernel).toMatchObject({ release: '6.1.192', profile: '6.1' });
    expect(answer.systemVectors).toBeUndefined();
    expect(answer.doubts).toEqual(['it cannot be told whether 1 interrupt is managed: x']);
    expect(answer.missing.map(({ path }) => path)).toEqual(['sys/kernel/debug/irq/domains/VECTOR']);
  });

  it('with VECTOR: numbers, system vectors, and the window of the kernel', () => {
    const rows = [{ cpu: 0, available: 198, managed: 0, mac: 0, vectors: [33, 34, 48] }];
    const answer = ask(
      tinyState({ cpus: 1, files: { 'sys/kernel/debug/irq/domains/VECTOR': vectorText(rows) } }),
    );
    expect(answer.cpus[0]?.vectors).toBe('33-34,48');
    expect(answer.systemVectors).toBe('0-19,29,32,50,128,236,240-242,244,246-255');
    expect(answer.window).toEqual({ start: 32, end: 236 });
    expect(ask(drawMachine('kernel 6.12\ncpu\n0')).window.end).toBe(235);
  });

  it('an interrupt of which no counts are known has none, not 0', () => {
    expect(ask(drawMachine('cpu\n0\n30 on 0')).irqs[0]).not.toHaveProperty('count');
  });
});
