/** Drivers let go, links come up and go down, virtual functions come and go. */
import { ensure } from '../base/assert.ts';
import type { JsonPath } from '../format/located-json.ts';
import { EBUSY, ENODEV, errnoName } from '../model/failures.ts';
import { driverNamed, virtualFunction } from './describe-devices.ts';
import { bind, describeInterrupts } from './probe-steps.ts';
import type { Step } from './run-step.ts';
import { ScenarioFault } from './scenario-fault.ts';
import type { SimulatedDevice, Simulation } from './simulation.ts';

export function unbind(machine: Simulation, step: Step<'remove'>, path: JsonPath): void {
  const simulated = machine.deviceNamed(step.device, [...path, 'device']);
  machine.operate(step, simulated.described.name, () => {
    if (!simulated.isBound) return { ret: -ENODEV, outcome: 'has no driver' };
    release(simulated);
    return { ret: 0, outcome: '' };
  });
}

/** The driver closes a device that is open, at a place of its own (`unregister_netdev()`). */
function release(simulated: SimulatedDevice): void {
  const { driver } = simulated.described;
  driver.remove(simulated.device, simulated.state);
  simulated.isOpen = false;
  simulated.isBound = false;
  simulated.state = undefined;
}

export function openDevices(machine: Simulation, step: Step<'link-up'>, path: JsonPath): void {
  for (const simulated of linksOf(machine, step, path)) {
    machine.operate(step, simulated.described.name, () => {
      if (!simulated.isBound) return { ret: -ENODEV, outcome: 'has no driver' };
      if (simulated.isOpen) return { ret: 0, outcome: 'is up already' };
      const ret = simulated.described.driver.open?.(simulated.device, simulated.state) ?? 0;
      simulated.isOpen = ret >= 0;
      return { ret, outcome: ret < 0 ? '' : describeInterrupts(machine, simulated) };
    });
  }
}

export function closeDevices(machine: Simulation, step: Step<'link-down'>, path: JsonPath): void {
  for (const simulated of linksOf(machine, step, path)) {
    machine.operate(step, simulated.described.name, () => {
      if (!simulated.isOpen) return { ret: 0, outcome: 'is down already' };
      simulated.described.driver.stop?.(simulated.device, simulated.state);
      simulated.isOpen = false;
      return { ret: 0, outcome: '' };
    });
  }
}

/** The device that a step names, or all whose link is not yet as the step wants it. */
function linksOf(
  machine: Simulation,
  step: Step<'link-up' | 'link-down'>,
  path: JsonPath,
): SimulatedDevice[] {
  const up = step.do === 'link-up';
  if (step.device === undefined) {
    return [...machine.devices.values()].filter(
      ({ described, isBound, isOpen }) => described.driver.open !== undefined && isBound && isOpen !== up,
    );
  }
  const at = [...path, 'device'];
  const simulated = machine.deviceNamed(step.device, at);
  const { driver } = simulated.described;
  if (driver.open !== undefined) return [simulated];
  const why = `requests its interrupts when it is probed: there is no link to bring ${up ? 'up' : 'down'}`;
  throw new ScenarioFault(at, `${step.device} is driven by ${driver.name}, which ${why}`);
}

/** A number is written to sriov_numvfs; the driver does the rest. */
export function changeVfs(machine: Simulation, step: Step<'vfs'>, path: JsonPath): void {
  const simulated = machine.deviceNamed(step.device, [...path, 'device']);
  const { driver, parameters, name } = simulated.described;
  const { configureVfs, vf } = driver;
  if (configureVfs === undefined || vf === undefined) {
    throw new ScenarioFault([...path, 'device'], `${driver.name} has no virtual functions`);
  }
  const most = vf.max((parameter) => ensure(parameters.get(parameter), `parameter ${parameter}`));
  if (step.count > most) {
    throw new ScenarioFault([...path, 'count'], `expected 0 to ${most}, found ${step.count}`);
  }
  machine.operate(step, name, () => {
    if (!simulated.isBound) return { ret: -ENODEV, outcome: 'has no driver' };
    // sriov_numvfs_store(): a number may only follow 0.
    if (step.count > 0 && simulated.vfs.length > 0) {
      return { ret: -EBUSY, outcome: `has ${simulated.vfs.length} virtual functions already` };
    }
    const ret = configureVfs.call(driver, simulated.device, simulated.state, step.count);
    const unbound = simulated.vfs.filter(({ simulated: { isBound } }) => !isBound);
    const { length } = simulated.vfs;
    const outcome = [`${length} virtual function${length === 1 ? '' : 's'}`];
    for (const { simulated: one, ret: why } of unbound) {
      outcome.push(`${one.described.name} has no driver: ${errnoName(why)}`);
    }
    return { ret, outcome: outcome.join(', ') };
  });
}

/** `pci_enable_sriov()` and `pci_disable_sriov()`: each function is bound before the next one comes. */
export function setVfs(machine: Simulation, simulated: SimulatedDevice, count: number): number {
  const { described, device, state } = simulated;
  const { vf } = described.driver;
  if (vf === undefined) return -ENODEV;
  for (const { simulated: old } of simulated.vfs) {
    if (old.isBound) release(old);
    machine.unplug(old.described.name);
  }
  simulated.vfs = [];
  const granted = count === 0 ? {} : described.driver.vfParameters?.(device, state, count);
  for (let n = 0; n < count; n++) {
    const driver = driverNamed(vf.driver, []);
    const one = machine.plug(virtualFunction(driver, described.fn, machine.naming, granted));
    simulated.vfs = [...simulated.vfs, { simulated: one, ret: bind(machine, one).ret }];
  }
  return 0;
}
