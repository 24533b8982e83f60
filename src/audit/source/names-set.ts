import { isWordCode } from './words.ts';

/** The last name of an address: `ws` of `&priv->wdt.ws`. */
const ADDRESS = /(?<!&)&(?!&)\s*\(?\s*((?:\w+(?:\s*\[[^\]]*\])*\s*(?:->|\.)\s*)*)(\w+)/g;

/**
 * Names of fields and variables that a function's text may set: the last before `=`, `|=`, `++`, and the last of
 * addresses, which somebody may write to. Not those of its own variables; where that is not plain, they are there.
 * @param body where the text's body begins, after the parameters
 */
export function namesSet(text: string, body: number): Set<string> {
  const fields = new Set<string>();
  const plain = new Set<string>();
  for (const end of assignments(text, body)) {
    const start = wordStart(text, end);
    if (start === end) continue;
    (isMember(text, start) ? fields : plain).add(text.slice(start, end));
  }
  ADDRESS.lastIndex = body;
  for (let match = ADDRESS.exec(text); match !== null; match = ADDRESS.exec(text)) {
    const [, path, name = ''] = match;
    (path === '' ? plain : fields).add(name);
  }
  for (const name of plain) if (!fields.has(name) && !isDeclared(text, name)) fields.add(name);
  return fields;
}

/** Where what is assigned to ends. By hand, back from the operators: an expression would begin at every word. */
function* assignments(text: string, body: number): Iterable<number> {
  for (let at = text.indexOf('=', body); at >= 0; at = text.indexOf('=', at + 1)) {
    if (text[at + 1] === '=') at++;
    else if (!'<>!*/%'.includes(text[at - 1] ?? ' '))
      yield targetEnd(text, '|&+^-'.includes(text[at - 1] ?? ' ') ? at - 1 : at);
  }
  for (const operator of ['++', '--']) {
    for (let at = text.indexOf(operator, body); at >= 0; at = text.indexOf(operator, at + 2))
      yield targetEnd(text, at);
  }
}

/** The end of the name before an operator, without brackets: of `chan[i] = `, after `chan`. */
function targetEnd(text: string, at: number): number {
  for (let end = at; ; end = openingBracket(text, end - 1)) {
    while (isBlank(text, end - 1)) end--;
    if (text[end - 1] !== ']') return end;
  }
}

/** The bracket that the one at `at` closes; where there is none, the start. */
function openingBracket(text: string, at: number): number {
  for (let depth = 0; at > 0; at--) {
    if (text[at] === ']') depth++;
    else if (text[at] === '[' && --depth === 0) return at;
  }
  return 0;
}

function isBlank(text: string, at: number): boolean {
  return text.charCodeAt(at) <= 32;
}

function wordStart(text: string, end: number): number {
  let start = end;
  while (isWordCode(text.charCodeAt(start - 1))) start--;
  return start;
}

/** Whether the word stands behind `.` or `->`. */
function isMember(text: string, start: number): boolean {
  while (isBlank(text, start - 1)) start--;
  return text[start - 1] === '.' || text[start - 1] === '>';
}

/** Words that stand before a variable and are no types. */
const NO_TYPES: ReadonlySet<string> = new Set(['return', 'else', 'case', 'goto', 'do', 'sizeof', 'typeof']);

/** Whether the first that a function says of a name is its type. */
function isDeclared(text: string, name: string): boolean {
  let start = -1;
  do {
    start = text.indexOf(name, start + 1);
    if (start < 0) return false;
  } while (isWordCode(text.charCodeAt(start - 1)) || isWordCode(text.charCodeAt(start + name.length)));
  let end = start;
  while (text[end - 1] === '*') end--;
  if (!isBlank(text, end - 1)) return false;
  while (isBlank(text, end - 1)) end--;
  const type = wordStart(text, end);
  if (type === end || NO_TYPES.has(text.slice(type, end))) return false;
  // Before a type stands no operator, and no word of a comment.
  while (isBlank(text, end - 1) || isWordCode(text.charCodeAt(end - 1))) end--;
  return end <= 0 || ';{}(,'.includes(text[end - 1] ?? ';');
}
