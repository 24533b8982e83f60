import { describe, expect, it } from 'vitest';
import { namesSet } from './names-set.ts';

/** Names that `static int f(int given) { BODY }` may set. */
function set(body: string): string[] {
  const head = 'static int f(int given)';
  return [...namesSet(`${head}{${body}}`, head.length)].sort();
}

describe('namesSet', () => {
  it.each([
    ['priv->lock = 1;', ['lock']],
    ['priv->chan[i].state |= x;', ['state']],
    ['priv->map[index[i]] = 1;', ['map']],
    ['priv->count++; (*p).left--;', ['count', 'left']],
    ['init(&priv->wdt.ws);', ['ws']],
    ['the_foo = foo;', ['the_foo']],
    ['get(&the_foo);', ['the_foo']],
  ])('of %s are %j', (body, names) => {
    expect(set(body)).toEqual(names);
  });

  it.each([
    ['comparisons', 'if (a == b || c != d || e <= f || g >= h) return;'],
    [
      'variables of its own',
      'struct foo *foo = get(); unsigned long flags; int n = 0; flags = 1; foo = n; n++;',
    ],
    ['parameters', 'given = 2;'],
    ['what && stands before', 'if (a && b) c();'],
  ])('are not %s', (_title, body) => {
    expect(set(body)).toEqual([]);
  });

  it('are there where it is not plain whose they are', () => {
    expect(set('/* set ret */ ret = 1;')).toEqual(['ret']);
    expect(set('x = a *ret; ret = 1;')).toContain('ret');
    expect(set('int a, ret; ret = 1;')).toContain('ret');
    expect(set('if (x) return; else ret = 1;')).toEqual(['ret']);
  });
});
