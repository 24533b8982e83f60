import { describe, expect, it } from 'vitest';
import { isChanged, parseUnifiedDiff } from './changed-lines.ts';
import type { Finding } from './finding.ts';

const DIFF = `diff --git a/a/x.c b/a/x.c
--- a/a/x.c
+++ b/a/x.c
@@ -10 +10,3 @@ f
-old
+one
+two
+three
@@ -40,2 +41,0 @@ g
-gone
-gone
--- a/gone.c
+++ /dev/null
@@ -1 +0,0 @@
-x
`;

function finding(
  file: string,
  lines: readonly [number, number],
  related: readonly [string, number][] = [],
): Finding {
  return {
    rule: 'irq-unwind-index',
    severity: 'warning',
    file,
    line: lines[0],
    column: 1,
    function: 'f',
    lines,
    subject: 's',
    message: 'm',
    related: related.map(([where, line]) => ({ file: where, line, column: 1, message: 'n' })),
  };
}

describe('parseUnifiedDiff', () => {
  it('reads the lines of the new side; a deletion counts where it was', () => {
    expect([...parseUnifiedDiff(DIFF)]).toEqual([
      [
        'a/x.c',
        [
          [10, 12],
          [41, 41],
        ],
      ],
    ]);
  });
});

describe('isChanged', () => {
  const changed = parseUnifiedDiff(DIFF);
  it.each([
    ['a function that holds a changed line', finding('a/x.c', [1, 10]), true],
    ['a function that begins in what was changed', finding('a/x.c', [12, 30]), true],
    ['a function between two changes', finding('a/x.c', [13, 40]), false],
    ['the same lines of another file', finding('b/x.c', [1, 10]), false],
    ['a finding that points to a changed line', finding('b/x.c', [1, 10], [['a/x.c', 41]]), true],
  ])('%s', (_title, one, expected) => {
    expect(isChanged(one, changed)).toBe(expected);
  });
});
