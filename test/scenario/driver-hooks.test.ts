import { describe, expect, it } from 'vitest';
import type { SimulatedOperation } from '../../src/format/simulate.ts';
import { simulateOf } from '../../src/query/simulate.ts';

function operationsOf(
  drivers: readonly string[],
  steps: readonly object[],
  machine: object = {},
): readonly SimulatedOperation[] {
  const scenario = {
    kind: 'scenario',
    version: 1,
    machine: { kernel: '6.1', cpus: 2, ...machine },
    devices: drivers.map((driver) => ({ driver })),
    steps: [{ do: 'probe' }, ...steps],
  };
  return simulateOf(JSON.stringify(scenario), 'scenario.json').operations.slice(drivers.length);
}

/** hpsa_suspend() answers -ENOSYS to suspend and to the freeze of a hibernation (drivers/scsi/hpsa.c, 6.1). */
describe('a driver that refuses to suspend', () => {
  it.each(['suspend', 'hibernate'])('keeps the machine awake, and those before it: %s', (what) => {
    expect(operationsOf(['mpi3mr', 'hpsa'], [{ do: what }])[0]).toMatchObject({
      result: 'ENOSYS',
      outcome: 'hpsa0 does not suspend: ENOSYS',
      events: [],
    });
  });

  it('has those behind it wake again', () => {
    const [operation] = operationsOf(['hpsa', 'mpi3mr'], [{ do: 'suspend' }]);
    expect(operation?.result).toBe('ENOSYS');
    const names = operation?.events.map(({ name }) => name) ?? [];
    // A first message of mpi3mr, then one for the administration and one per CPU.
    expect(names.filter((name) => name === 'vector_setup')).toHaveLength(1 + 3);
  });
});

/** lpfc_cpu_offline(), lpfc_cpu_online() (drivers/scsi/lpfc/lpfc_init.c, 6.1). */
describe('a driver that hears of a CPU before it goes', () => {
  it('moves its interrupts itself, and back', () => {
    const steps = [
      { do: 'cpu-offline', cpus: '1' },
      { do: 'cpu-online', cpus: '1' },
    ];
    const [offline, online] = operationsOf(['lpfc'], steps, { cpus: 4, remapping: true });
    const targets = (operation: SimulatedOperation | undefined): unknown[] =>
      operation?.events.flatMap(({ name, fields }) => (name === 'vector_update' ? [fields.cpu] : [])) ?? [];
    expect([offline?.outcome, targets(offline)]).toEqual(['', [2]]);
    expect(targets(online)).toEqual([1]);
  });
});
