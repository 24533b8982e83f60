/**
 * JSON that knows where each value stands, for messages about files that people write: comments and trailing commas are
 * taken, a key that stands twice is not.
 */
import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';

/** Keys and indices from the top. */
export type JsonPath = readonly (string | number)[];

/** What is wrong, where: `machine.json:12:7: devices[3].node: expected …`. */
export class LocatedError extends Error {
  override readonly name = 'LocatedError';
}

export interface LocatedJson {
  readonly value: unknown;
  /** An error about the value at a path, or about the nearest one around it that is there. */
  error(path: JsonPath, text: string): LocatedError;
}

/** Deeper than any of our files; the parser recurses. */
const DEEPEST = 32;

const OPEN_BRACE = 1;
const OPEN_BRACKET = 3;
const CLOSE_BRACE = 2;
const CLOSE_BRACKET = 4;
const END = 17;

/** @throws LocatedError where it is not JSON */
export function parseLocatedJson(text: string, file: string): LocatedJson {
  const errorAt = (offset: number, path: JsonPath, what: string): LocatedError => {
    const where = path.length === 0 ? '' : `${formatPath(path)}: `;
    return new LocatedError(`${file}:${positionOf(text, offset)}: ${where}${what}`);
  };
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== undefined) throw errorAt(tooDeep, [], `expected no more than ${DEEPEST} levels of nesting`);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined || root === undefined) {
    throw errorAt(first?.offset ?? 0, [], `not JSON: ${syntaxFault(first)}`);
  }
  const value = plainValue(root, [], errorAt);
  return { value, error: (path, what) => errorAt(nodeAt(root, path).offset, path, what) };
}

/** `CommaExpected` as words. */
function syntaxFault(error: ParseError | undefined): string {
  if (error === undefined) return 'value expected';
  return printParseErrorCode(error.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

/** 1-based `line:column`. */
function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `${line}:${offset - before.lastIndexOf('\n')}`;
}

function firstTooDeep(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token: number = scanner.scan(); token !== END; token = scanner.scan()) {
    if (token === OPEN_BRACE || token === OPEN_BRACKET) depth++;
    else if (token === CLOSE_BRACE || token === CLOSE_BRACKET) depth--;
    if (depth > DEEPEST) return scanner.getTokenOffset();
  }
  return undefined;
}

type ErrorAt = (offset: number, path: JsonPath, what: string) => LocatedError;

function plainValue(node: Node, path: JsonPath, errorAt: ErrorAt): unknown {
  const children = node.children ?? [];
  if (node.type === 'array') return children.map((child, at) => plainValue(child, [...path, at], errorAt));
  if (node.type !== 'object') return node.value;
  const entries = new Map<string, unknown>();
  for (const { children: [key, value] = [] } of children) {
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    if (entries.has(name)) throw errorAt(key.offset, [...path, name], 'expected every key once');
    entries.set(name, plainValue(value, [...path, name], errorAt));
  }
  return Object.fromEntries(entries);
}

/** The node of the path; where it ends early, the last one on the way. */
function nodeAt(root: Node, path: JsonPath): Node {
  let node = root;
  for (const step of path) {
    const children = node.children ?? [];
    const next =
      typeof step === 'number'
        ? children[step]
        : children.find(({ children: [key] = [] }) => key?.value === step)?.children?.[1];
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

/** `devices[3].parameters.queues`. */
export function formatPath(path: JsonPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
