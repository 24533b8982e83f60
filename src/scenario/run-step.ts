/** What each step of a scenario does to the machine. */
import type { JsonPath } from '../format/located-json.ts';
import type { ScenarioStep } from '../format/scenario.ts';
import { takeCpusOffline, takeCpusOnline } from './cpu-steps.ts';
import { changeVfs, closeDevices, openDevices, unbind } from './device-steps.ts';
import { arrive, freeIrq, raise, requestIrq, writeAffinity } from './irq-steps.ts';
import { probeDevices } from './probe-steps.ts';
import type { Simulation } from './simulation.ts';
import { suspendAndResume } from './suspend-step.ts';

type StepName = ScenarioStep['do'];

/** One kind of step, as the functions of the other files take it. */
export type Step<D extends StepName> = Extract<ScenarioStep, { do: D }>;

type Runner<D extends StepName> = (machine: Simulation, step: Step<D>, path: JsonPath) => void;

const RUNNERS: { readonly [D in StepName]: Runner<D> } = {
  probe: probeDevices,
  remove: unbind,
  'link-up': openDevices,
  'link-down': closeDevices,
  vfs: changeVfs,
  request: requestIrq,
  free: freeIrq,
  'write-affinity': writeAffinity,
  'write-default-affinity': (machine, step) =>
    machine.operate(step, 'default_smp_affinity', () => {
      return { ret: machine.kernel.writeDefaultSmpAffinity(step.mask), outcome: `"${step.mask}"` };
    }),
  'cpu-offline': takeCpusOffline,
  'cpu-online': takeCpusOnline,
  suspend: suspendAndResume,
  hibernate: suspendAndResume,
  arrive,
  raise,
  tick: (machine, step) =>
    machine.operate(step, '', () => {
      machine.kernel.tick();
      return { ret: 0, outcome: '' };
    }),
  snapshot: (machine, step) => machine.snapshot(step.name),
};

/** @throws ScenarioFault where the step is about what is not there */
export function runStep(machine: Simulation, step: ScenarioStep, path: JsonPath): void {
  const run = RUNNERS[step.do] as Runner<StepName>;
  run(machine, step, path);
}
