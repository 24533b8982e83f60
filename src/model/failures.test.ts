import { describe, expect, it } from 'vitest';
import { cannotDisableCpu, KernelBug, RESERVATION_EXCEEDS, reservedExceedsAvailable } from './failures.ts';

describe('kernel messages', () => {
  it('the messages are those of the kernel log, letter by letter', () => {
    expect(RESERVATION_EXCEEDS).toBe('Interrupt reservation exceeds available resources');
    expect(cannotDisableCpu(3, 40, 12)).toBe('CPU 3 has 40 vectors, 12 available. Cannot disable CPU');
    expect(reservedExceedsAvailable(9, 8)).toBe('Reserved vectors 9 > available 8. IRQ request may fail');
  });

  it('`KernelBug` tells the kernel function that stops', () => {
    const bug = new KernelBug('irq_matrix_online', 'CPU 1 is online already');
    expect(bug.where).toBe('irq_matrix_online');
    expect(bug.message).toBe('kernel BUG in irq_matrix_online: CPU 1 is online already');
  });
});
