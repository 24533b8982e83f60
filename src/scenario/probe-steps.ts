/** Drivers bind: one device after the other, or several at the same time. */
import { ensure } from '../base/assert.ts';
import { allAtOnce, type Turns } from '../base/turns.ts';
import type { JsonPath } from '../format/located-json.ts';
import { EBUSY, errnoName } from '../model/failures.ts';
import type { Step } from './run-step.ts';
import { ScenarioFault } from './scenario-fault.ts';
import type { SimulatedDevice, Simulation } from './simulation.ts';

interface Result {
  readonly ret: number;
  readonly outcome: string;
}

export function probeDevices(machine: Simulation, step: Step<'probe'>, path: JsonPath): void {
  const { device, together, turns } = step;
  if (together !== undefined) {
    if (device !== undefined) {
      throw new ScenarioFault([...path, 'device'], 'expected one device, or several "together", not both');
    }
    probeTogether(machine, step, together, path);
    return;
  }
  if (turns !== undefined) throw new ScenarioFault([...path, 'turns'], 'expected "together" with it');
  const unbound = [...machine.devices.values()].filter(({ isBound }) => !isBound);
  const chosen = device === undefined ? unbound : [machine.deviceNamed(device, [...path, 'device'])];
  for (const one of chosen) machine.operate(step, one.described.name, () => bind(machine, one));
}

/** Of one device, all at once. */
export function bind(machine: Simulation, simulated: SimulatedDevice): Result {
  return allAtOnce(bindInTurns(machine, simulated));
}

function* bindInTurns(machine: Simulation, simulated: SimulatedDevice): Turns<Result> {
  if (simulated.isBound) return { ret: -EBUSY, outcome: 'is bound already' };
  const { driver } = simulated.described;
  const state =
    driver.probeInTurns === undefined
      ? driver.probe(simulated.device)
      : yield* driver.probeInTurns(simulated.device);
  if (typeof state === 'number') return { ret: state, outcome: `${driver.name} does not bind` };
  simulated.state = state;
  simulated.isBound = true;
  return { ret: 0, outcome: describeInterrupts(machine, simulated) };
}

/** `igb: 5 interrupts (MSI-X)`. */
export function describeInterrupts(
  { kernel }: Simulation,
  { described: { fn, driver }, device }: SimulatedDevice,
): string {
  const { length } = kernel.pci.get(fn.address).irqs();
  const mode = { msix: 'MSI-X', msi: 'MSI', intx: 'INTx' }[device.mode];
  if (length === 0) return fn.line === undefined ? '' : `${driver.name}: its line`;
  return `${driver.name}: ${length} ${length === 1 ? 'interrupt' : 'interrupts'} (${mode})`;
}

/** One operation, for what the drivers do alternates. */
function probeTogether(
  machine: Simulation,
  step: Step<'probe'>,
  names: readonly string[],
  path: JsonPath,
): void {
  const tasks = new Map<string, Turns<Result>>();
  for (const [at, name] of names.entries()) {
    const where = [...path, 'together', at];
    if (tasks.has(name)) throw new ScenarioFault(where, `expected every device once, found "${name}" twice`);
    tasks.set(name, bindInTurns(machine, machine.deviceNamed(name, where)));
  }
  const turns = step.turns ?? [];
  const foreign = turns.findIndex(([name]) => !tasks.has(name));
  if (foreign >= 0) {
    throw new ScenarioFault([...path, 'turns', foreign], `expected one of ${names.join(', ')}`);
  }
  machine.operate(step, names.join(', '), () => {
    const results = alternate(tasks, turns);
    const outcome = [...results].map(([name, { ret, outcome: text }]) =>
      ret < 0 ? `${name}: ${errnoName(ret)}` : `${name}: ${text}`,
    );
    const failed = [...results.values()].find(({ ret }) => ret < 0);
    return { ret: failed?.ret ?? 0, outcome: outcome.join(', ') };
  });
}

/** The turns that are given, then everybody in the round, each up to where it sleeps, until all are done. */
function alternate(
  tasks: ReadonlyMap<string, Turns<Result>>,
  turns: readonly (readonly [name: string, count: number])[],
): ReadonlyMap<string, Result> {
  const results = new Map<string, Result>();
  /** One turn; false where the task goes on afterwards unless somebody else is let in. */
  const take = (name: string): boolean => {
    if (results.has(name)) return true;
    const { done, value } = ensure(tasks.get(name), name).next();
    if (done === true) results.set(name, value);
    return done === true || value === 'sleeps';
  };
  for (const [name, count] of turns) for (let n = 0; n < count; n++) take(name);
  while (results.size < tasks.size) for (const name of tasks.keys()) while (!take(name));
  return results;
}
