/** Offset bases and primes of two 32-bit FNV-1a runs; the second base is the first, turned. */
const PRIME = 0x01000193;
const BASES = [0x811c9dc5, 0x9dc5811c] as const;

/**
 * 16 hexadecimal digits that change when a line, or the order of the lines, does. To notice a difference, not to
 * resist somebody who wants none to be noticed.
 */
export function digestOf(lines: Iterable<string>): string {
  let [low, high] = BASES as readonly [number, number];
  for (const line of lines) {
    for (let at = 0; at <= line.length; at++) {
      // The line's end counts too: ["ab", "c"] is not ["a", "bc"].
      const unit = at < line.length ? line.charCodeAt(at) : 0x1_0000;
      low = Math.imul(low ^ unit, PRIME);
      high = Math.imul(high ^ (unit + at), PRIME);
    }
  }
  return [low, high].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
