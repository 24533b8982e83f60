/** At most so many are named: more do not help. */
const MOST = 5;
/** Shorter words are in too many names. */
const SHORTEST_PART = 2;

/**
 * The names that somebody may have meant, best first: those that hold the word, those that the word holds, and those that
 * differ from it in a few letters. Case, `-`, `_` and blanks make no difference.
 */
export function nearNames(word: string, names: Iterable<string>): string[] {
  const wanted = plain(word);
  return [...names]
    .map((name) => ({ name, distance: distanceOf(wanted, plain(name)) }))
    .filter(({ distance }) => distance !== undefined)
    .sort((a, b) => (a.distance ?? 0) - (b.distance ?? 0) || (a.name < b.name ? -1 : 1))
    .slice(0, MOST)
    .map(({ name }) => name);
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '');
}

/** Undefined where two words have nothing to do with each other. */
function distanceOf(wanted: string, name: string): number | undefined {
  const [short, long] = wanted.length < name.length ? [wanted, name] : [name, wanted];
  if (short.length >= SHORTEST_PART && long.includes(short)) return long.startsWith(short) ? 0 : 1;
  // A third of the letters may be wrong; what is much longer is not worth the look.
  const allowed = Math.floor(long.length / 3);
  if (long.length - short.length > allowed) return undefined;
  const distance = editDistance(wanted, name);
  return distance <= allowed ? 1 + distance : undefined;
}

/** Letters to change, put in or leave out (Levenshtein). */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const changed = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(changed, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
