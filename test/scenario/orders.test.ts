import { describe, expect, it } from 'vitest';
import type { Orders } from '../../src/format/simulate.ts';
import { simulateOf } from '../../src/query/simulate.ts';

const NVME = { driver: 'nvme', parameters: { queues: 4 } };

function ordersIn(devices: readonly object[], ...steps: readonly object[]): Orders | undefined {
  const scenario = { kind: 'scenario', version: 1, machine: { kernel: '6.1', cpus: 4 }, devices, steps };
  return simulateOf(JSON.stringify(scenario), 'scenario.json', {}, { orders: true }).orders;
}

describe('the orders of devices that probe together', () => {
  const two = [
    { ...NVME, name: 'nvme0' },
    { ...NVME, name: 'nvme1' },
  ];
  const together = { do: 'probe', together: ['nvme0', 'nvme1'] };

  it('are as many firsts, and each the other way round', () => {
    expect(ordersIn(two, together)?.tried).toBe(4);
    const six = Array.from({ length: 6 }, (_, n) => ({ ...NVME, name: `nvme${n}` }));
    expect(ordersIn(six, { do: 'probe', together: six.map(({ name }) => name) })?.tried).toBe(8);
  });

  it('decide about controllers of one kind, and not about who probes alone', () => {
    const alone = { driver: 'e1000e', name: 'eth0', line: 16 };
    const steps = [{ do: 'probe', device: 'eth0' }, { do: 'link-up' }, together];
    // The timer, three of the network device, five of each controller: all but the timer and eth0's swap places.
    expect(ordersIn([alone, ...two], ...steps)).toEqual({
      tried: 4,
      interrupts: 14,
      sameCpu: 12,
      sameVector: 4,
      otherCpu: [
        { name: 'nvme0q0', cpus: [0, 1], absent: 0 },
        { name: 'nvme1q0', cpus: [0, 1], absent: 0 },
      ],
    });
  });

  it('decide who gets the last vectors', () => {
    // One CPU with room for one of two controllers: the timer and 197 others before them.
    const before = Array.from({ length: 197 }, (_, n) => ({ driver: 'ahci', name: `ahci${n}` }));
    const steps = [...before.map(({ name: device }) => ({ do: 'probe', device })), together];
    const scenario = {
      kind: 'scenario',
      version: 1,
      machine: { kernel: '6.1', cpus: 1 },
      devices: [...before, ...two],
      steps,
    };
    const { orders } = simulateOf(JSON.stringify(scenario), 'x.json', {}, { orders: true });
    expect(orders).toMatchObject({ tried: 4, interrupts: 202, sameCpu: 198, sameVector: 198 });
    expect(orders?.otherCpu).toEqual(
      ['nvme0q0', 'nvme0q1', 'nvme1q0', 'nvme1q1'].map((name) => ({
        name,
        cpus: [0],
        absent: expect.any(Number),
      })),
    );
    const absent = orders?.otherCpu.map((one) => one.absent) ?? [];
    // Who is left out has neither of its two.
    expect(absent).toEqual([absent[0], absent[0], 4 - (absent[0] ?? 0), 4 - (absent[0] ?? 0)]);
  });

  it('are not asked for where one probes at a time, or where it is told who did what when', () => {
    expect(ordersIn(two, { do: 'probe' })).toBeUndefined();
    expect(ordersIn(two, { do: 'probe', together: ['nvme1'] })).toBeUndefined();
    expect(ordersIn(two, { ...together, turns: [['nvme1', 99]] })).toBeUndefined();
  });

  it('leave the answer itself as it is written', () => {
    const steps = [together];
    const scenario = {
      kind: 'scenario',
      version: 1,
      machine: { kernel: '6.1', cpus: 4 },
      devices: two,
      steps,
    };
    const { orders, ...answer } = simulateOf(JSON.stringify(scenario), 'x.json', {}, { orders: true });
    expect(orders).toBeDefined();
    expect(answer).toEqual(simulateOf(JSON.stringify(scenario), 'x.json'));
  });
});
