/**
 * One scenario many times, its dimensions varied: where does it break? The work falls into lines, one per policy and
 * combination of values, that know nothing of each other: they may run anywhere.
 */
import type { ComparedFailure } from '../../format/compare.ts';
import { readScenario } from '../../format/read-scenario.ts';
import type { Scenario } from '../../format/scenario.ts';
import type { SweepAnswer, SweepCell, SweepDimension, SweepTurn } from '../../format/sweep.ts';
import type { KernelProfile } from '../../model/kernel-profile.ts';
import { POLICIES } from '../../policy/policies.ts';
import type { VectorPolicy } from '../../policy/vector-policy.ts';
import { buildMachine } from '../../scenario/build-machine.ts';
import { ScenarioFault } from '../../scenario/scenario-fault.ts';
import { Simulation } from '../../scenario/simulation.ts';
import { failureOf } from '../compare/run-under.ts';
import { stagesOf } from '../compare/stages.ts';
import { kernelFactsOf } from '../kernel-facts.ts';
import { RequestError } from '../request-error.ts';
import { combinations, doublings, parseDimensions } from './dimensions.ts';
import { vary } from './vary.ts';

export interface SweepRequest {
  readonly text: string;
  readonly file: string;
  /** As on the command line. */
  readonly dimensions: readonly string[];
  readonly kernel?: KernelProfile | undefined;
  readonly policies?: readonly VectorPolicy[] | undefined;
}

/** What one line gave, and how many scenarios that took. */
export interface SweptLine {
  readonly cell: SweepCell;
  readonly scenarios: number;
}

export class Sweep {
  readonly dimensions: readonly SweepDimension[];
  /** How many lines there are: {@link line} takes 0 to one less. */
  readonly lines: number;
  readonly #scenario: Scenario;
  readonly #file: string;
  readonly #kernel: KernelProfile | undefined;
  readonly #policies: readonly VectorPolicy[];
  readonly #at: readonly (readonly number[])[];

  /** @throws LocatedError, RequestError: one line */
  constructor({ text, file, dimensions, kernel, policies = POLICIES }: SweepRequest) {
    this.#scenario = readScenario(text, file).scenario;
    this.#file = file;
    this.#kernel = kernel;
    this.#policies = policies;
    this.dimensions = parseDimensions(dimensions);
    this.#at = combinations(this.dimensions);
    this.lines = policies.length * this.#at.length;
  }

  /** @throws RequestError where a value makes a scenario that does not hold together */
  line(n: number): SweptLine {
    const policy = this.#policies[Math.floor(n / this.#at.length)];
    const at = this.#at[n % this.#at.length];
    if (policy === undefined || at === undefined) throw new RangeError(`line ${n} of ${this.lines}`);
    const sought = this.dimensions.find(({ isSought }) => isSought);
    if (sought === undefined) {
      const failure = this.#judge(policy, at, undefined);
      return { cell: { at: [...at], turns: [turnAt(0, failure)] }, scenarios: 1 };
    }
    return this.#search(policy, at, sought);
  }

  answer(lines: readonly SweptLine[]): SweepAnswer {
    const { profile } = buildMachine(this.#scenario.machine, this.#kernel);
    const perPolicy = this.#at.length;
    return {
      kind: 'sweep',
      version: 1,
      source: this.#scenario.name ?? this.#file,
      kernel: kernelFactsOf({ release: undefined, profile, assumption: undefined }),
      dimensions: [...this.dimensions],
      scenarios: lines.reduce((sum, { scenarios }) => sum + scenarios, 0),
      policies: this.#policies.map(({ name, title }, at) => ({
        policy: name,
        title,
        cells: lines.slice(at * perPolicy, (at + 1) * perPolicy).map(({ cell }) => cell),
      })),
    };
  }

  /** Looks at the doublings, and halves the distance wherever two neighbours differ. */
  #search(policy: VectorPolicy, at: readonly number[], { values }: SweepDimension): SweptLine {
    let scenarios = 0;
    const judge = (value: number): SweepTurn => {
      scenarios++;
      return turnAt(value, this.#judge(policy, at, value));
    };
    const [first, ...others] = doublings(values).map(judge);
    const turns = first === undefined ? [] : [first];
    let before = first;
    for (const next of others) {
      if (before !== undefined && works(before) !== works(next)) turns.push(halve(before, next, judge));
      before = next;
    }
    return { cell: { at: [...at], turns }, scenarios };
  }

  #judge(
    policy: VectorPolicy,
    at: readonly number[],
    sought: number | undefined,
  ): ComparedFailure | undefined {
    let scenario = this.#scenario;
    let other = 0;
    const set: string[] = [];
    for (const { name, isSought } of this.dimensions) {
      const value = (isSought ? sought : at[other++]) ?? 0;
      set.push(`${name}=${value}`);
      scenario = vary(scenario, name, value);
    }
    try {
      return firstFailure(scenario, policy, this.#kernel);
    } catch (error) {
      if (!(error instanceof ScenarioFault)) throw error;
      throw new RequestError(`${set.join(' ')}: ${error.path.join('.')}: ${error.message}`, '--sweep');
    }
  }
}

function turnAt(value: number, failure: ComparedFailure | undefined): SweepTurn {
  return failure === undefined ? { value } : { value, failure };
}

export function works({ failure }: SweepTurn): boolean {
  return failure === undefined;
}

/** The first value that is as `high` is, where only one turn lies between. */
function halve(low: SweepTurn, high: SweepTurn, judge: (value: number) => SweepTurn): SweepTurn {
  while (high.value - low.value > 1) {
    const middle = judge(Math.floor((low.value + high.value) / 2));
    if (works(middle) === works(low)) low = middle;
    else high = middle;
  }
  return high;
}

/** Up to the first failure, and no further. @throws ScenarioFault */
export function firstFailure(
  scenario: Scenario,
  policy: VectorPolicy,
  kernel?: KernelProfile,
): ComparedFailure | undefined {
  const cannot = policy.refuses(buildMachine(scenario.machine, kernel));
  if (cannot !== undefined) {
    return { stage: 0, step: 0, target: '', kind: 'cannot', errno: '', says: cannot };
  }
  const stages = stagesOf(scenario.steps);
  const simulation = new Simulation(scenario, '', { policy, kernel, quiet: true });
  let seen = 0;
  let found: ComparedFailure | undefined;
  simulation.run(scenario.steps, () => {
    for (; seen < simulation.operations.length && found === undefined; seen++) {
      const operation = simulation.operations[seen];
      if (operation !== undefined) found = failureOf(operation, stages);
    }
    return found === undefined;
  });
  return found;
}
