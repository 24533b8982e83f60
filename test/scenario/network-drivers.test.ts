import { describe, expect, it } from 'vitest';
import { inWords, placeOf, run } from './run-scenario.ts';

const last = (answer: ReturnType<typeof run>): string | undefined => inWords(answer).at(-1);

describe('network drivers in a scenario', () => {
  it('i40e: its virtual functions are iavf, with the queues and vectors that it grants', () => {
    const answer = run({
      machine: { cpus: 8 },
      devices: [{ driver: 'i40e', parameters: { vfVectors: 3 } }],
      steps: [{ do: 'probe' }, { do: 'link-up' }, { do: 'vfs', device: 'eth0', count: 2 }, { do: 'link-up' }],
    });
    expect(answer.refused).toBe(0);
    const names = answer.state.irqs.map(({ name }) => name).filter((name) => name.startsWith('iavf'));
    expect(names.filter((name) => name.endsWith(':mbx'))).toHaveLength(2);
    // Two queues each: three vectors, one of them for messages.
    expect(names.filter((name) => name.includes('TxRx'))).toEqual([
      'iavf-eth1-TxRx-0',
      'iavf-eth1-TxRx-1',
      'iavf-eth2-TxRx-0',
      'iavf-eth2-TxRx-1',
    ]);
    expect(placeOf(answer, 'i40e-eth0-TxRx-7')).not.toBe('not there');
  });

  it('ice: grants what it left, which its virtual functions ask for', () => {
    const answer = run({
      machine: { cpus: 4 },
      // 16 of 64 vectors are its own; 24 for each of two: 17, and 16 queues.
      devices: [{ driver: 'ice', parameters: { vectors: 64 } }],
      steps: [{ do: 'probe' }, { do: 'vfs', device: 'eth0', count: 2 }, { do: 'link-up', device: 'eth1' }],
    });
    expect(inWords(answer)).toEqual([
      'eth0 OK ice: 16 interrupts (MSI-X)',
      'eth0 OK 2 virtual functions',
      'eth1 OK iavf: 5 interrupts (MSI-X)',
    ]);
  });

  it('give their vectors back before the machine hibernates, or do not', () => {
    const hibernation = (driver: string) => {
      const steps = [{ do: 'probe' }, { do: 'link-up' }, { do: 'hibernate' }];
      return run({ machine: { cpus: 32 }, devices: [{ driver, count: 48 }], steps });
    };
    // 48 functions with 5 handlers each do not fit on one CPU; 48 with 32 each that are given back do.
    expect(last(hibernation('tg3'))).toMatch(/^EBUSY|^ENOSPC/);
    expect(last(hibernation('ixgbe'))).toMatch(/^OK/);
    expect(last(hibernation('bnxt_en'))).toMatch(/^OK/);
  });
});
