import { describe, expect, it } from 'vitest';
import { outlineOf } from './outline.ts';

const names = (text: string) => {
  const { functions, structs, initialisers } = outlineOf(text);
  return {
    functions: functions.map(({ name }) => name),
    structs: structs.map(({ name }) => name),
    initialisers: initialisers.map(({ name }) => name),
  };
};

describe('outlineOf', () => {
  it('finds functions in any style of braces', () => {
    const text = 'int a(void)\n{\n}\nstatic int b(int x) { if (x) { y(); } }\nvoid\nc (a, b)\n  int a;\n{ }';
    expect(names(text).functions).toEqual(['a', 'b']);
  });

  it('spans a function from its first word to its last brace', () => {
    const text = '#define X 1\nstatic int f(void)\n{\n\treturn X;\n}\nint g;';
    const [span] = outlineOf(text).functions;
    expect(text.slice(span?.start, span?.end)).toBe('static int f(void)\n{\n\treturn X;\n}');
  });

  it('is not led astray by braces in comments, strings and characters', () => {
    const text = `int a(void) { /* } */ s = "}\\"}"; c = '}'; // }\n}\nint b(void) { }`;
    expect(names(text).functions).toEqual(['a', 'b']);
  });

  it('takes the arms of #if for alternatives, also where each opens the brace', () => {
    const text =
      '#ifdef X\nint a(int x)\n{\n#else\nint a(void)\n{\n#endif\n\treturn 0;\n}\nint b(void)\n{\n}';
    expect(names(text).functions).toEqual(['a', 'b']);
  });

  it('does not take an annotation with arguments for the name', () => {
    expect(names('static __printf(2, 3) void a(int x, const char *f, ...)\n{\n}').functions).toEqual(['a']);
    expect(names('void a(struct b *b) __acquires(&b->lock)\n{\n}').functions).toEqual(['a']);
  });

  it('tells structs, typedefs of structs and initialised variables apart', () => {
    const text =
      'struct s { int a; };\ntypedef struct { int b; } t_t;\nstatic struct pci_driver d = { .probe = p };\nunion u { int c; };';
    expect(names(text)).toEqual({ functions: [], structs: ['s', 't_t', 'u'], initialisers: ['d'] });
  });

  it('comes to an end on what is no C', () => {
    for (const text of ['{', '}', '((((', '"', "'", '/*', '#if\n#else\n{', '#define x \\', ')))}}}', '']) {
      expect(() => outlineOf(text)).not.toThrow();
    }
  });
});
