import { describe, expect, it } from 'vitest';
import { normalise } from './normalise.ts';

describe('normalise', () => {
  it('blanks annotations and keeps every offset and line', () => {
    const text = 'static int __init\nf(void __iomem *p) __acquires(\n&lock)\n{ }';
    const clean = normalise(text);
    expect(clean).toHaveLength(text.length);
    expect(clean.split('\n')).toHaveLength(text.split('\n').length);
    expect(clean.replace(/\s+/g, ' ')).toBe('static int f(void *p) { }');
  });

  it('makes a loop of the head of a loop macro, and of nothing else', () => {
    expect(normalise('list_for_each_entry(p, &q, list) { f(p); }')).toBe(
      'while              (p, &q, list) { f(p); }',
    );
    expect(normalise('list_for_each_entry(p, &q, list)\n\tf(p);')).toMatch(/^while +\(p/);
    expect(normalise('bus_for_each_dev(bus, NULL, x, f);')).toBe('bus_for_each_dev(bus, NULL, x, f);');
    expect(normalise('ret = class_for_each_device(c);')).toBe('ret = class_for_each_device(c);');
  });

  it('leaves names alone that only begin like an annotation', () => {
    expect(normalise('__initialise(x); my__init = 1;')).toBe('__initialise(x); my__init = 1;');
  });
});
