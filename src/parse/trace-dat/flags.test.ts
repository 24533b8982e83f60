import { expect, it } from 'vitest';
import { latencyFlags } from './flags.ts';

it.each<[number, number, string]>([
  [0x00, 0x00, '.....'],
  [0x01, 0x01, 'd..1.'],
  [0x09, 0x03, 'd.h3.'],
  [0x10, 0x12, '..s21'],
  [0x18, 0x00, '..H..'],
  [0x40, 0x00, '..z..'],
  [0x48, 0x00, '..Z..'],
  [0x81, 0x00, 'D....'],
  [0x80, 0x00, 'b....'],
  [0x04, 0x00, '.n...'],
  [0x20, 0x00, '.p...'],
  [0x24, 0x00, '.N...'],
  [0x02, 0x00, '.l...'],
  [0x22, 0x00, '.L...'],
  [0x06, 0x00, '.b...'],
  [0x26, 0xff, '.B.ff'],
])('flags %#x and preempt count %#x are %s', (flags, count, expected) => {
  expect(latencyFlags(flags, count)).toBe(expected);
});
