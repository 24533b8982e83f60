import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

describe('utf8', () => {
  it.each(['', 'ahci', 'größe', '日本', '🜁x', 'a'.repeat(10_000)])('encodes and decodes %j', (text) => {
    const bytes = encodeUtf8(text);
    expect([...bytes]).toEqual([...Buffer.from(text, 'utf8')]);
    expect(decodeUtf8(bytes)).toBe(text);
  });

  it('replaces what is not UTF-8, one mark for each byte', () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xe0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      expect(decodeUtf8(Uint8Array.from([65, ...bytes, 66]))).toBe(`A${'\ufffd'.repeat(bytes.length)}B`);
    }
  });

  it('replaces a lone surrogate', () => {
    expect(decodeUtf8(encodeUtf8('a\ud800b'))).toBe('a\ufffdb');
  });
});
