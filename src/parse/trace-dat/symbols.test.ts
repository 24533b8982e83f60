import { expect, it } from 'vitest';
import { encodeUtf8 } from '../utf8.ts';
import { Symbols } from './symbols.ts';

const TEXT = 'ffffffff81000200 t second\nffffffff81000100 T first\nffffffffc0000000 t in_module\t[nvme]\n';
const symbols = new Symbols(encodeUtf8(TEXT));

it('a function is found by any address in it, whatever the order of the text', () => {
  expect(symbols.nameAt(0xffffffff81000100n)).toBe('first');
  expect(symbols.nameAt(0xffffffff810001ffn)).toBe('first');
  expect(symbols.nameAt(0xffffffff81000200n)).toBe('second');
  expect(symbols.nameAt(0xffffffffc0000010n)).toBe('in_module');
});

it('an address before all functions has none, nor has any where the kernel hides them', () => {
  expect(symbols.nameAt(0xffffffff810000ffn)).toBeUndefined();
  const hidden = new Symbols(encodeUtf8('0000000000000000 T first\n0000000000000000 T second\n'));
  expect(hidden.nameAt(0xffffffff81000100n)).toBeUndefined();
  expect(new Symbols(new Uint8Array(0)).nameAt(1n)).toBeUndefined();
});
