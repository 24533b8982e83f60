/** Devices of the catalogue on a kernel that was built of a machine's state: bound, and their links brought up. */
import { KernelDevice } from '../../model/drivers/kernel-device.ts';
import { errnoName, KernelBug } from '../../model/failures.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { DescribedDevice } from '../../scenario/describe-devices.ts';
import { type Outcome, printing } from './outcome.ts';

/** @param wanted interrupts that one of them has on a machine without others */
export function plugIn(kernel: Kernel, devices: readonly DescribedDevice[], wanted: number): Outcome {
  return printing(kernel, () => {
    const refused: string[] = [];
    let got = 0;
    for (const device of devices) {
      const plugged = plug(kernel, device);
      got += plugged.interrupts;
      if (plugged.failure !== undefined) refused.push(plugged.failure);
      else if (plugged.interrupts < wanted) {
        refused.push(`${device.name} gets ${plugged.interrupts} of ${wanted} interrupts`);
      }
    }
    return { refused, open: [], stays: [], interrupts: { wanted: wanted * devices.length, got } };
  });
}

interface Plugged {
  readonly interrupts: number;
  readonly failure: string | undefined;
}

function plug(kernel: Kernel, { fn, name, driver, parameters }: DescribedDevice): Plugged {
  kernel.pci.add(fn);
  // A clean-up IPI is usually handled before the driver's next call; a timer takes until the next jiffy.
  const settled = (): void => {
    if (kernel.profile.cleanupByVector) kernel.tick();
  };
  const device = new KernelDevice(kernel, fn, name, parameters, {
    requested: () => undefined,
    freed: () => undefined,
    settled,
  });
  const failure = ((): string | undefined => {
    try {
      const state = driver.probe(device);
      if (typeof state === 'number') return `${name}: ${driver.name} does not bind: ${errnoName(state)}`;
      const opened = driver.open?.(device, state) ?? 0;
      return opened < 0 ? `${name}: its link does not come up: ${errnoName(opened)}` : undefined;
    } catch (error) {
      if (!(error instanceof KernelBug)) throw error;
      return `${name}: the kernel stops: ${error.message}`;
    }
  })();
  kernel.tick();
  const messages = kernel.pci.get(fn.address).irqs();
  const line = fn.line !== undefined && messages.length === 0 && failure === undefined ? 1 : 0;
  return { interrupts: messages.length + line, failure };
}

/** What one of them has where nothing else is: `empty` is used up. */
export function interruptsOfOne(empty: Kernel, device: DescribedDevice): number {
  return plug(empty, device).interrupts;
}
