/** `irqspace compare`: the workloads of docs/workloads, and machines of the lab and the field whose kernel said what it refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensure } from '../../src/base/assert.ts';
import { type CompareAnswer, type ComparedPolicy, compareAnswer } from '../../src/format/compare.ts';
import { POLICIES, policyNamed } from '../../src/policy/policies.ts';
import { compareOf } from '../../src/query/compare/compare.ts';
import { sharedPath } from '../shared.ts';

const ROOT = join(import.meta.dirname, '../..');

function compare(path: string, ...names: string[]): CompareAnswer {
  const policies = names.map((name) => ensure(policyNamed(name), name));
  const text = readFileSync(join(ROOT, path), 'utf8');
  return compareAnswer.parse(
    compareOf(text, path, { map: true, ...(names.length === 0 ? {} : { policies }) }),
  );
}

const workload = (name: string, ...names: string[]): CompareAnswer =>
  compare(`docs/workloads/${name}.json`, ...names);

function under(answer: CompareAnswer, name: string): ComparedPolicy {
  return ensure(
    answer.policies.find(({ policy }) => policy === name),
    name,
  );
}

const saysOf = (answer: CompareAnswer, name: string): string | undefined =>
  under(answer, name).firstFailure?.says;

describe('the hibernation of the thread, compared', () => {
  const plain = workload('thread');
  const managed = workload('thread-managed');

  it('legacy: refused with the text of 4.14, after every other CPU has gone', () => {
    const { firstFailure, hotplug, profile } = under(plain, 'legacy');
    expect([profile, firstFailure?.kind, firstFailure?.errno, hotplug.gone]).toEqual([
      '4.14',
      'refused',
      'ERANGE',
      30,
    ]);
    expect(firstFailure?.says).toMatch(
      /^CPU 31 disable failed: CPU has \d+ vectors assigned and there are only \d+ available\.$/,
    );
    expect(hotplug.refused).toEqual([
      {
        step: 2,
        cpu: 31,
        errno: 'ERANGE',
        needed: expect.any(Number),
        available: expect.any(Number),
        message: firstFailure?.says,
      },
    ]);
  });

  it('every policy but the one that admits what fits on one CPU is refused; that one says so at enable', () => {
    const ran = plain.policies.filter(({ cannot }) => cannot === undefined);
    expect(ran).toHaveLength(POLICIES.length - 1);
    for (const { policy, firstFailure, hotplug } of ran) {
      const early = /last-cpu/.test(policy);
      expect([policy, plain.stages[firstFailure?.stage ?? -1]?.name, hotplug.refused.length]).toEqual([
        policy,
        early ? 'probe' : 'hibernate',
        early ? 0 : 1,
      ]);
    }
  });

  it('managed: nothing fails where managed interrupts are known, all are restored, none is elsewhere', () => {
    for (const name of ['first-fit', 'matrix']) {
      const { failures, hotplug } = under(managed, name);
      expect([failures, hotplug.shutdown, hotplug.restored]).toEqual([0, 248, 248]);
    }
    expect(saysOf(managed, 'overcommit')).toMatch(
      /^CPU 1 has \d+ vectors, \d+ available\. Cannot disable CPU$/,
    );
    expect(under(managed, 'overcommit').hotplug.shutdown).toBe(0);
  });

  it('4.14 fills the first CPU, the patch fills all; both take as much', () => {
    const [legacy, idlest] = ['legacy', 'idlest-cpu'].map((name) => under(plain, name).stages[0]);
    expect(legacy?.vectors).toBe(idlest?.vectors);
    expect([legacy?.fullest.cpu, legacy?.fullest.vectors]).toEqual([0, under(plain, 'legacy').perCpu]);
    expect(idlest?.fullest.vectors).toBeLessThan(40);
    // What is enabled and not requested: the ISA interrupts and eight ports' spare messages.
    expect(idlest?.wasted).toBeGreaterThan(8 * 30);
  });

  it('what is taken is in use or wasted, in the figures and on the map alike', () => {
    for (const { stages } of [...plain.policies, ...managed.policies]) {
      for (const { map, vectors, wasted, inUse } of stages) {
        const count = (list: string): number =>
          list === ''
            ? 0
            : list.split(',').reduce((sum, part) => {
                const [from = 0, to = from] = part.split('-').map(Number);
                return sum + to - from + 1;
              }, 0);
        const on = (ensure(map, 'map') ?? []).map((cpu) => [cpu.moving, cpu.managed, cpu.wasted].map(count));
        const sums = [0, 1, 2].map((at) => on.reduce((sum, counts) => sum + (counts[at] ?? 0), 0));
        expect([(sums[0] ?? 0) + (sums[1] ?? 0), sums[2]]).toEqual([inUse, wasted]);
        expect(inUse + wasted).toBe(vectors);
      }
    }
  });
});

describe('refusals of real kernels come out of compare with their numbers', () => {
  it.each([
    ['exhaust', 'exhaust-6.1', [181, 96, 182, 97]],
    ['exhaustir', 'exhaustir-6.1', [196, 110, 194, 108]],
  ])('%s', (scenario, capture, figures) => {
    const answer = compare(`test/scenario/machines/${scenario}.json`, 'matrix');
    const { refused } = under(answer, 'matrix').hotplug;
    expect(refused.map(({ cpu }) => cpu)).toEqual([2, 1]);
    expect(refused.flatMap(({ needed, available }) => [needed, available])).toEqual(figures);
    const log = sharedPath(`captures/${capture}/dmesg.txt`);
    if (log === undefined) return;
    const said = readFileSync(log, 'utf8').match(/CPU \d+ has \d+ vectors.*/g);
    expect(refused.map(({ message }) => message)).toEqual(said);
  });

  it('a workstation of 2022 that did not suspend: CPU 31, 116 vectors, 85 available', () => {
    const answer = workload('threadripper', 'matrix');
    expect(saysOf(answer, 'matrix')).toBe('CPU 31 has 116 vectors, 85 available. Cannot disable CPU');
  });
});

