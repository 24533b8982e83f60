import { isWordCode } from './words.ts';

/** What stands at the top level of a C file, found without parsing it: functions are parsed when a rule asks. */
export interface Outline {
  readonly functions: readonly TextSpan[];
  /** struct and union definitions; typedefs of nameless ones under the typedef's name. */
  readonly structs: readonly TextSpan[];
  /** Initialised variables: `static struct pci_driver x = { ... };`. */
  readonly initialisers: readonly TextSpan[];
}

export interface TextSpan {
  readonly name: string;
  readonly start: number;
  /** The opening brace. */
  readonly body: number;
  /** After the closing brace, or after the typedef's name. */
  readonly end: number;
}

/** `#` only begins a directive at the start of a line. */
const IN_BODY = /["'{}/]|\n\s*#/g;

interface Spans {
  functions: TextSpan[];
  structs: TextSpan[];
  initialisers: TextSpan[];
}

const CODE = {
  newline: 10,
  quote: 34,
  hash: 35,
  apostrophe: 39,
  open: 40,
  close: 41,
  star: 42,
  slash: 47,
  semicolon: 59,
  equals: 61,
  backslash: 92,
  openBrace: 123,
  closeBrace: 125,
} as const;

/** Where the scan stands between two top-level items; `#else` takes it back to where `#if` was. */
interface Place {
  braces: number;
  parens: number;
  /** Start of the item, or -1 before its first character. */
  start: number;
  /** Offset of the last `(` that may open a parameter list, or -1. */
  params: number;
  equals: boolean;
  body: number;
}

/** Scans by braces, not by columns: any style of indentation will do. Arms of #if are read as alternatives. */
export function outlineOf(text: string): Outline {
  const spans: Spans = { functions: [], structs: [], initialisers: [] };
  const place: Place = { braces: 0, parens: 0, start: -1, params: -1, equals: false, body: -1 };
  const conditions: Place[] = [];
  const { length } = text;
  let lineStart = true;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 32) {
      if (code === CODE.newline) lineStart = true;
      continue;
    }
    if (code === CODE.slash) {
      const next = text.charCodeAt(at + 1);
      if (next === CODE.star) {
        const end = text.indexOf('*/', at + 2);
        at = end < 0 ? length : end + 1;
        continue;
      }
      if (next === CODE.slash) {
        at = lineEnd(text, at) - 1;
        continue;
      }
    }
    if (code === CODE.hash && lineStart) {
      preprocess(text, at, place, conditions);
      at = lineEnd(text, at) - 1;
      continue;
    }
    lineStart = false;
    if (code === CODE.quote || code === CODE.apostrophe) {
      at = literalEnd(text, at, code);
      continue;
    }
    if (place.braces > 0) {
      if (code === CODE.openBrace) place.braces++;
      else if (code === CODE.closeBrace && --place.braces === 0) {
        at = close(text, at, place, spans);
        continue;
      }
      // Most of a file is inside functions, where only these characters matter.
      IN_BODY.lastIndex = at + 1;
      // Not exec(), which makes an object of every match.
      at = IN_BODY.test(text) ? IN_BODY.lastIndex - 2 : length;
      lineStart = text.charCodeAt(at + 1) === CODE.hash;
      continue;
    }
    if (place.start < 0) place.start = at;
    if (code === CODE.open) {
      if (place.parens++ === 0 && mayBeName(text, at)) place.params = at;
    } else if (code === CODE.close) place.parens = Math.max(0, place.parens - 1);
    else if (code === CODE.openBrace) {
      place.braces = 1;
      place.parens = 0;
      place.body = at;
    } else if (code === CODE.semicolon && place.parens === 0) restart(place);
    else if (code === CODE.equals && place.parens === 0) place.equals = true;
    else if (code === CODE.closeBrace) restart(place);
  }
  return spans;
}

function restart(place: Place): void {
  place.start = -1;
  place.params = -1;
  place.parens = 0;
  place.equals = false;
  place.body = -1;
}

/** The item whose last brace stands at `at`; answers where its text ends. */
function close(text: string, at: number, place: Place, spans: Spans): number {
  const { start, body } = place;
  let end = at;
  if (place.equals) {
    const name = /(\w+)\s*(?:\[[^\]]*\]\s*)*=[^=]*$/.exec(text.slice(start, body))?.[1];
    if (name !== undefined) spans.initialisers.push({ name, start, body, end: at + 1 });
  } else if (place.params >= 0) {
    const name = nameBefore(text, place.params);
    if (name !== '') spans.functions.push({ name, start, body, end: at + 1 });
  } else {
    const head = text.slice(start, body);
    const tag = /\b(?:struct|union)\s+(?:__\w+\s+)*(\w+)\s*$/.exec(head)?.[1];
    if (tag !== undefined) spans.structs.push({ name: tag, start, body, end: at + 1 });
    if (/^\s*typedef\b/.test(head)) {
      const typedef = /^[\s*]*(\w+)\s*;/.exec(text.slice(at + 1, at + 120));
      if (typedef?.[1] !== undefined) {
        spans.structs.push({ name: typedef[1], start, body, end: at + 1 });
        end = at + typedef[0].length;
      }
    }
  }
  restart(place);
  return end;
}

/** `__printf(1, 2)`, `__acquires(lock)` and the like hold no parameters. */
function mayBeName(text: string, paren: number): boolean {
  const name = nameBefore(text, paren);
  return (
    name !== '' &&
    !/^(?:__(?:printf|acquires|releases|must_hold|attribute__|aligned|section|cond_lock|scanf|no_sanitize)|__printf|__attribute__)$/.test(
      name,
    )
  );
}

function nameBefore(text: string, paren: number): string {
  let end = paren;
  while (end > 0 && text.charCodeAt(end - 1) <= 32) end--;
  let start = end;
  while (start > 0 && isWordCode(text.charCodeAt(start - 1))) start--;
  return text.slice(start, end);
}

/** The end of a line that a backslash may continue. */
function lineEnd(text: string, at: number): number {
  for (;;) {
    const end = text.indexOf('\n', at);
    if (end < 0) return text.length;
    const last = text.charCodeAt(end - 1);
    const escaped = last === CODE.backslash || (last === 13 && text.charCodeAt(end - 2) === CODE.backslash);
    if (!escaped) return end;
    at = end + 1;
  }
}

/** A literal ends on its line; one that does not is an apostrophe in what is no C. */
function literalEnd(text: string, at: number, quote: number): number {
  for (let end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === CODE.backslash) end++;
    else if (code === quote) return end;
    else if (code === CODE.newline) return at;
  }
  return at;
}

function preprocess(text: string, at: number, place: Place, conditions: Place[]): void {
  const directive = /^#\s*([a-z]+)/.exec(text.slice(at, at + 24))?.[1];
  if (directive === 'if' || directive === 'ifdef' || directive === 'ifndef') conditions.push({ ...place });
  else if (directive === 'else' || directive === 'elif') {
    const before = conditions.at(-1);
    if (before !== undefined) Object.assign(place, before);
  } else if (directive === 'endif') conditions.pop();
  else if (place.braces === 0 && place.parens === 0 && !place.equals) restart(place);
}
