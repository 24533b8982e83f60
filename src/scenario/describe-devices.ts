/** The devices of a scenario, one by one, with everything that the description leaves to the driver's entry. */
import type { JsonPath } from '../format/located-json.ts';
import type { ScenarioDevice } from '../format/scenario.ts';
import { CATALOGUE } from '../model/drivers/catalogue.ts';
import type { Driver } from '../model/drivers/driver.ts';
import type { MsiCapability, PciFunction } from '../model/msi/pci-device.ts';
import { ScenarioFault } from './scenario-fault.ts';

export interface DescribedDevice {
  readonly name: string;
  readonly driver: Driver;
  readonly fn: PciFunction;
  readonly parameters: ReadonlyMap<string, number>;
}

/** Names and addresses that are taken, and the next ones. */
export class Naming {
  readonly #names = new Set<string>();
  readonly #addresses = new Set<string>();
  #bus = 0;

  name(driver: Driver, wanted: string | undefined, path: JsonPath): string {
    if (wanted !== undefined && this.#names.has(wanted)) {
      throw new ScenarioFault(
        [...path, 'name'],
        `expected a name of its own, there is a "${wanted}" already`,
      );
    }
    let name = wanted;
    for (let n = 0; name === undefined; n++) {
      const next = `${driver.instance}${n}`;
      if (!this.#names.has(next)) name = next;
    }
    this.#names.add(name);
    return name;
  }

  address(wanted: string | undefined, path: JsonPath): string {
    if (wanted !== undefined && this.#addresses.has(wanted)) {
      throw new ScenarioFault([...path, 'address'], `expected an address of its own, ${wanted} is taken`);
    }
    let address = wanted;
    while (address === undefined) {
      const next = addressOnBus(++this.#bus);
      if (!this.#addresses.has(next)) address = next;
    }
    this.#addresses.add(address);
    return address;
  }

  /** The next free one above a function's: where its virtual functions are (First VF Offset; it varies). */
  addressAbove(address: string): string {
    const [domain = '', bus = '', devfn = ''] = address.split(':');
    const [slot = '', fn = ''] = devfn.split('.');
    let at = Number.parseInt(bus, 16) * 256 + Number.parseInt(slot, 16) * 8 + Number(fn) + FIRST_VF_OFFSET;
    for (; ; at++) {
      const next = `${domain}:${hex2(at >> 8)}:${hex2((at >> 3) & 0x1f)}.${at & 7}`;
      if (!this.#addresses.has(next)) return this.address(next, []);
    }
  }

  release({ name, fn }: DescribedDevice): void {
    this.#names.delete(name);
    this.#addresses.delete(fn.address);
  }
}

const BUSES = 256;
/** As on 82576 and its successors. */
const FIRST_VF_OFFSET = 0x80;

function hex2(n: number): string {
  return n.toString(16).padStart(2, '0');
}

/** A bus for each device, from 1 on; beyond 255 in the next domain. */
function addressOnBus(n: number): string {
  const domain = Math.floor(n / BUSES);
  return `${domain.toString(16).padStart(4, '0')}:${hex2(n % BUSES)}:00.0`;
}

/** @throws ScenarioFault: an unknown driver or parameter, a name or an address twice, a node that is not there */
export function describeDevices(
  devices: readonly ScenarioDevice[],
  nodes: number,
  naming: Naming,
): DescribedDevice[] {
  // Given names and addresses first: what is made up goes around them.
  const taken = devices.map((device, at) => {
    const path = ['devices', at];
    const driver = driverNamed(device.driver, [...path, 'driver']);
    if (device.count !== undefined && (device.name !== undefined || device.address !== undefined)) {
      throw new ScenarioFault([...path, 'count'], 'expected no name and no address with a count');
    }
    const name = device.name === undefined ? undefined : naming.name(driver, device.name, path);
    const address = device.address === undefined ? undefined : naming.address(device.address, path);
    return { device, driver, path, name, address };
  });
  return taken.flatMap(({ device, driver, path, name, address }) =>
    Array.from({ length: device.count ?? 1 }, () => ({
      name: name ?? naming.name(driver, undefined, path),
      driver,
      ...hardwareOf(device, driver, address ?? naming.address(undefined, path), nodes, path),
    })),
  );
}

export function driverNamed(name: string, path: JsonPath): Driver {
  const driver = CATALOGUE.get(name);
  if (driver !== undefined) return driver;
  const known = [...CATALOGUE.keys()].sort().join(', ');
  throw new ScenarioFault(path, `expected a driver of the catalogue (${known}), found "${name}"`);
}

/**
 * A virtual function: at its physical function's node and unit, otherwise as its driver's entry has it.
 * @param granted parameters of its driver that the physical function decides
 */
export function virtualFunction(
  driver: Driver,
  of: PciFunction,
  naming: Naming,
  granted: Readonly<Record<string, number>> = {},
): DescribedDevice {
  const parameters = new Map([...defaultsOf(driver), ...Object.entries(granted)]);
  const { msix, msi } = driver.capabilities((name) => parameters.get(name) ?? 0);
  return {
    name: naming.name(driver, undefined, []),
    driver,
    parameters,
    fn: {
      address: naming.addressAbove(of.address),
      node: of.node,
      msix: msix === undefined ? undefined : { tableSize: msix },
      msi,
      line: undefined,
      remappingUnit: of.remappingUnit,
    },
  };
}

function hardwareOf(
  device: ScenarioDevice,
  driver: Driver,
  address: string,
  nodes: number,
  path: JsonPath,
): Pick<DescribedDevice, 'fn' | 'parameters'> {
  if (device.node >= nodes) {
    throw new ScenarioFault([...path, 'node'], `expected -1 to ${nodes - 1}, found ${device.node}`);
  }
  const parameters = parametersOf(device, driver, path);
  const usual = driver.capabilities((name) => parameters.get(name) ?? 0);
  const msix = device.msix ?? usual.msix ?? 0;
  const msi = device.msi === undefined ? usual.msi : device.msi === false ? undefined : msiOf(device.msi);
  return {
    parameters,
    fn: {
      address,
      node: device.node,
      msix: msix === 0 ? undefined : { tableSize: msix },
      msi,
      line: device.line,
      remappingUnit: device.remappingUnit,
    },
  };
}

function msiOf({ messages, maskable }: { messages: number; maskable: boolean }): MsiCapability {
  return { log2Count: Math.log2(messages), maskable, is64Bit: true };
}

function parametersOf(device: ScenarioDevice, driver: Driver, path: JsonPath): Map<string, number> {
  const parameters = defaultsOf(driver);
  for (const [name, value] of Object.entries(device.parameters)) {
    const at = [...path, 'parameters', name];
    const known = driver.parameters[name];
    if (known === undefined) {
      const names = Object.keys(driver.parameters).join(', ');
      throw new ScenarioFault(at, `expected a parameter of ${driver.name} (${names}), found "${name}"`);
    }
    if (value < known.min || value > known.max) {
      throw new ScenarioFault(at, `expected ${known.min} to ${known.max}, found ${value}`);
    }
    parameters.set(name, value);
  }
  return parameters;
}

function defaultsOf(driver: Driver): Map<string, number> {
  return new Map(Object.entries(driver.parameters).map(([name, parameter]) => [name, parameter.default]));
}
