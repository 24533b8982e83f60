/** CPUs go and come, one by one. */
import { CpuSet } from '../base/cpu-set.ts';
import type { JsonPath } from '../format/located-json.ts';
import type { MigrationOutcome } from '../model/irq-hotplug.ts';
import type { CpuDown, Migrated } from '../model/kernel.ts';
import { cpuSequenceOf, mustBePossible } from './build-machine.ts';
import type { Step } from './run-step.ts';
import { ScenarioFault } from './scenario-fault.ts';
import type { Simulation } from './simulation.ts';

export function takeCpusOffline(machine: Simulation, step: Step<'cpu-offline'>, path: JsonPath): void {
  const cpus = cpusOfStep(machine, step, path);
  // It has no `online` file (spec 8.1; `arch_register_cpu()`).
  if (cpus.includes(0)) throw new ScenarioFault([...path, 'cpus'], 'CPU 0 cannot go offline on x86');
  for (const cpu of cpus) {
    machine.operate(step, `CPU ${cpu}`, () => {
      if (!machine.kernel.online.has(cpu)) return { ret: 0, outcome: 'is offline already' };
      for (const { described, device, state, isBound } of machine.devices.values()) {
        if (isBound) described.driver.cpuGoes?.(device, state, cpu);
      }
      const down = machine.kernel.cpuDown(cpu);
      // After a refusal the states that had gone down come up again, those of drivers among them.
      cpusChanged(machine);
      return { ret: down.ret, outcome: outcomeOfDown(down), downs: [{ cpu, ...down }] };
    });
  }
}

export function takeCpusOnline(machine: Simulation, step: Step<'cpu-online'>, path: JsonPath): void {
  for (const cpu of cpusOfStep(machine, step, path)) {
    machine.operate(step, `CPU ${cpu}`, () => {
      if (machine.kernel.online.has(cpu)) return { ret: 0, outcome: 'is online already' };
      machine.kernel.cpuUp(cpu);
      cpusChanged(machine);
      return { ret: 0, outcome: '' };
    });
  }
}

function cpusOfStep(
  { kernel }: Simulation,
  step: Step<'cpu-offline' | 'cpu-online'>,
  path: JsonPath,
): readonly number[] {
  const cpus = cpuSequenceOf(step.cpus);
  mustBePossible(CpuSet.from(cpus), kernel.possible, [...path, 'cpus']);
  return cpus;
}

/** Drivers with a hotplug state of their own hear of it, in the order in which they were described. */
function cpusChanged({ devices }: Simulation): void {
  for (const { described, device, state, isBound } of devices.values()) {
    if (isBound) described.driver.cpusChanged?.(device, state);
  }
}

function outcomeOfDown({ ret, migrated, needed, available }: CpuDown): string {
  return ret < 0 ? `${needed} vectors, ${available} available` : describeMigrated(migrated);
}

const OUTCOMES: readonly (readonly [MigrationOutcome, string])[] = [
  ['moved', 'moved'],
  ['broken', 'moved with a broken affinity'],
  ['shutdown', 'shut down'],
  ['stuck', 'lost'],
];

/** `3 moved, 1 shut down`. */
export function describeMigrated(migrated: readonly Migrated[]): string {
  const counts = OUTCOMES.map(
    ([outcome, words]) => [migrated.filter((one) => one.outcome === outcome).length, words] as const,
  );
  return counts.flatMap(([count, words]) => (count === 0 ? [] : [`${count} ${words}`])).join(', ');
}
