/**
 * In which order controllers get on that probe at the same time nobody can describe; what comes out alike in every
 * order does not depend on it.
 */
import { ensure } from '../../src/base/assert.ts';
import { type Places, simulatedPlaces } from './places.ts';
import type { Written } from './told.ts';

/** The CPUs that an interrupt has in several outcomes; an interrupt is named by its action. */
export function cpusIn(outcomes: readonly Places[], action: string): Set<number | undefined> {
  return new Set(outcomes.map((places) => places.get(action)?.cpu));
}

/** When all drivers have probed, for several orders of the devices that probe together. */
export function outcomesOf(alone: Written, name: string): Places[] {
  const probed = alone.steps.findIndex((step) => step.do === 'snapshot' && step.name === 'probed');
  const steps = alone.steps.slice(0, probed + 1);
  const at = steps.findIndex((step) => step.do === 'probe' && step.together !== undefined);
  const step = ensure(steps[at], 'a step with devices that probe together');
  const devices = step.do === 'probe' ? (step.together ?? []) : [];
  return ordersOf(devices).map((together) => {
    const scenario = { ...alone, steps: steps.with(at, { ...step, together } as typeof step) };
    return ensure(simulatedPlaces(scenario, name).get('probed'), 'probed');
  });
}

/** Everybody is the first once, and the last: enough to tell whose order matters. */
function ordersOf(names: readonly string[]): string[][] {
  const rounds = names.map((_, at) => [...names.slice(at), ...names.slice(0, at)]);
  return [...rounds, ...rounds.map((round) => round.toReversed())];
}
