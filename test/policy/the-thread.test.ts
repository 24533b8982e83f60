/**
 * What the thread is about: a server of 32 CPUs with i40e ports that is to hibernate, its driver as it was before 4.15. Eight
 * ports enable 42 messages each and request 34 of them when they are up.
 */
import { describe, expect, it } from 'vitest';
import { ensure } from '../../src/base/assert.ts';
import type { SimulateAnswer } from '../../src/format/simulate.ts';
import { profileNamed } from '../../src/model/kernel-profile.ts';
import { policyNamed } from '../../src/policy/policies.ts';
import { messagesOf, run } from '../scenario/run-scenario.ts';

const PORTS = 8;
const ENABLED = 42;
/** A queue for each CPU, the Flow Director, and one for everything else. */
const IN_USE = 32 + 1 + 1;

function hibernate(kernel: string, policy: string, parameters: object = { keepsVectors: 1 }): SimulateAnswer {
  return run(
    {
      machine: { cpus: '2x16', remapping: true },
      devices: [{ driver: 'i40e', count: PORTS, node: 0, parameters }],
      steps: [{ do: 'probe' }, { do: 'link-up' }, { do: 'snapshot', name: 'running' }, { do: 'hibernate' }],
    },
    { kernel: ensure(profileNamed(kernel), kernel), policy: ensure(policyNamed(policy), policy) },
  );
}

const last = ({ operations }: SimulateAnswer) => ensure(operations.at(-1), 'hibernate');
const refusals = (answer: SimulateAnswer): string[] =>
  messagesOf({ operations: [last(answer)] }).filter((line) => /isable/.test(line));

const inUse = ({ state }: SimulateAnswer) =>
  state.irqs.filter(({ driver, name }) => driver === 'i40e' && name !== '');

describe('the hibernation of the thread', () => {
  it('legacy: refused with the text and the errno of 4.14, and with the figures of this machine', () => {
    const answer = hibernate('6.1', 'legacy');
    expect(last(answer).result).toBe('ERANGE');
    const [refusal = ''] = refusals(answer);
    const figures =
      /^warn: CPU (\d+) disable failed: CPU has (\d+) vectors assigned and there are only (\d+) available\.$/;
    const [cpu, needed, available] = (figures.exec(refusal) ?? []).slice(1).map(Number);
    // The last one; CPU 0 is full by then, with what was never requested too.
    expect([cpu, available]).toEqual([31, 0]);
    const ports = inUse(answer);
    expect(ports).toHaveLength(PORTS * IN_USE);
    // All that is not on CPU 0 has come to CPU 31. What may go to CPU 0 is not counted, full as that is.
    const there = ports.filter((irq) => irq.cpu !== 0);
    expect(there.every((irq) => irq.cpu === 31)).toBe(true);
    const mayMove = there.filter(({ affinity }) => affinity === '0,31');
    expect([mayMove.length, needed]).toEqual([PORTS, there.length - PORTS]);
    expect(answer.state.global.totalAllocated).toEqual({
      min: 16 + PORTS * ENABLED,
      max: 16 + PORTS * ENABLED,
    });
  });

  it('idlest-cpu: spread while it runs, refused all the same when one CPU is left', () => {
    const answer = hibernate('6.1', 'idlest-cpu');
    const running = ensure(answer.snapshots[0], 'running').state.cpus.map(({ allocated }) => allocated.max);
    expect(Math.max(...running)).toBeLessThan(40);
    expect([last(answer).result, refusals(answer)[0]]).toEqual([
      'ERANGE',
      expect.stringMatching(/^warn: CPU 31 disable failed: CPU has \d+ vectors assigned/),
    ]);
  });

  it.each(['reservation-possible', 'reservation-online', 'overcommit', 'matrix'])(
    '%s: not what is enabled but what is requested counts, and that is still too much',
    (policy) => {
      const answer = hibernate('6.12', policy);
      const [refusal = ''] = refusals(answer);
      const [cpu, needed, available] = [...refusal.matchAll(/\d+/g)].map(Number);
      expect([last(answer).result, cpu]).toEqual(['ENOSPC', 1]);
      // The timer is the one more.
      expect((needed ?? 0) + 201 - (available ?? 0)).toBe(PORTS * IN_USE + 1);
    },
  );

  it('reservation-last-cpu: fewer are enabled, and these always fit', () => {
    const answer = hibernate('6.12', 'reservation-last-cpu');
    expect([last(answer).result, refusals(answer)]).toEqual(['OK', []]);
    expect(inUse(answer).length).toBeGreaterThan(100);
    expect(inUse(answer).length).toBeLessThan(201);
  });

  it('the kernel of 6.1 lets the CPUs go, for there is room somewhere, and loses what is tied to the node', () => {
    const answer = hibernate('6.1', 'matrix');
    expect([last(answer).result, last(answer).outcome]).toEqual(['OK', expect.stringContaining('lost')]);
    expect(messagesOf(answer).some((line) => /set affinity failed\(-28\)/.test(line))).toBe(true);
  });

  it.each(['6.1', '6.12'])(
    'what came of it in the driver (%s): it gives its vectors back, and all goes well',
    (kernel) => {
      const answer = hibernate(kernel, 'matrix', {});
      expect([last(answer).result, refusals(answer)]).toEqual(['OK', []]);
    },
  );
});

describe('with managed interrupts, as the mail asks', () => {
  const MANAGED = { keepsVectors: 1, managed: 1 };
  const places = (state: SimulateAnswer['state']) =>
    state.irqs.filter(({ managed }) => managed === true).map(({ irq, cpu, vector }) => [irq, cpu, vector]);

  it.each(['6.1', '6.12', 'newest'])(
    '%s: as many queues are in use, none has to move, and all are where they were',
    (kernel) => {
      const answer = hibernate(kernel, 'matrix', MANAGED);
      expect([last(answer).result, refusals(answer)]).toEqual(['OK', []]);
      const before = places(ensure(answer.snapshots[0], 'running').state);
      expect(before).toHaveLength(PORTS * 32);
      expect(places(answer.state)).toEqual(before);
    },
  );

  it.each(['reservation-online', 'overcommit'])('%s knows no such thing, and refuses', (policy) => {
    expect(last(hibernate('6.12', policy, MANAGED)).result).toBe('ENOSPC');
  });
});
