import type { z } from 'zod';
import { type JsonPath, type LocatedJson, parseLocatedJson } from './located-json.ts';
import { type Scenario, scenario, scenarioStep } from './scenario.ts';

export interface ReadScenario {
  readonly scenario: Scenario;
  readonly source: LocatedJson;
}

/**
 * A scenario from the text of its file.
 * @throws LocatedError on the first thing that is not as the schema has it
 */
export function readScenario(text: string, file: string): ReadScenario {
  const source = parseLocatedJson(text, file);
  const read = scenario.safeParse(source.value);
  if (read.success) return { scenario: read.data, source };
  const issue = deepest(read.error.issues[0]);
  if (issue === undefined) throw source.error([], 'expected a scenario');
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    throw source.error([...path, key], 'no such key is known here');
  }
  throw source.error(path, describe(issue, valueAt(source.value, path)));
}

type Issue = z.core.$ZodIssue;

/** Of alternatives that all failed, the one that got furthest into the value. */
function deepest(issue: Issue | undefined): Issue | undefined {
  if (issue?.code !== 'invalid_union') return issue;
  let best: Issue | undefined;
  for (const [first] of issue.errors) {
    const inner = deepest(first);
    if (inner === undefined || inner.path.length === 0) continue;
    if (best === undefined || inner.path.length > best.path.length) best = inner;
  }
  return best === undefined ? issue : { ...best, path: [...issue.path, ...best.path] };
}

function describe(issue: Issue, found: unknown): string {
  const shown = found === undefined ? 'nothing' : shorten(JSON.stringify(found));
  switch (issue.code) {
    case 'custom':
      return `${issue.message}, found ${shown}`;
    case 'invalid_type':
      return `expected ${article(issue.expected)}, found ${shown}`;
    case 'too_small':
      return `expected at least ${issue.minimum}${unit(issue.origin)}, found ${measure(found, shown)}`;
    case 'too_big':
      return `expected at most ${issue.maximum}${unit(issue.origin)}, found ${measure(found, shown)}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}, found ${shown}`;
    case 'invalid_format':
      return `${issue.message}, found ${shown}`;
    case 'invalid_union':
      return issue.path.at(-1) === 'do'
        ? `expected one of ${STEPS.join(', ')}, found ${shown}`
        : `expected ${alternatives(issue)}, found ${shown}`;
    default:
      return `${issue.message}, found ${shown}`;
  }
}

const STEPS = scenarioStep.options.map(({ shape }) => [...shape.do.values][0]);

function alternatives(issue: z.core.$ZodIssueInvalidUnion): string {
  const all = issue.errors.flatMap(([first]) => (first === undefined ? [] : [describe(first, undefined)]));
  return all.map((text) => text.replace(/^expected /, '').replace(/, found nothing$/, '')).join(', or ');
}

const NAMES: Readonly<Record<string, string>> = {
  int: 'an integer',
  number: 'a number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function article(type: string): string {
  return NAMES[type] ?? `a ${type}`;
}

function unit(origin: string): string {
  return { array: ' entries', string: ' characters' }[origin] ?? '';
}

function measure(found: unknown, shown: string): string {
  return Array.isArray(found) ? String(found.length) : shown;
}

const SHOWN = 60;

function shorten(json: string): string {
  return json.length > SHOWN ? `${json.slice(0, SHOWN)}…` : json;
}

function valueAt(value: unknown, path: JsonPath): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null ? (at as Readonly<Record<string, unknown>>)[step] : undefined,
    value,
  );
}
