import { expect, test } from 'vitest';
import { areLost, figure } from './figure.ts';

test('a figure is written with its bounds, and as ? where it may be anything', () => {
  expect(figure({ min: 6150, max: 6150 })).toBe('6,150');
  expect(figure({ min: 170, max: 177 })).toBe('170..177');
  expect(figure({ min: 0, max: 2 ** 32 - 1 })).toBe('?');
  // A counter of the kernel that went below zero: it is what the kernel says.
  expect(figure({ min: 2 ** 32 - 1, max: 2 ** 32 - 1 })).toBe('4,294,967,295');
});

test('one interrupt is lost, two are', () => {
  expect(areLost(1)).toBe('1 interrupt is lost');
  expect(areLost(1200)).toBe('1,200 interrupts are lost');
});