describe('the other workloads', () => {
  it('168 messages before the disks: too much for the first CPU under 4.15-rc1, and for no CPU since', () => {
    const answer = workload('msi-before-nvme', 'first-fit', 'matrix');
    expect(under(answer, 'first-fit').firstFailure).toMatchObject({ stage: 0, errno: 'EIO' });
    expect(under(answer, 'matrix').failures).toBe(0);
  });

  it('sixteen sockets: under 4.14 they fit on the first CPUs, reserved for one CPU hardly any', () => {
    const answer = workload('sixteen-sockets', 'legacy', 'reservation-last-cpu', 'matrix');
    expect(under(answer, 'legacy').failures).toBe(0);
    expect(under(answer, 'matrix').failures).toBe(0);
    const [last] = under(answer, 'reservation-last-cpu').stages.slice(-1);
    expect(last?.inUse).toBeLessThan(201);
  });

  it('virtual functions: all the CPUs but one cannot go', () => {
    const answer = workload('sriov', 'overcommit', 'matrix');
    for (const { hotplug, firstFailure } of answer.policies) {
      expect(hotplug.refused.length).toBeGreaterThan(0);
      expect(firstFailure?.kind).toMatch(/^(refused|lost)$/);
    }
  });

  it('interrupts herded onto four CPUs: the write that finds them full is refused', () => {
    const answer = workload('housekeeping', 'matrix');
    expect(under(answer, 'matrix').firstFailure).toMatchObject({ errno: 'ENOSPC', kind: 'refused' });
    const herded = under(answer, 'matrix').stages[3];
    expect([herded?.fullest.vectors, under(answer, 'matrix').perCpu]).toEqual([201, 201]);
  });
});
