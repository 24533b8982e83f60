/** One scenario under one policy: its figures at each stage, where it fails first, what CPUs that go do to it. */
import type { ComparedFailure, ComparedPolicy, ComparedStage } from '../../format/compare.ts';
import type { Scenario } from '../../format/scenario.ts';
import { ENOSPC, errnoName } from '../../model/failures.ts';
import type { KernelProfile } from '../../model/kernel-profile.ts';
import type { VectorPolicy } from '../../policy/vector-policy.ts';
import { buildMachine } from '../../scenario/build-machine.ts';
import { type Operation, Simulation } from '../../scenario/simulation.ts';
import { OK, resultOf } from '../simulate.ts';
import { figuresOf, mapOf } from './figures.ts';
import { HotplugObserver, NO_HOTPLUG } from './hotplug.ts';

export interface RunOptions {
  readonly kernel?: KernelProfile | undefined;
  /** Pictures of the CPUs at each stage. */
  readonly map: boolean;
}

/** @throws ScenarioFault where the scenario does not hold together, whatever the policy */
export function runUnder(
  scenario: Scenario,
  stages: readonly ComparedStage[],
  policy: VectorPolicy,
  { kernel, map }: RunOptions,
): ComparedPolicy {
  const machine = buildMachine(scenario.machine, kernel);
  const { name, title } = policy;
  const about = { policy: name, title, profile: policy.under(machine).profile.name };
  const cannot = policy.refuses(machine);
  if (cannot !== undefined) {
    return { ...about, perCpu: 0, cannot, stages: [], failures: 0, hotplug: NO_HOTPLUG };
  }
  const simulation = new Simulation(scenario, scenario.name ?? '', { kernel, policy });
  const figures: ComparedPolicy['stages'] = [];
  const observer = new HotplugObserver(simulation);
  observer.beforeStep(scenario.steps[0]?.do);
  simulation.run(scenario.steps, (step) => {
    observer.afterStep();
    observer.beforeStep(scenario.steps[step + 1]?.do);
    if (step !== stages[figures.length]?.lastStep) return true;
    const picture = map ? { map: mapOf(simulation.kernel) } : {};
    figures.push({ ...figuresOf(simulation.kernel), ...picture });
    return true;
  });
  const { operations, kernel: ran } = simulation;
  const failed = operations.flatMap((one) => failureOf(one, stages) ?? []);
  const [first] = failed;
  return {
    ...about,
    perCpu: ran.matrix.allocSize - ran.matrix.systembitsInalloc,
    stages: figures,
    ...(first === undefined ? {} : { firstFailure: first }),
    failures: failed.length,
    hotplug: observer.outcome(),
  };
}

/** What failed in an operation, also where its driver found another way. */
export function failureOf(
  operation: Operation,
  stages: readonly ComparedStage[],
): ComparedFailure | undefined {
  const { step, target, noVector, downs } = operation;
  const stage = stages.findIndex(({ lastStep }) => step <= lastStep);
  const result = resultOf(operation);
  const at = { stage, step, target };
  if (operation.ret === undefined) return { ...at, kind: 'stopped', errno: result, says: operation.outcome };
  const refused: ComparedFailure = { ...at, kind: 'refused', errno: result, says: saysOf(operation) };
  if (downs.some(({ ret }) => ret < 0)) return refused;
  const none = errnoName(-ENOSPC);
  const outcome = operation.outcome === '' ? 'it has none' : brief(operation.outcome);
  if (noVector.enable > 0) {
    if (result !== OK) return { ...refused, kind: 'enable', says: `no vector at enable; ${outcome}` };
    return { ...at, kind: 'enable', errno: none, says: `no vector at enable; then: ${outcome}` };
  }
  if (noVector.request > 0) {
    const says = `${noVector.request} of its requests found no vector`;
    return { ...at, kind: 'request', errno: result === OK ? none : result, says };
  }
  if (result !== OK) return refused;
  const lost = downs.flatMap(({ migrated }) => migrated.filter((one) => one.outcome === 'stuck'));
  if (lost.length === 0) return undefined;
  const interrupts = lost.length === 1 ? '1 interrupt is' : `${lost.length} interrupts are`;
  return { ...at, kind: 'lost', errno: none, says: `${interrupts} lost with their CPU` };
}

function saysOf({ downs, outcome, events }: Operation): string {
  const refusal = downs.find(({ ret }) => ret < 0)?.message;
  if (refusal !== undefined) return refusal;
  if (outcome !== '') return outcome;
  const printed = events.flatMap((event) => (event.name === 'printk' ? [event.text] : []));
  return printed[0] ?? '';
}

const BRIEF = 100;

/** Of a step that makes many functions every one is in the outcome. */
function brief(text: string): string {
  return text.length <= BRIEF ? text : `${text.slice(0, text.lastIndexOf(',', BRIEF))}, …`;
}
