import { describe, expect, it } from 'vitest';
import { type ClockOptions, clockName, TraceClock } from './trace-clock.ts';

const clock = (options: Partial<ClockOptions>): TraceClock =>
  new TraceClock({ name: undefined, offset: 0n, tsc: undefined, ...options });

describe('a time stamp', () => {
  it('is seconds with microseconds, rounded, of a clock that counts nanoseconds', () => {
    for (const name of ['local', 'global', 'mono', 'mono_raw', 'boot', 'tai', 'uptime', 'perf', undefined]) {
      expect(clock({ name }).textOf(12_345_678_499n)).toBe('12.345678');
      expect(clock({ name }).textOf(12_345_678_500n)).toBe('12.345679');
    }
    expect(clock({}).textOf(1n)).toBe('0.000000');
  });

  it('is a count of any other', () => {
    for (const name of ['counter', 'x86-tsc', 'ppc-tb'])
      expect(clock({ name }).textOf(182504599096n)).toBe('182504599096');
  });

  it('has what the recorder says that is to be added', () => {
    expect(clock({ offset: 1_000_000n }).textOf(2_000_000_000n)).toBe('2.001000');
    expect(clock({ offset: -1_000_000n }).textOf(2_000_000_000n)).toBe('1.999000');
    expect(clock({ name: 'counter', offset: 5n }).textOf(1n)).toBe('6');
  });

  it('of the time stamp counter becomes nanoseconds before that', () => {
    const tsc = { multiplier: 3n << 30n, shift: 31n };
    expect(clock({ name: 'tsc2nsec', tsc, offset: 1000n }).textOf(2_000_000_000n)).toBe('3.000001');
    // More than 64 bits on the way.
    expect(clock({ name: 'tsc2nsec', tsc }).textOf(2n ** 62n)).toBe('6917529027.641082');
  });
});

it('a clock’s name is the chosen one of tracefs’ list, or alone', () => {
  expect(clockName('local global [counter] uptime perf mono mono_raw boot tai x86-tsc\n')).toBe('counter');
  expect(clockName('local global counter [x86-tsc]')).toBe('x86-tsc');
  expect(clockName('mono_raw')).toBe('mono_raw');
  expect(clockName('')).toBeUndefined();
});
