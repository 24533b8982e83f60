import type { Scenario, ScenarioStep } from '../format/scenario.ts';
import type { Orders } from '../format/simulate.ts';
import { Simulation, type SimulationRules } from '../scenario/simulation.ts';

/** Orders that are tried: as many firsts, and each the other way round. Enough to tell whose order matters. */
const MOST_FIRSTS = 4;

/** Where an interrupt is in each of the orders; undefined where it is not there. */
type Outcome = ReadonlyMap<string, { readonly name: string; readonly cpu: number; readonly vector: number }>;

/**
 * How much of the state at the end hangs on the order in which devices get on that probe together, which a description
 * cannot know. Undefined where nothing probes together, or `turns` say who did what when.
 */
export function ordersOf(scenario: Scenario, name: string, rules: SimulationRules): Orders | undefined {
  const longest = Math.max(0, ...scenario.steps.map((step) => devicesInTurn(step).length));
  if (longest < 2) return undefined;
  const firsts = Math.min(longest, MOST_FIRSTS);
  const outcomes = Array.from({ length: 2 * firsts }, (_, n) => {
    const steps = scenario.steps.map((step) => reordered(step, (n % firsts) / firsts, n >= firsts));
    const simulation = new Simulation({ ...scenario, steps }, name, { ...rules, quiet: true });
    simulation.run(steps);
    return outcomeOf(simulation);
  });
  const keys = new Set(outcomes.flatMap((outcome) => [...outcome.keys()]));
  const interrupts = [...keys].map((key) => acrossOrders(key, outcomes));
  const otherCpu = interrupts.filter(({ cpus, absent }) => cpus.length > 1 || absent > 0);
  return {
    tried: outcomes.length,
    interrupts: interrupts.length,
    sameCpu: interrupts.length - otherCpu.length,
    sameVector: interrupts.filter(({ places }) => places === 1).length,
    otherCpu: otherCpu.map(({ name: action, cpus, absent }) => ({ name: action, cpus, absent })),
  };
}

/** Those of a step that take turns, but nobody says how. */
function devicesInTurn(step: ScenarioStep): readonly string[] {
  return step.do === 'probe' && step.turns === undefined ? (step.together ?? []) : [];
}

/** @param first where in the order written the first one stands, 0 to below 1 */
function reordered(step: ScenarioStep, first: number, backwards: boolean): ScenarioStep {
  const names = devicesInTurn(step);
  if (names.length < 2) return step;
  const at = Math.floor(first * names.length);
  const round = [...names.slice(at), ...names.slice(0, at)];
  return { ...step, together: backwards ? round.toReversed() : round } as ScenarioStep;
}

/** By device and action, for the numbers of interrupts differ too; of one action the first, the second, and so on. */
function outcomeOf(simulation: Simulation): Outcome {
  const outcome = new Map<string, { name: string; cpu: number; vector: number }>();
  for (const { irq, name, device, cpu, vector } of simulation.state().irqs) {
    if (name === '' || cpu === undefined || vector === undefined) continue;
    const owner = device ?? `irq ${irq}`;
    let key = `${owner} ${name}`;
    for (let n = 2; outcome.has(key); n++) key = `${owner} ${name} ${n}`;
    outcome.set(key, { name, cpu, vector });
  }
  return outcome;
}

/** @returns `absent`: in how many orders it has no vector, which is a place too */
function acrossOrders(
  key: string,
  outcomes: readonly Outcome[],
): { name: string; cpus: number[]; absent: number; places: number } {
  const at = outcomes.map((outcome) => outcome.get(key));
  const there = at.filter((place) => place !== undefined);
  return {
    name: there[0]?.name ?? key,
    cpus: [...new Set(there.map(({ cpu }) => cpu))].sort((a, b) => a - b),
    absent: at.length - there.length,
    places: new Set(at.map((place) => place && `${place.cpu}:${place.vector}`)).size,
  };
}
