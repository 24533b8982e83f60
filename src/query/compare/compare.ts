import type { CompareAnswer } from '../../format/compare.ts';
import { readScenario } from '../../format/read-scenario.ts';
import type { Scenario } from '../../format/scenario.ts';
import { POLICIES } from '../../policy/policies.ts';
import type { VectorPolicy } from '../../policy/vector-policy.ts';
import { buildMachine } from '../../scenario/build-machine.ts';
import { ScenarioFault } from '../../scenario/scenario-fault.ts';
import { kernelFactsOf } from '../kernel-facts.ts';
import { type RunOptions, runUnder } from './run-under.ts';
import { stagesOf } from './stages.ts';

export interface CompareOptions extends RunOptions {
  /** All when not given. */
  readonly policies?: readonly VectorPolicy[] | undefined;
}

/**
 * One scenario under several policies, side by side.
 * @param text a scenario, and `file` where it was read: errors name it
 * @throws LocatedError: one line with the place in the file
 */
export function compareOf(text: string, file: string, options: CompareOptions): CompareAnswer {
  const { scenario, source } = readScenario(text, file);
  try {
    return compareScenario(scenario, file, options);
  } catch (error) {
    if (error instanceof ScenarioFault) throw source.error(error.path, error.message);
    throw error;
  }
}

/** @throws ScenarioFault where it does not hold together */
export function compareScenario(scenario: Scenario, file: string, options: CompareOptions): CompareAnswer {
  const { profile, possible, online = possible } = buildMachine(scenario.machine, options.kernel);
  const stages = stagesOf(scenario.steps);
  return {
    kind: 'compare',
    version: 1,
    source: scenario.name ?? file,
    kernel: kernelFactsOf({ release: undefined, profile, assumption: undefined }),
    online: online.toString(),
    stages,
    policies: (options.policies ?? POLICIES).map((policy) => runUnder(scenario, stages, policy, options)),
  };
}
