/** A scenario with one of its figures changed. */
import { CpuSet } from '../../base/cpu-set.ts';
import type { Scenario, ScenarioDevice, ScenarioMachine } from '../../format/scenario.ts';
import { CATALOGUE } from '../../model/drivers/catalogue.ts';
import { RequestError } from '../request-error.ts';

/**
 * `cpus`, `online` (the first so many CPUs), `vfs` (of every such step), `count` (of every entry), a parameter of the
 * drivers that have it, or of one driver: `i40e.count`, `nvme.queues`, `nvme.msix`.
 * @throws RequestError where the scenario has nothing of that name
 */
export function vary(scenario: Scenario, name: string, value: number): Scenario {
  const { machine } = scenario;
  if (name === 'cpus') return { ...scenario, machine: withCpus(machine, value) };
  if (name === 'online') return { ...scenario, machine: { ...machine, online: `0-${value - 1}` } };
  if (name === 'vfs') return withVfs(scenario, value);
  const [driver, field = name] = name.includes('.') ? name.split('.', 2) : [undefined, name];
  let changed = 0;
  const devices = scenario.devices.map((device) => {
    if (driver !== undefined && device.driver !== driver) return device;
    const after = withField(device, field, value);
    if (after !== device) changed++;
    return after;
  });
  if (changed === 0) {
    const known =
      'cpus, online, vfs, count, a parameter of a driver, or DRIVER.PARAMETER, DRIVER.count, DRIVER.msix';
    throw new RequestError(`nothing in the scenario is called "${name}"; expected ${known}`, '--sweep');
  }
  return { ...scenario, devices };
}

function withField(device: ScenarioDevice, field: string, value: number): ScenarioDevice {
  if (field === 'count') {
    // A device with a name or an address of its own is one.
    return device.name === undefined && device.address === undefined ? { ...device, count: value } : device;
  }
  if (field === 'msix') return { ...device, msix: value };
  if (CATALOGUE.get(device.driver)?.parameters[field] === undefined) return device;
  return { ...device, parameters: { ...device.parameters, [field]: value } };
}

function withVfs(scenario: Scenario, count: number): Scenario {
  if (!scenario.steps.some((step) => step.do === 'vfs')) {
    throw new RequestError('vfs: the scenario has no step that makes virtual functions', '--sweep');
  }
  const steps = scenario.steps.map((step) => (step.do === 'vfs' ? { ...step, count } : step));
  return { ...scenario, steps };
}

/** So many CPUs on as many nodes; threads and cores as described where they divide the number, else a core each. */
function withCpus(machine: ScenarioMachine, cpus: number): ScenarioMachine {
  if (machine.siblings !== undefined || machine.clusters !== undefined) {
    throw new RequestError('cpus: the scenario lists its siblings or clusters CPU by CPU', '--sweep');
  }
  const [sockets = 1, , threads = 1] =
    typeof machine.cpus === 'string' ? machine.cpus.split('x').map(Number) : [];
  const nodes = machine.nodes?.length ?? sockets;
  if (cpus < nodes)
    throw new RequestError(`cpus=${cpus}: expected a CPU for each of ${nodes} nodes`, '--sweep');
  const { nodes: _, ...rest } = machine;
  if (machine.nodes === undefined && typeof machine.cpus === 'string' && cpus % (sockets * threads) === 0) {
    return { ...rest, cpus: `${sockets}x${cpus / (sockets * threads)}x${threads}` };
  }
  if (nodes === 1) return { ...rest, cpus };
  const first = (node: number): number => Math.floor((node * cpus) / nodes);
  const lists = Array.from({ length: nodes }, (_none, node) =>
    CpuSet.span(first(node), first(node + 1) - 1).toString(),
  );
  return { ...rest, cpus, nodes: lists };
}
