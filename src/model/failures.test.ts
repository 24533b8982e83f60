import { describe, expect, it } from 'vitest';
import {
  cannotDisableCpu,
  DISABLING_NON_BOOT_CPUS,
  ENOSPC,
  errnoName,
  errorTakingCpuDown,
  KernelBug,
  NON_BOOT_CPUS_NOT_DISABLED,
  noLongerAffine,
  RESERVATION_EXCEEDS,
  reservedExceedsAvailable,
  setAffinityFailed,
} from './failures.ts';

describe('kernel messages', () => {
  it('the messages are those of the kernel log, letter by letter', () => {
    expect(RESERVATION_EXCEEDS).toBe('Interrupt reservation exceeds available resources');
    expect(cannotDisableCpu(3, 40, 12)).toBe('CPU 3 has 40 vectors, 12 available. Cannot disable CPU');
    expect(reservedExceedsAvailable(9, 8)).toBe('Reserved vectors 9 > available 8. IRQ request may fail');
    expect(DISABLING_NON_BOOT_CPUS).toBe('Disabling non-boot CPUs ...');
    expect(errorTakingCpuDown(7, -ENOSPC)).toBe('Error taking CPU7 down: -28');
    expect(NON_BOOT_CPUS_NOT_DISABLED).toBe('Non-boot CPUs are not disabled');
    expect(setAffinityFailed(33, -ENOSPC)).toBe('IRQ33: set affinity failed(-28).');
    expect(noLongerAffine(33, 2)).toBe('IRQ 33: no longer affine to CPU2');
  });

  it('`errnoName` names an errno of either sign', () => {
    expect(errnoName(-28)).toBe('ENOSPC');
    expect(errnoName(22)).toBe('EINVAL');
    expect(errnoName(-999)).toBe('errno 999');
  });

  it('`KernelBug` tells the kernel function that stops', () => {
    const bug = new KernelBug('irq_matrix_online', 'CPU 1 is online already');
    expect(bug.where).toBe('irq_matrix_online');
    expect(bug.message).toBe('kernel BUG in irq_matrix_online: CPU 1 is online already');
  });
});
