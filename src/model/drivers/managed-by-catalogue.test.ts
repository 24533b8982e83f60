import { describe, expect, it } from 'vitest';
import { BoundDevice } from '../../../test/model/bound-device.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Driver } from './driver.ts';
import { DRIVERS, managedByCatalogue } from './managed-irqs.ts';

/** What the table for readers of snapshots says of each interrupt, beside what the driver asked for. */
function compared(driver: Driver): [action: string, managed: boolean, said: boolean | undefined][] {
  const device = new BoundDevice(new TestMachine('6.1', 4), driver, { name: `${driver.instance}0` });
  expect(device.probe()).toBe(0);
  driver.open?.(device.device, device.state);
  const pciDriver = driver.name.startsWith('virtio_') ? 'virtio-pci' : driver.name;
  return device.handlers.map((line) => {
    const [message = '', action = ''] = /^(\d+) (.*)$/.exec(line)?.slice(1) ?? [];
    const { managed } = device.machine.irq(device.device.fn.address, Number(message));
    return [action, managed, managedByCatalogue(pciDriver, [action])?.managed];
  });
}

describe('the two tables of drivers', () => {
  it.each([...CATALOGUE.values()])('agree on which interrupts of $name are managed', (driver) => {
    for (const [action, managed, said] of compared(driver)) {
      if (said !== undefined) expect(said, action).toBe(managed);
    }
  });

  it.each([...CATALOGUE.values()])(
    'leave $name open only where its choice depends on something',
    (driver) => {
      const depends = DRIVERS.find((entry) => entry.driver === driver.name)?.managed === 'depends';
      for (const [action, , said] of compared(driver)) {
        if (!depends) expect(said, action).toBeDefined();
      }
    },
  );
});
