/** Letters, digits and `_`: by code, where an expression would be asked for every character. */
export function isWordCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || (code >= 48 && code <= 57)
  );
}

/** Whether a text holds a word, not as a part of another. */
export function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    // NaN, beyond the ends, is no word's.
    if (!isWordCode(text.charCodeAt(at - 1)) && !isWordCode(text.charCodeAt(at + word.length))) return true;
  }
  return false;
}

/** Offsets at which a text calls a function by its name. */
export function* callsIn(text: string, name: string): Iterable<number> {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length)) {
    const before = text[at - 1] ?? ' ';
    if (before === '.' || before === '>' || isWordCode(before.charCodeAt(0))) continue;
    let end = at + name.length;
    while (text.charCodeAt(end) <= 32) end++;
    if (text[end] === '(') yield at;
  }
}

/** Names before the parentheses of a part of a text: of functions that are called, and of `if` and its like. */
export function namesCalled(text: string, from: number, to: number): Set<string> {
  const names = new Set<string>();
  for (let at = text.indexOf('(', from); at >= 0 && at < to; at = text.indexOf('(', at + 1)) {
    let end = at;
    while (end > from && text.charCodeAt(end - 1) <= 32) end--;
    let start = end;
    while (start > from && isWordCode(text.charCodeAt(start - 1))) start--;
    if (start < end) names.add(text.slice(start, end));
  }
  return names;
}
