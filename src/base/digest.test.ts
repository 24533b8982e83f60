import { describe, expect, it } from 'vitest';
import { digestOf } from './digest.ts';

describe('digestOf', () => {
  it('is 16 hexadecimal digits, and the same for the same lines', () => {
    expect(digestOf(['a', 'b'])).toMatch(/^[0-9a-f]{16}$/);
    expect(digestOf(['a', 'b'])).toBe(digestOf(['a', 'b']));
  });

  it('tells apart what differs in one character, in order, or in where a line ends', () => {
    const digests = [['ab', 'c'], ['a', 'bc'], ['c', 'ab'], ['ab', 'd'], ['abc'], ['ab', 'c', ''], []];
    expect(new Set(digests.map((lines) => digestOf(lines))).size).toBe(digests.length);
  });

  it('does not collide over the states of a large machine', () => {
    const digests = new Set<string>();
    for (let irq = 0; irq < 20_000; irq++) digests.add(digestOf([`${irq} 0-3`]));
    expect(digests.size).toBe(20_000);
  });
});
