/** The dimensions of a sweep as they are written: `cpus=2..1024`, `i40e.count=1..8:1`, `queues=8,16,32`. */
import type { SweepDimension } from '../../format/sweep.ts';
import { RequestError } from '../request-error.ts';

const MOST = 2 ** 20;
/** Scenarios that take values of every dimension; a search runs some twenty for each of them. */
const MOST_COMBINATIONS = 1_000_000;

/**
 * `A..B` is a range: in the last one the breaking point is sought, of an earlier one the doublings of A are taken, and B.
 * `A..B:S` is every S-th value, `A,B,C` a list.
 * @throws RequestError
 */
export function parseDimensions(texts: readonly string[]): SweepDimension[] {
  const parsed = texts.map(parseDimension);
  const last = parsed.findLastIndex(({ isRange }) => isRange);
  const names = new Set<string>();
  const dimensions = parsed.map(({ name, values, isRange }, at): SweepDimension => {
    if (names.has(name)) throw new RequestError(`${name} is there twice`, '--sweep');
    names.add(name);
    return { name, values: isRange && at !== last ? doublings(values) : values, isSought: at === last };
  });
  const combinations = dimensions.reduce((n, { values, isSought }) => (isSought ? n : n * values.length), 1);
  if (combinations > MOST_COMBINATIONS) {
    throw new RequestError(`${combinations} combinations; expected at most ${MOST_COMBINATIONS}`, '--sweep');
  }
  return dimensions;
}

interface Parsed {
  readonly name: string;
  readonly values: number[];
  readonly isRange: boolean;
}

const RANGE = /^(\d{1,7})\.\.(\d{1,7})(?::(\d{1,7}))?$/;
const LIST = /^\d{1,7}(,\d{1,7})*$/;

function parseDimension(text: string): Parsed {
  const [name = '', spec = '', ...more] = text.split('=');
  const range = RANGE.exec(spec);
  if (!/^[\w.-]{1,64}$/.test(name) || more.length > 0 || (range === null && !LIST.test(spec))) {
    const forms = 'NAME=A..B, NAME=A..B:STEP or NAME=A,B,C';
    throw new RequestError(`expected ${forms}, found "${text.slice(0, 60)}"`, '--sweep');
  }
  if (range === null) return { name, values: spec.split(',').map((n) => checked(name, n)), isRange: false };
  const [from, to] = [checked(name, range[1] ?? ''), checked(name, range[2] ?? '')];
  if (from > to) throw new RequestError(`${name}: expected a range that ascends, found ${spec}`, '--sweep');
  if (range[3] === undefined) return { name, values: from === to ? [from] : [from, to], isRange: true };
  const step = checked(name, range[3]);
  if (step === 0) throw new RequestError(`${name}: expected a step of at least 1`, '--sweep');
  const count = Math.floor((to - from) / step) + 1;
  if (count > MOST_COMBINATIONS) throw new RequestError(`${name}: ${count} values are too many`, '--sweep');
  return { name, values: Array.from({ length: count }, (_, k) => from + k * step), isRange: false };
}

function checked(name: string, text: string): number {
  const n = Number(text);
  if (n > MOST) throw new RequestError(`${name}: expected at most ${MOST}, found ${n}`, '--sweep');
  return n;
}

/** From the first of two on, and the last. */
export function doublings([from = 0, to = from]: readonly number[]): number[] {
  const values: number[] = [];
  for (let value = from; value < to; value = Math.max(1, value * 2)) values.push(value);
  return [...values, to];
}

/** Every combination of the values of the dimensions that are not sought. */
export function combinations(dimensions: readonly SweepDimension[]): number[][] {
  return dimensions
    .filter(({ isSought }) => !isSought)
    .reduce<number[][]>((all, { values }) => all.flatMap((at) => values.map((v) => [...at, v])), [[]]);
}
