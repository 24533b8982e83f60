import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BoundDevice, type BoundOptions } from '../../../test/model/bound-device.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { KernelBug } from '../failures.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Driver } from './driver.ts';

const DRIVERS = [...CATALOGUE.values()];
const MSI = { log2Count: 0, maskable: true, is64Bit: true };
const HARDWARE: Readonly<Record<string, BoundOptions['fn']>> = {
  everything: { line: 16 },
  'two vectors of MSI-X': { msix: { tableSize: 2 }, msi: undefined, line: undefined },
  MSI: { msix: undefined, msi: MSI, line: undefined },
  'a line': { msix: undefined, msi: undefined, line: 16 },
  'no interrupt': { msix: undefined, msi: undefined, line: undefined },
};

/** Where drivers as they are stop kernels as they were, or leave what is not theirs to leave. */
function isKnownBug(driver: Driver, error: unknown): boolean {
  return error instanceof KernelBug && driver.name === 'iavf';
}

/** Everything that can happen to a device, and is undone. */
function liveAndDie(nic: BoundDevice): void {
  const { driver } = nic;
  if (nic.probe() !== 0) return;
  if (driver.open !== undefined) nic.open();
  nic.suspend();
  nic.resume();
  if (driver.stop !== undefined) nic.stop();
  nic.remove();
}

describe('the catalogue', () => {
  it('has every driver that is defined in its folder, each under a name of its own', () => {
    const texts = readdirSync(import.meta.dirname)
      .filter((name) => /(?<!\.test)\.ts$/.test(name))
      .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'));
    const names = texts.flatMap((text) => text.match(/^export const \w+: Driver = defineDriver\b/gm) ?? []);
    expect(names.length).toBeGreaterThan(25);
    // Two of one name would be one entry of the map.
    expect(CATALOGUE.size).toBe(names.length);
  });
});

describe.each(DRIVERS)('the entry of $name', (driver) => {
  it('names its sources: file, functions and kernel', () => {
    expect(driver.sources.length).toBeGreaterThan(0);
    for (const { file, functions, kernel } of driver.sources) {
      expect(file).toMatch(/^drivers\/\S+\.[ch]$/);
      expect(functions.length).toBeGreaterThan(0);
      expect(functions.filter((name) => !/^[a-z_]\w+$/i.test(name))).toEqual([]);
      expect(new Set(functions).size).toBe(functions.length);
      expect(kernel).toMatch(/^\d+\.\d+(\.\d+)?$/);
    }
    const files = driver.sources.map(({ file }) => file);
    expect(new Set(files).size).toBe(files.length);
  });

  it('has parameters of a known kind that say what they mean, with their defaults inside their ranges', () => {
    for (const [name, { is, meaning, min, max, default: byDefault }] of Object.entries(driver.parameters)) {
      expect(['device', 'module', 'setting'], name).toContain(is);
      expect(meaning, name).toMatch(/^\S.*\S$/);
      expect([min, byDefault, max].map(Number.isSafeInteger), name).toEqual([true, true, true]);
      expect([min <= byDefault, byDefault <= max, min < max], name).toEqual([true, true, true]);
    }
  });

  it('has a capability in range, or none, whatever its parameters are', () => {
    for (const bound of ['min', 'default', 'max'] as const) {
      const { msix, msi } = driver.capabilities((name) => driver.parameters[name]?.[bound] ?? Number.NaN);
      expect(msix ?? 1).toBeGreaterThanOrEqual(1);
      expect(msix ?? 1).toBeLessThanOrEqual(2048);
      expect([0, 1, 2, 3, 4, 5]).toContain(msi?.log2Count ?? 0);
    }
  });

  it('has an entry for its virtual functions, whose parameters are those that it grants', () => {
    if (driver.vf === undefined) return;
    const vf = CATALOGUE.get(driver.vf.driver);
    expect(vf, driver.vf.driver).toBeDefined();
    const nic = new BoundDevice(new TestMachine('6.1.192', 8), driver);
    nic.probe();
    for (const [name, value] of Object.entries(driver.vfParameters?.(nic.device, nic.state, 1) ?? {})) {
      const { min, max } = vf?.parameters[name] ?? { min: Number.NaN, max: Number.NaN };
      expect([min <= value, value <= max], name).toEqual([true, true]);
    }
  });

  const cases = ['5.10.223', '6.1.192', '6.12.117', '7.2.12'].flatMap((kernel) =>
    [1, 6].flatMap((cpus) => Object.keys(HARDWARE).map((hardware) => ({ kernel, cpus, hardware }))),
  );
  it.each(cases)('leaves nothing behind: $kernel, $cpus CPUs, $hardware', ({ kernel, cpus, hardware }) => {
    const machine = new TestMachine(kernel, cpus);
    const nic = new BoundDevice(machine, driver, { fn: HARDWARE[hardware] ?? {} });
    try {
      liveAndDie(nic);
    } catch (error) {
      if (isKnownBug(driver, error)) return;
      throw error;
    }
    expect([nic.enabled, nic.handlers, machine.reserved]).toEqual([0, [], 0]);
  });

  it.each([0, 1, 2, 3])('leaves nothing behind where vectors end after %i', (left) => {
    const machine = new TestMachine('6.1.192', 2);
    const nic = new BoundDevice(machine, driver, { fn: { line: 16 } });
    const fillers = [machine.fill(0), machine.fill(1)];
    for (const desc of machine.irqs(fillers[0] ?? '').slice(0, left)) machine.free(desc);
    liveAndDie(nic);
    for (const address of fillers) machine.remove(address);
    expect([nic.enabled, nic.handlers, machine.reserved]).toEqual([0, [], 0]);
  });
});
