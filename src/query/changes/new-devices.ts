/** The devices that `--add` and `--vfs` bring, as their drivers' entries describe them. */
import { ensure } from '../../base/assert.ts';
import { exactly } from '../../base/range.ts';
import type { ScenarioDevice } from '../../format/scenario.ts';
import { CATALOGUE } from '../../model/drivers/catalogue.ts';
import type { Driver } from '../../model/drivers/driver.ts';
import type { Kernel } from '../../model/kernel.ts';
import { kernelOfState } from '../../model/kernel-of-state.ts';
import type { MachineState } from '../../model/machine-state.ts';
import type { PciFunction } from '../../model/msi/pci-device.ts';
import {
  type DescribedDevice,
  describeDevices,
  driverNamed,
  Naming,
  virtualFunction,
} from '../../scenario/describe-devices.ts';
import { ScenarioFault } from '../../scenario/scenario-fault.ts';
import { type AddChange, optionOf, type VfsChange } from '../fits-change.ts';
import { RequestError } from '../request-error.ts';

/** Names and addresses of what is there are not given out again. */
export function namingOf(machine: MachineState): Naming {
  const naming = new Naming();
  const addresses = new Set(machine.irqs.flatMap(({ device }) => device ?? []));
  for (const address of addresses) naming.address(address, []);
  const names = new Map<string, Driver>();
  for (const driver of CATALOGUE.values()) {
    const own = new RegExp(`^${driver.instance}\\d+`);
    for (const { name } of machine.irqs) {
      const [instance] = own.exec(name) ?? [];
      if (instance !== undefined) names.set(instance, driver);
    }
  }
  for (const [name, driver] of names) naming.name(driver, name, []);
  return naming;
}

/** Parameters that say how many queues a device has; the first that a driver declares, and the pair of vmxnet3. */
const QUEUES = [
  'queues',
  'queue_pairs',
  'replyQueues',
  'rssQueues',
  'workQueues',
  'maxMsixVectors',
  'interrupters',
];
const QUEUE_PAIRS = ['txQueues', 'rxQueues'];

export function addedDevices(machine: MachineState, change: AddChange, naming: Naming): DescribedDevice[] {
  const { driver: name, count, queues, node } = change;
  return asked(change.kind, () => {
    const driver = driverNamed(name, []);
    const device: ScenarioDevice = {
      driver: name,
      count,
      node: node ?? -1,
      parameters: queues === undefined ? {} : queueParameters(driver, queues),
    };
    const nodes = machine.nodes.reduce((most, of) => Math.max(most, of.node + 1), 1);
    return describeDevices([device], nodes, naming);
  });
}

function queueParameters(driver: Driver, queues: number): Record<string, number> {
  const one = QUEUES.find((name) => driver.parameters[name] !== undefined);
  if (one !== undefined) return { [one]: queues };
  const both = QUEUE_PAIRS.filter((name) => driver.parameters[name] !== undefined);
  if (both.length > 0) return Object.fromEntries(both.map((name) => [name, queues]));
  throw new RequestError(`the driver ${driver.name} knows no number of queues`, optionOf('add'));
}

export function virtualFunctions(
  machine: MachineState,
  change: VfsChange,
  naming: Naming,
): DescribedDevice[] {
  const { device, count } = change;
  const driver = driverOf(machine, device, change.kind);
  const { vf } = driver;
  if (vf === undefined || driver.configureVfs === undefined) {
    throw new RequestError(
      `${device} is driven by ${driver.name}, which has no virtual functions`,
      optionOf('vfs'),
    );
  }
  const most = vf.max((name) => ensure(driver.parameters[name], name).default);
  if (count > most)
    throw new RequestError(
      `${driver.name} has 0 to ${most} virtual functions, found ${count}`,
      optionOf('vfs'),
    );
  const of: PciFunction = { address: device, node: -1 };
  return Array.from({ length: count }, () => virtualFunction(driverNamed(vf.driver, []), of, naming));
}

/** The driver that has a device's interrupts. */
function driverOf(machine: MachineState, device: string, kind: 'vfs'): Driver {
  const irqs = irqsOfDevice(machine, device, kind);
  const name = irqs.find(({ driver }) => driver !== undefined)?.driver;
  if (name === undefined)
    throw new RequestError(`it is not known which driver ${device} has`, optionOf(kind));
  const driver = CATALOGUE.get(name);
  if (driver === undefined)
    throw new RequestError(`${device} is driven by ${name}, which is not in the catalogue`, optionOf(kind));
  return driver;
}

/** @throws RequestError where the device has none */
export function irqsOfDevice(
  machine: MachineState,
  device: string,
  kind: 'vfs' | 'remove',
): MachineState['irqs'] {
  const irqs = machine.irqs.filter((irq) => irq.device === device);
  if (irqs.length > 0) return irqs;
  const known = [...new Set(machine.irqs.flatMap((irq) => irq.device ?? []))];
  const shown =
    known.length === 0 ? 'no device is known here' : `devices with interrupts: ${shortened(known)}`;
  throw new RequestError(`${device} has no interrupt here (${shown})`, optionOf(kind));
}

const MOST_SHOWN = 6;

function shortened(names: readonly string[]): string {
  const more = names.length - MOST_SHOWN;
  return `${names.slice(0, MOST_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The description does not hold together: what was asked is at fault. */
function asked<T>(kind: 'add', act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof ScenarioFault) throw new RequestError(error.message, optionOf(kind));
    throw error;
  }
}

/** The machine with nothing on it, for what a device has where there is room. */
export function emptied(machine: MachineState): Kernel {
  return kernelOfState({
    ...machine,
    irqs: [],
    anonymous: [],
    unplaced: [],
    systemVectors: undefined,
    global: { available: exactly(0), reserved: exactly(0), totalAllocated: exactly(0) },
    cpus: machine.cpus.map((state) => ({
      ...state,
      capacity: exactly(state.capacity.max),
      available: exactly(state.capacity.max),
      allocated: exactly(0),
      managed: exactly(0),
      managedAllocated: exactly(0),
      drift: exactly(0),
      allocMap: undefined,
    })),
  }).kernel;
}

/** With the CPUs, and the isolation, of another kernel. */
export function emptyLike(empty: Kernel, kernel: Kernel): Kernel {
  const copy = empty.clone();
  copy.housekeeping = kernel.housekeeping;
  copy.defaultAffinity = kernel.defaultAffinity;
  for (const cpu of kernel.online.andNot(copy.online)) copy.cpuUp(cpu);
  for (const cpu of copy.online.andNot(kernel.online)) copy.takeDown(cpu);
  return copy;
}
