import { describe, expect, it } from 'vitest';
import { tinyState } from '../../test/tiny-machine.ts';
import { ratesBetween } from './rates.ts';

const WRAP = 2 ** 32;

function counted(counts: readonly number[], name = 'eth0', online: readonly number[] = [0, 1]) {
  return tinyState({ cpus: 2, pic: false, online, irqs: [{ irq: 40, name, counts }] });
}

function rate(...args: Parameters<typeof ratesBetween>): number | undefined {
  return ratesBetween(...args)?.deliveries.get(40);
}

describe('ratesBetween', () => {
  it('adds up what every CPU has counted since', () => {
    expect(rate(counted([5, 10]), counted([7, 110]), 2)).toBe(102);
    expect(ratesBetween(counted([5, 10]), counted([5, 10]), 2)?.seconds).toBe(2);
  });

  it('goes on where a counter of 32 bits begins anew', () => {
    expect(rate(counted([WRAP - 3, 0]), counted([4, 0]), undefined)).toBe(7);
  });

  it('takes an interrupt of another name for another one', () => {
    expect(ratesBetween(counted([5, 10]), counted([7, 110], 'eth1'), 1)).toBeUndefined();
  });

  it('counts nothing for a CPU that was not there then', () => {
    const before = tinyState({
      cpus: 2,
      pic: false,
      online: [0],
      irqs: [{ irq: 40, name: 'eth0', counts: [5, 9] }],
      without: ['sys/kernel/irq'],
    });
    expect(rate(before, counted([6, 9]), 1)).toBe(1);
  });
});
