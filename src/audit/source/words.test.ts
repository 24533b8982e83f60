import { describe, expect, it } from 'vitest';
import { callsIn, hasWord, namesCalled } from './words.ts';

describe('hasWord', () => {
  it('finds a word, and not a part of one', () => {
    expect(hasWord('foo->lock', 'lock')).toBe(true);
    expect(hasWord('lock', 'lock')).toBe(true);
    expect(hasWord('unlock(lock_it); lock2', 'lock')).toBe(false);
    expect(hasWord('unlock lock', 'lock')).toBe(true);
  });
});

describe('callsIn', () => {
  it('finds calls by name, not those of members', () => {
    const text = 'foo(1); foo (2); p->foo(3); q.foo(4); my_foo(5); foo;';
    expect([...callsIn(text, 'foo')]).toEqual([0, 8]);
  });
});

describe('namesCalled', () => {
  it('are the words before parentheses within the part', () => {
    const text = 'head(x) { a(b (c)); (d); return e(); } f(g)';
    expect([...namesCalled(text, text.indexOf('{'), text.indexOf('}'))]).toEqual(['a', 'b', 'e']);
  });
});
