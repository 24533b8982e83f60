/** The machine sleeps and wakes: drivers, then CPUs, and back. */
import { errnoName } from '../model/failures.ts';
import { describeMigrated } from './cpu-steps.ts';
import type { Step } from './run-step.ts';
import type { SimulatedDevice, Simulation } from './simulation.ts';

interface Result {
  readonly ret: number;
  readonly outcome: string;
}

/**
 * Devices suspend last first (`dpm_suspend()`, drivers/base/power/main.c), all CPUs but one go and return, devices
 * resume first first. Where a device or a CPU refuses, the machine does not sleep, and devices that slept resume all the
 * same. Hibernation is this twice; what comes after the image is made starts from the state that this leaves.
 */
export function suspendAndResume(machine: Simulation, step: Step<'suspend' | 'hibernate'>): void {
  const { kernel } = machine;
  machine.operate(step, '', () => {
    const bound = [...machine.devices.values()].filter(({ isBound }) => isBound);
    const { asleep, refusing } = suspendDevices(bound);
    if (refusing !== undefined) return refused(refusing, asleep);
    const { ret, failedCpu, steps } = kernel.freezeSecondaryCpus();
    const gone = steps.filter((one) => one.ret === 0);
    if (ret === 0) {
      kernel.thaw(gone.map(({ cpu }) => cpu));
    }
    const lost = bound.flatMap((one) => resumeFailure(one));
    const moved = describeMigrated(steps.flatMap(({ migrated }) => migrated));
    const refusal = steps.at(-1);
    const outcome =
      failedCpu === undefined
        ? [`${gone.length} ${gone.length === 1 ? 'CPU' : 'CPUs'} went and came`, moved]
        : [`CPU ${failedCpu} has ${refusal?.needed} vectors, ${refusal?.available} available`];
    const [first] = lost;
    return {
      ret: ret === 0 && first !== undefined ? first.ret : ret,
      outcome: [...outcome, ...lost.map(({ text }) => text)].filter((part) => part !== '').join(', '),
      downs: steps,
    };
  });
}

/** Up to the first that refuses. `asleep` is in the order of the description. */
function suspendDevices(bound: readonly SimulatedDevice[]): {
  asleep: SimulatedDevice[];
  refusing?: SimulatedDevice;
} {
  const asleep: SimulatedDevice[] = [];
  for (const one of [...bound].reverse()) {
    const { described, device, state } = one;
    if (described.driver.refusesSuspend !== undefined) return { asleep, refusing: one };
    described.driver.suspend?.(device, state);
    asleep.unshift(one);
  }
  return { asleep };
}

function refused({ described }: SimulatedDevice, asleep: readonly SimulatedDevice[]): Result {
  const ret = described.driver.refusesSuspend ?? 0;
  const lost = asleep.flatMap((one) => resumeFailure(one));
  const refusal = `${described.name} does not suspend: ${errnoName(ret)}`;
  return { ret, outcome: [refusal, ...lost.map(({ text }) => text)].join(', ') };
}

function resumeFailure({ described, device, state }: SimulatedDevice): { ret: number; text: string }[] {
  const ret = described.driver.resume?.(device, state) ?? 0;
  return ret < 0 ? [{ ret, text: `${described.name} does not resume: ${errnoName(ret)}` }] : [];
}
