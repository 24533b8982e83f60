import { describe, expect, it } from 'vitest';
import { shortNames } from './names.ts';

describe('the names of a device’s interrupts', () => {
  it('join runs that differ in their last number only', () => {
    expect(shortNames(['nvme0q0', 'nvme0q1', 'nvme0q2'])).toBe('nvme0q[0-2]');
    expect(shortNames(['v-config', 'v-in.0', 'v-out.0', 'v-in.1', 'v-out.1'])).toBe(
      'v-config v-in.[0-1] v-out.[0-1]',
    );
    expect(shortNames(['q0', 'q1', 'q5', 'q7', 'q8'])).toBe('q[0-1] q5 q[7-8]');
  });

  it('count a name that several share', () => {
    expect(shortNames(['timer', 'rtc0', 'timer'])).toBe('timer (2) rtc0');
  });

  it('keep what is no run: leading zeros, repeated numbers, numbers alone, no name', () => {
    expect(shortNames(['q00', 'q01'])).toBe('q00 q01');
    expect(shortNames(['q1', 'q1'])).toBe('q1 q1');
    expect(shortNames(['0', '1'])).toBe('0 1');
    expect(shortNames(['', 'eth0', ''])).toBe('eth0');
  });
});
