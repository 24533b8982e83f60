import { expect, it } from 'vitest';
import { printable } from './printable.ts';

it('printable shows what could drive a terminal as a dot', () => {
  expect(printable('a\u001b[2J\u009b\u202e\u2028\u0007\n\tb')).toBe('a·[2J······b');
  expect(printable('Grüße, 割り込み')).toBe('Grüße, 割り込み');
});
