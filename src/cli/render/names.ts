/**
 * The names of a device's interrupts on one line: a run that differs only in its last number is one word
 * (`nvme0q[0-16]`), a name that several share is counted (`timer (2)`).
 */
export function shortNames(names: readonly string[]): string {
  const stems = new Map<string, Stem>();
  for (const name of names) {
    if (name === '') continue;
    const match = /^(.*?\D)(\d{1,6})$/s.exec(name);
    const key = match?.[1] ?? name;
    const stem = stems.get(key) ?? { bare: 0, numbers: [] };
    stems.set(key, stem);
    if (match?.[2] === undefined) stem.bare++;
    else stem.numbers.push(match[2]);
  }
  return [...stems].map(([text, stem]) => words(text, stem)).join(' ');
}

interface Stem {
  bare: number;
  readonly numbers: string[];
}

function words(text: string, { bare, numbers }: Stem): string {
  const plain = bare === 0 ? [] : [bare === 1 ? text : `${text} (${bare})`];
  return [...plain, ...runs(numbers).map((run) => `${text}${run}`)].join(' ');
}

/** Numbers as they were written, consecutive ones joined; `01` is no successor of `0`. */
function runs(numbers: readonly string[]): string[] {
  const found: { first: string; last: string }[] = [];
  for (const number of numbers) {
    const run = found.at(-1);
    if (run !== undefined && String(Number(run.last) + 1) === number) run.last = number;
    else found.push({ first: number, last: number });
  }
  return found.map(({ first, last }) => (first === last ? first : `[${first}-${last}]`));
}
