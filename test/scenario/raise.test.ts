import { describe, expect, it } from 'vitest';
import { ensure } from '../../src/base/assert.ts';
import { policyNamed } from '../../src/policy/policies.ts';
import { refusal, run } from './run-scenario.ts';

const C1 = { rule: 'C1', text: 'a device is not told to interrupt before the interrupt is requested' };

/** `OK suppressed by the mask, breaks C1` of each interrupt that is raised. */
function raised(policy: string, device: object, steps: readonly object[]): string[] {
  const answer = run({ devices: [device], steps }, { policy: ensure(policyNamed(policy), policy) });
  return answer.operations
    .filter((operation) => operation.do === 'raise')
    .map(({ result, outcome, violations }) =>
      [result, outcome, ...violations.map(({ rule }) => `breaks ${rule}`)].join(', '),
    );
}

describe('a device that raises an interrupt', () => {
  const raise = { do: 'raise', device: 'eth0', message: 1 };

  it('before its driver has requested it: the answer says what came of it, and which rule that breaks', () => {
    const nic = { driver: 'i40e', name: 'eth0' };
    const { operations } = run({ devices: [nic], steps: [{ do: 'probe' }, raise] });
    expect(operations.at(-1)).toMatchObject({
      target: 'eth0 message 1',
      result: 'OK',
      outcome: 'suppressed by the mask',
      violations: [C1],
    });
    const steps = [{ do: 'probe' }, raise, { do: 'link-up' }, raise, { do: 'link-down' }, raise];
    expect(raised('matrix', nic, steps)).toEqual([
      'OK, suppressed by the mask, breaks C1',
      'OK, delivered',
      'OK, suppressed by the mask, breaks C1',
    ]);
  });

  it.each([
    ['legacy', 'spurious'],
    ['matrix', 'spurious'],
    ['reservation-online', 'lost'],
    ['overcommit', 'lost'],
  ])('that cannot be masked, under %s: %s', (policy, outcome) => {
    const nic = { driver: 'e1000e', name: 'eth0', msix: 0, msi: { messages: 1, maskable: false } };
    const first = { ...raise, message: 0 };
    expect(raised(policy, nic, [{ do: 'probe' }, first, { do: 'link-up' }, first])).toEqual([
      `OK, ${outcome}, breaks C1`,
      'OK, delivered',
    ]);
  });

  it('has none of that number, or is not there', () => {
    const nic = { driver: 'i40e', name: 'eth0' };
    expect(raised('matrix', nic, [{ do: 'probe' }, { ...raise, message: 999 }])).toEqual([
      'ENODEV, has no such interrupt',
    ]);
    expect(refusal({ devices: [nic], steps: [{ ...raise, device: 'eth7' }] })).toContain('eth7');
  });

  it('a kernel that stops names the rule that the driver broke', () => {
    const { operations, stopped } = run({
      machine: { kernel: '5.10', cpus: 4 },
      devices: [{ driver: 'i40e', name: 'eth0' }],
      steps: [{ do: 'probe' }, { do: 'request', irq: 26 }, { do: 'remove', device: 'eth0' }],
    });
    expect([stopped, operations.at(-1)?.violations.map(({ rule }) => rule)]).toEqual([true, ['C6']]);
  });
});
