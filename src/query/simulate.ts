import { readScenario } from '../format/read-scenario.ts';
import type { SimulateAnswer, SimulatedOperation } from '../format/simulate.ts';
import { CONTRACT } from '../model/driver-contract.ts';
import { type KernelEvent, printedFields } from '../model/events.ts';
import { errnoName } from '../model/failures.ts';
import { MATRIX } from '../policy/matrix.ts';
import type { VectorPolicy } from '../policy/vector-policy.ts';
import { ScenarioFault } from '../scenario/scenario-fault.ts';
import { type Operation, Simulation, type SimulationRules } from '../scenario/simulation.ts';
import { kernelFactsOf } from './kernel-facts.ts';
import { ordersOf } from './orders.ts';
import { reportOf } from './report.ts';

/**
 * What happens to a described machine.
 * @param text a scenario, and `file` where it was read: errors name it
 * @param asks `orders`: also how much hangs on the order of what probes together, which takes a run for each
 * @throws LocatedError: one line with the place in the file
 */
export function simulateOf(
  text: string,
  file: string,
  rules: SimulationRules = {},
  asks: { readonly orders?: boolean } = {},
): SimulateAnswer {
  const { scenario, source } = readScenario(text, file);
  try {
    const name = scenario.name ?? file;
    const simulation = new Simulation(scenario, name, rules);
    simulation.run(scenario.steps);
    const orders = asks.orders === true ? ordersOf(scenario, name, rules) : undefined;
    return { ...answerOf(simulation, rules.policy ?? MATRIX), ...(orders === undefined ? {} : { orders }) };
  } catch (error) {
    if (error instanceof ScenarioFault) throw source.error(error.path, error.message);
    throw error;
  }
}

function answerOf(simulation: Simulation, policy: VectorPolicy): SimulateAnswer {
  const state = simulation.state();
  // What-if answers are the kernel's; under another policy the steps themselves have to be tried.
  const foretell = policy === MATRIX;
  const operations = simulation.operations.map(toAnswer);
  return {
    kind: 'simulate',
    version: 1,
    source: state.source,
    kernel: kernelFactsOf(state.kernel),
    policy: policy.name,
    operations,
    refused: operations.filter(({ result }) => result !== OK).length,
    stopped: simulation.stopped,
    snapshots: simulation.snapshots.map((one) => ({ ...one, state: reportOf(one.state, foretell) })),
    state: reportOf(state, foretell),
  };
}

export const OK = errnoName(0);

/** `OK`, the errno's name, or `BUG` where the kernel stopped. */
export function resultOf({ ret }: Pick<Operation, 'ret'>): string {
  return ret === undefined ? 'BUG' : errnoName(Math.min(ret, 0));
}

function toAnswer(operation: Operation): SimulatedOperation {
  const { step, target, outcome, events, violations } = operation;
  return {
    step,
    do: operation.do,
    target,
    result: resultOf(operation),
    outcome,
    messages: events.flatMap(messageOf),
    violations: violations.map((rule) => ({ rule, text: CONTRACT[rule] })),
    events: events.flatMap(traceEventOf),
  };
}

function messageOf(event: KernelEvent): SimulatedOperation['messages'] {
  if (event.name === 'printk') return [{ level: event.level, text: event.text }];
  return event.name === 'WARN' ? [{ level: 'WARN', text: event.where }] : [];
}

function traceEventOf(event: KernelEvent): SimulatedOperation['events'] {
  if (event.name === 'printk' || event.name === 'WARN') return [];
  return [{ name: event.name, fields: Object.fromEntries(printedFields(event)) }];
}
