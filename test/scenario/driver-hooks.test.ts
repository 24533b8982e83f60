import { describe, expect, it } from 'vitest';
import type { SimulatedOperation } from '../../src/format/simulate.ts';
import { simulateOf } from '../../src/query/simulate.ts';

/** hpsa_suspend() answers -ENOSYS to suspend and to the freeze of a hibernation (drivers/scsi/hpsa.c, 6.1). */
function sleep(what: string, drivers: readonly string[]): SimulatedOperation | undefined {
  const scenario = {
    kind: 'scenario',
    version: 1,
    machine: { kernel: '6.1', cpus: 2 },
    devices: drivers.map((driver) => ({ driver })),
    steps: [{ do: 'probe' }, { do: what }],
  };
  return simulateOf(JSON.stringify(scenario), 'scenario.json').operations.at(-1);
}

describe('a driver that refuses to suspend', () => {
  it.each(['suspend', 'hibernate'])('keeps the machine awake, and those before it: %s', (what) => {
    expect(sleep(what, ['mpi3mr', 'hpsa'])).toMatchObject({
      result: 'ENOSYS',
      outcome: 'hpsa0 does not suspend: ENOSYS',
      events: [],
    });
  });

  it('has those behind it wake again', () => {
    const operation = sleep('suspend', ['hpsa', 'mpi3mr']);
    expect(operation?.result).toBe('ENOSYS');
    const names = operation?.events.map(({ name }) => name) ?? [];
    // A first message of mpi3mr, then one for the administration and one per CPU.
    expect(names.filter((name) => name === 'vector_setup')).toHaveLength(1 + 3);
  });
});
