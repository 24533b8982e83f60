/** Scenarios for tests: a machine, devices and steps as objects, run to their end. */
import type { SimulateAnswer, SimulatedOperation } from '../../src/format/simulate.ts';
import { simulateOf } from '../../src/query/simulate.ts';
import type { SimulationRules } from '../../src/scenario/simulation.ts';

export interface Described {
  readonly machine?: object;
  readonly devices?: readonly object[];
  readonly steps: readonly object[];
}

export function run(
  { machine = {}, devices = [], steps }: Described,
  rules: SimulationRules = {},
): SimulateAnswer {
  const scenario = {
    kind: 'scenario',
    version: 1,
    machine: { kernel: '6.1', cpus: 4, ...machine },
    devices,
    steps,
  };
  return simulateOf(JSON.stringify(scenario), 'scenario.json', rules);
}

/** The message with which it is refused, from the path on. */
export function refusal(described: Described): string {
  try {
    run(described);
  } catch (error) {
    return String(error).replace(/^.*?scenario\.json:\d+:\d+: /, '');
  }
  throw new Error('it was taken');
}

/** `nvme0 OK nvme: 5 interrupts (MSI-X)`. */
export function inWords({ operations }: SimulateAnswer): string[] {
  return operations.map(({ target, result, outcome }) =>
    [target, result, outcome].filter((part) => part !== '').join(' '),
  );
}

/** Of all operations, in order. */
export function messagesOf({ operations }: { operations: readonly SimulatedOperation[] }): string[] {
  return operations.flatMap(({ messages }) => messages.map(({ level, text }) => `${level}: ${text}`));
}

/** Where an action's interrupt is: `cpu:vector`. */
export function placeOf({ state }: SimulateAnswer, action: string): string {
  const irq = state.irqs.find(({ name }) => name === action);
  return irq === undefined ? 'not there' : `${irq.cpu ?? '-'}:${irq.vector ?? '-'}`;
}
