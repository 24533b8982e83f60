import type { Finding } from './finding.ts';

/** First and last changed line, by file. */
export type ChangedLines = ReadonlyMap<string, readonly (readonly [number, number])[]>;

/** Reads `git diff -U0`: the lines of the new side. A deletion counts for the line after which it was. */
export function parseUnifiedDiff(text: string): ChangedLines {
  const changed = new Map<string, [number, number][]>();
  let file: string | undefined;
  for (const line of text.split('\n')) {
    const name = /^\+\+\+ (?:b\/)?(.*?)(?:\t.*)?$/.exec(line)?.[1];
    if (name !== undefined) file = name === '/dev/null' ? undefined : name;
    const [hunk, start, count] = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (hunk === undefined || file === undefined) continue;
    const first = Number(start);
    const ranges = changed.get(file) ?? [];
    ranges.push([first, first + Math.max(1, Number(count ?? 1)) - 1]);
    changed.set(file, ranges);
  }
  return changed;
}

/** Whether the function of a finding was changed, or one of the lines that it points to. */
export function isChanged({ file, lines, related }: Finding, changed: ChangedLines): boolean {
  const touches = (path: string, [first, last]: readonly [number, number]): boolean =>
    changed.get(path)?.some(([from, to]) => from <= last && first <= to) ?? false;
  return touches(file, lines) || related.some((place) => touches(place.file, [place.line, place.line]));
}
