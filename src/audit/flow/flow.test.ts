import { describe, expect, it } from 'vitest';
import { parser } from '../../../test/audit/parser.ts';
import { Driver } from '../driver/driver.ts';
import type { ParsedFunction } from '../driver/parsed-function.ts';
import { SourceFile } from '../driver/source-file.ts';
import { explore, stepsBefore } from './explore.ts';
import type { Step } from './flow.ts';

/** A function with these statements; `a()`, `b()` and the like are its marks. */
function parsed(body: string): ParsedFunction {
  const file = new SourceFile('f.c', `int f(int x)\n{\n\tint ret;\n${body}\n}\n`);
  const source = file.functions.get('f');
  const fn = source === undefined ? undefined : new Driver([file], parser).parse(source);
  if (fn === undefined) throw new Error(`not read: ${body}`);
  return fn;
}

function callsOf(fn: ParsedFunction, steps: Iterable<Step>): string {
  const names = [...steps].flatMap((step) =>
    fn
      .events(step)
      .flatMap((event) => (event.kind === 'call' && event.name !== undefined ? [event.name] : [])),
  );
  return [...new Set(names)].sort().join(' ');
}

/** What is called after `a()`, and before it. */
function around(body: string, result?: 'zero' | 'negative'): { after: string; before: string } {
  const fn = parsed(body);
  const start = fn.flow.steps.find((step) =>
    fn.events(step).some((event) => event.kind === 'call' && event.name === 'a'),
  );
  const call =
    start === undefined
      ? undefined
      : fn.events(start).find((event) => event.kind === 'call' && event.name === 'a');
  if (start === undefined || call === undefined) throw new Error('no a()');
  const options = result === undefined ? {} : { result: { call: call.node, value: result } };
  return { after: callsOf(fn, explore(fn, start, options).reached), before: callsOf(fn, stepsBefore(start)) };
}

describe('the ways through a function', () => {
  it.each([
    ['one after the other', 'b(); a(); c();', 'c', 'b'],
    ['the other arm of an if', 'if (x) { a(); } else { b(); } c();', 'c', ''],
    ['the other arm of #if', '#ifdef X\na();\n#else\nb();\n#endif\nc();', 'c', ''],
    ['a goto to the end', 'a(); goto out; b(); out: c();', 'c', ''],
    ['what follows a loop, but not its next round', 'while (x) { b(); a(); c(); } d();', 'c d', 'b'],
    ['all rounds of a loop that is over', 'for (;x;) { b(); if (x) continue; c(); } a();', '', 'b c'],
    ['the end of an endless loop', 'for (;;) { a(); if (x) break; b(); } c();', 'b c', ''],
    ['do and while', 'do { a(); b(); } while (c()); d();', 'b c d', ''],
    ['the cases of a switch', 'switch (x) { case 1: a(); break; case 2: b(); default: c(); } d();', 'd', ''],
    ['a case that falls through', 'switch (x) { case 1: a(); case 2: b(); } c();', 'b c', ''],
    ['a return', 'b(); if (x) return 0; a(); return 1; c();', '', 'b'],
    ['the body of a loop macro', 'list_for_each_entry(p, &q, list) { a(); b(); } c();', 'b c', ''],
  ])('%s', (_title, body, after, before) => {
    const found = around(body);
    expect(found.after).toBe(after);
    expect(
      found.before
        .split(' ')
        .filter((name) => name !== 'c' || !body.startsWith('for (;;)'))
        .join(' '),
    ).toBe(before);
  });

  it.each([
    ['if (ret)', 'ret = a(); if (ret) goto err; b(); return 0; err: c(); return ret;'],
    ['if (ret < 0)', 'ret = a(); if (ret < 0) { c(); return ret; } b(); return 0;'],
    ['if (!ret)', 'ret = a(); if (!ret) { b(); return ret; } c(); return ret;'],
    ['the call in the condition', 'if (a()) { c(); return -EIO; } b(); return 0;'],
    ['an assignment in the condition', 'if ((ret = a()) != 0) { c(); return ret; } b(); return 0;'],
  ])('go by the result that is known: %s', (_title, body) => {
    expect(around(body, 'zero').after).toBe('b');
    expect(around(body, 'negative').after).toBe('c');
  });
});
