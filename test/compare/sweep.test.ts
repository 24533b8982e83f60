/** `compare --sweep`: dimensions as they are written, and breaking points against every value tried one by one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensure } from '../../src/base/assert.ts';
import { bar, progressOn } from '../../src/cli/sweep/progress.ts';
import { readScenario } from '../../src/format/read-scenario.ts';
import { sweepAnswer } from '../../src/format/sweep.ts';
import { policyNamed } from '../../src/policy/policies.ts';
import { combinations, doublings, parseDimensions } from '../../src/query/sweep/dimensions.ts';
import { firstFailure, Sweep } from '../../src/query/sweep/sweep.ts';
import { vary } from '../../src/query/sweep/vary.ts';

const file = join(import.meta.dirname, '../../docs/workloads/sizing.json');
const text = readFileSync(file, 'utf8');
const { scenario } = readScenario(text, file);

function sweep(dimensions: string[], ...names: string[]) {
  const policies = names.map((name) => ensure(policyNamed(name), name));
  const whole = new Sweep({ text, file, dimensions, policies });
  return sweepAnswer.parse(whole.answer(Array.from({ length: whole.lines }, (_, n) => whole.line(n))));
}

describe('dimensions', () => {
  it('the last range is sought, an earlier one takes its doublings', () => {
    expect(parseDimensions(['cpus=2..20', 'vfs=3,1', 'queues=1..9:4', 'count=1..64'])).toEqual([
      { name: 'cpus', values: [2, 4, 8, 16, 20], isSought: false },
      { name: 'vfs', values: [3, 1], isSought: false },
      { name: 'queues', values: [1, 5, 9], isSought: false },
      { name: 'count', values: [1, 64], isSought: true },
    ]);
    expect(doublings([0, 5])).toEqual([0, 1, 2, 4, 5]);
    expect(combinations(parseDimensions(['a=1,2', 'b=3,4', 'c=5..9']))).toEqual([
      [1, 3],
      [1, 4],
      [2, 3],
      [2, 4],
    ]);
  });

  it.each([
    ['cpus', 'expected NAME=A..B'],
    ['cpus=9..2', 'expected a range that ascends'],
    ['cpus=1..9:0', 'a step of at least 1'],
    ['cpus=2000000', 'expected at most'],
    ['a=0..1000000:1', 'values are too many'],
  ])('%s is refused', (dimension, words) => {
    expect(() => parseDimensions([dimension])).toThrow(words);
  });

  it('each of them once', () => {
    expect(() => parseDimensions(['cpus=1,2', 'cpus=3'])).toThrow('cpus is there twice');
  });
});

describe('a scenario with one figure changed', () => {
  it('CPUs keep their sockets and threads where the number allows it, else their nodes', () => {
    const shaped = { ...scenario, machine: { ...scenario.machine, cpus: '2x4x2' } };
    expect(vary(shaped, 'cpus', 32).machine.cpus).toBe('2x8x2');
    expect(vary(shaped, 'cpus', 6).machine).toMatchObject({ cpus: 6, nodes: ['0-2', '3-5'] });
    expect(() => vary(shaped, 'cpus', 1)).toThrow('a CPU for each of 2 nodes');
    expect(vary(scenario, 'cpus', 3).machine.cpus).toBe(3);
  });

  it('devices, and those of one driver', () => {
    expect(vary(scenario, 'count', 3).devices[0]?.count).toBe(3);
    expect(vary(scenario, 'i40e.vectors', 5).devices[0]?.parameters).toEqual({ vectors: 5, keepsVectors: 1 });
    expect(vary(scenario, 'i40e.msix', 5).devices[0]?.msix).toBe(5);
    expect(() => vary(scenario, 'nvme.count', 3)).toThrow('nothing in the scenario is called "nvme.count"');
    expect(() => vary(scenario, 'vfs', 3)).toThrow('no step that makes virtual functions');
  });
});

describe('the breaking point', () => {
  it.each(['legacy', 'reservation-share', 'overcommit'])(
    '%s: is where trying every value finds it',
    (name) => {
      const policy = ensure(policyNamed(name), name);
      const answer = sweep(['online=2', 'i40e.count=1..128'], name);
      const [first, second] = ensure(answer.policies[0]?.cells[0], 'cell').turns;
      expect([first?.value, first?.failure]).toEqual([1, undefined]);
      const at = ensure(second, 'turn').value;
      const fails = (count: number): boolean =>
        firstFailure(vary(vary(scenario, 'online', 2), 'i40e.count', count), policy) !== undefined;
      expect([at - 2, at - 1, at, at + 1].map(fails)).toEqual([false, false, true, true]);
      expect(answer.scenarios).toBeLessThan(20);
    },
  );

  it('nothing sought: every combination is tried', () => {
    const answer = sweep(['online=2,4', 'i40e.count=40..50:5'], 'legacy');
    expect(answer.scenarios).toBe(6);
    const failed = answer.policies[0]?.cells.flatMap(({ at, turns }) =>
      turns[0]?.failure === undefined ? [] : [at],
    );
    expect(failed).toEqual([
      [2, 45],
      [2, 50],
    ]);
  });

  it('a policy that cannot run the machine is not an error of the sweep', () => {
    const answer = sweep(['cpus=8,16', 'i40e.count=1,2'], 'legacy-flat');
    const kinds = answer.policies[0]?.cells.map(({ turns }) => turns[0]?.failure?.kind);
    expect(kinds?.slice(2)).toEqual(['cannot', 'cannot']);
  });

  it('a value for which the scenario does not hold together is named', () => {
    expect(() => sweep(['online=16', 'i40e.count=1..4'], 'matrix')).toThrow(
      /^--sweep: online=16 i40e\.count=1: machine\.online: expected CPUs of 0-7/,
    );
  });
});

describe('the progress of a sweep', () => {
  it('is shown on a terminal, after a while, and goes away', () => {
    const written: string[] = [];
    let time = 0;
    const progress = progressOn({ isTTY: true, write: (words) => written.push(words) }, () => time);
    progress.show(1, 4);
    time = 1000;
    progress.show(2, 4);
    progress.end();
    expect(written).toEqual([expect.stringContaining('] 50 %, 1 s left'), '\r\u001b[K']);
    expect(bar(0, 4, 100)).toContain('] 0 %');
  });

  it('is not shown elsewhere', () => {
    const written: string[] = [];
    const progress = progressOn({ write: (words) => written.push(words) }, () => written.length * 1e6);
    progress.show(2, 4);
    progress.end();
    expect(written).toEqual([]);
  });
});
