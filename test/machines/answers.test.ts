/**
 * The JSON answers as files: the shape that scripts rely on. A change here is a change of the contract, to be read
 * and agreed to; `npx vitest run test/machines/answers.test.ts -u` writes them anew.
 */
import { describe, expect, it } from 'vitest';
import { ensure } from '../../src/base/assert.ts';
import { explain } from '../../src/format/explain.ts';
import { fits } from '../../src/format/fits.ts';
import { report } from '../../src/format/report.ts';
import { explainOf } from '../../src/query/explain.ts';
import { fitsOf } from '../../src/query/fits.ts';
import { reportOf } from '../../src/query/report.ts';
import { drawMachine } from '../draw-machine.ts';
import { type TinyIrq, tinyState, vectorText } from '../tiny-machine.ts';

const file = (name: string): string => `../fixtures/machines/answers/${name}.json`;
const json = (answer: unknown): string => `${JSON.stringify(answer, undefined, 2)}\n`;

const IRQS: readonly TinyIrq[] = [
  { irq: 24, name: 'nvme0q0', on: 0, counts: [9], device: '0000:01:00.0', driver: 'nvme' },
  { irq: 25, name: 'nvme0q1', on: 1, mask: '1', counts: [0, 8], device: '0000:01:00.0', driver: 'nvme' },
  { irq: 26, name: 'eth0', on: 1, mask: '0', counts: [0, 7], device: '0000:02:00.0', driver: 'igb' },
  { irq: 27, name: 'mystery', on: 1, mask: '0-1', counts: [0, 1], device: '0000:03:00.0', driver: 'mine' },
];

/** Every field that can be absent is there once and missing once. */
const bounded = tinyState({
  cpus: 2,
  pic: false,
  irqs: IRQS,
  files: { 'sys/devices/system/node/node0/cpulist': '0-1\n' },
});
const ROWS = [
  { cpu: 0, available: 199, managed: 1, mac: 0, vectors: [33] },
  { cpu: 1, available: 198, managed: 1, mac: 1, vectors: [33, 34, 36] },
];
describe('answers as JSON', () => {
  it('report, bounded, from procfs', async () => {
    const answer = reportOf(bounded);
    expect(report.parse(answer)).toEqual(answer);
    await expect(json(answer)).toMatchFileSnapshot(file('report-bounded'));
  });

  it('report, exact, from VECTOR, the kernel assumed', async () => {
    const files = { 'sys/kernel/debug/irq/domains/VECTOR': vectorText(ROWS, { reserved: 3 }) };
    const answer = reportOf(
      tinyState({ without: ['proc/', 'sys/bus', 'sys/devices', 'sys/kernel/irq'], files }),
    );
    expect(report.parse(answer)).toEqual(answer);
    await expect(json(answer)).toMatchFileSnapshot(file('report-exact'));
  });

  it('fits, bounded: hibernate, and offline after it', async () => {
    const answer = fitsOf(bounded, [{ kind: 'hibernate' }, { kind: 'offline', cpus: [1] }]);
    expect(fits.parse(answer)).toEqual(answer);
    await expect(json(answer)).toMatchFileSnapshot(file('fits-bounded'));
  });

  it('fits, with everything that can happen to an interrupt', async () => {
    const machine = drawMachine(`
      kernel 6.1
      cpu  capacity  other
        0        10      0
        1        10      1
        2        10     10
        3        10     off
      30 on 1 mask 1
      31 on 1 mask 1-2
      32 on 1 mask 1,3 managed
      33 on 1 mask 0-1
    `);
    const answer = fitsOf(machine, [{ kind: 'offline', cpus: [1, 2] }]);
    const [first, second] = answer.steps;
    expect([first?.broken, first?.stuck, first?.shutdown]).toEqual([[30], [31], [32]]);
    expect(second?.message).toBe('CPU 2 has 10 vectors, 7 available. Cannot disable CPU');
    expect(fits.parse(answer)).toEqual(answer);
    await expect(json(answer)).toMatchFileSnapshot(file('fits-exact'));
  });

  it('explain, of an interrupt that is known and of one that is not', async () => {
    for (const irq of [26, 27]) {
      const answer = ensure(explainOf(bounded, irq), `interrupt ${irq}`);
      expect(explain.parse(answer)).toEqual(answer);
      await expect(json(answer)).toMatchFileSnapshot(file(`explain-${irq}`));
    }
  });
});
