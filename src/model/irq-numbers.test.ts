import { describe, expect, it } from 'vitest';
import { EINVAL, ENOMEM } from './failures.ts';
import { IrqNumbers, initialNrIrqs } from './irq-numbers.ts';

describe('interrupt numbers', () => {
  it('begin above the IO-APIC, whatever is free below', () => {
    const numbers = new IrqNumbers({ cpus: 4 });
    expect(numbers.findFree(1)).toBe(24);
    expect(new IrqNumbers({ cpus: 4, gsiTop: 120 }).findFree(1)).toBe(120);
  });

  it('are the lowest free ones, and consecutive where several are asked for', () => {
    const numbers = new IrqNumbers({ cpus: 4 });
    for (const irq of [24, 25, 27, 30]) numbers.take(irq);
    expect([1, 2, 3].map((count) => numbers.findFree(count))).toEqual([26, 28, 31]);
    numbers.release(25);
    expect(numbers.findFree(2)).toBe(25);
  });

  it('start as many as the captured kernels say at boot', () => {
    // dmesg "nr_irqs: N" of machines with one IO-APIC and 2, 4, 8, 16, 64 CPUs.
    expect([2, 4, 8, 16, 64].map((cpus) => initialNrIrqs(24, cpus))).toEqual([440, 456, 488, 552, 936]);
    expect(initialNrIrqs(24, 1)).toBe(256);
  });

  it('grow nr_irqs, and end with -ENOMEM', () => {
    const numbers = new IrqNumbers({ cpus: 1, limit: 300 });
    for (let irq = 24; irq < 299; irq++) numbers.take(irq);
    expect(numbers.nrIrqs).toBe(256);
    expect([numbers.findFree(1), numbers.nrIrqs]).toEqual([299, 300]);
    expect(numbers.findFree(2)).toBe(-ENOMEM);
    expect(numbers.findFree(0)).toBe(-EINVAL);
  });
});
